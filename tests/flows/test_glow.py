import pytest
import torch
from torch import nn
from torch.testing import assert_close

from pgmkit.flows import ActNorm, AffineCoupling, ClassGaussians, Compose, GlowStep, GlowSteps, PlainConv1x1, PLUConv1x1, glow
from pgmkit.flows.glow import conv_conditioner
from pgmkit.rng import fresh, seeded

from .cases import glow_step, randomise_


def images(n, *shape, seed=0):
    return torch.rand(n, *shape, generator=fresh(seed))


def both_ways(f, slow, z):
    for run, other in ((f, slow), (f.inverse, slow.inverse)):
        for came, wanted in zip(run(z), other(z), strict=True):
            assert_close(came, wanted)


@pytest.mark.parametrize("conv", [PlainConv1x1, PLUConv1x1])
@pytest.mark.parametrize("shape", [(4, 4), (2, 3, 4)])
def test_a_step_is_actnorm_convolution_and_coupling_one_after_the_other(conv, shape):
    with seeded(0):
        step = randomise_(glow_step(4, conv), 1)
        step = step if len(shape) > 2 else GlowStep(step.actnorm, step.conv, AffineCoupling(lambda_net(2)))
    z = torch.randn(3, *shape[:-1], 4, generator=fresh(2))
    both_ways(step, Compose(step.coupling, step.conv, step.actnorm), z)


def lambda_net(c):
    class Net(nn.Module):
        def forward(self, a):
            return a.tanh(), a[..., :c] - 1

    return Net()


@pytest.mark.parametrize("conv", [PlainConv1x1, PLUConv1x1])
@pytest.mark.parametrize("count", [1, 3])
def test_merged_steps_are_steps_one_after_the_other(conv, count):
    with seeded(0):
        steps = [randomise_(glow_step(4, conv), i) for i in range(count)]
    z = torch.randn(3, 2, 3, 4, generator=fresh(2))
    both_ways(GlowSteps(*steps), Compose(*(layer for s in steps for layer in (s.coupling, s.conv, s.actnorm))), z)


def test_merged_steps_have_the_gradients_of_steps_one_after_the_other():
    with seeded(0):
        steps = [randomise_(glow_step(4), i) for i in range(3)]
    x, slopes = torch.randn(3, 2, 3, 4, generator=fresh(2)), []
    for f in (GlowSteps(*steps), Compose(*steps)):
        z, log_det = f.inverse(x)
        slopes.append(torch.autograd.grad(z.square().sum() - log_det.sum(), list(f.parameters())))
    for came, wanted in zip(*slopes, strict=True):
        assert_close(came, wanted)


def fresh_steps():
    with seeded(0):
        return [randomise_coupling(glow_step(4), i) for i in range(3)]


def randomise_coupling(step, seed):
    randomise_(step.coupling, seed)
    return step


def test_the_first_batch_initialises_merged_steps_as_it_does_single_ones():
    """Each actnorm sees what the steps before it, already initialised, make of the batch."""
    x = 5 * images(8, 2, 3, 4) - 7
    merged, single = GlowSteps(*fresh_steps()), Compose(*fresh_steps())
    for came, wanted in zip(merged.inverse(x), single.inverse(x), strict=True):
        assert_close(came, wanted)
    for step, other in zip(merged.steps, single.fs, strict=True):
        assert bool(step.actnorm.initialised)
        assert_close(step.actnorm.b, other.actnorm.b)
        assert_close(step.actnorm.log_s, other.actnorm.log_s)
    normal = merged.steps[-1].actnorm.inverse(x)[0].detach().flatten(0, -2)  # the last step comes first on the way to z
    assert_close(normal.mean(0), torch.zeros(4))
    assert_close(normal.std(0, correction=0), torch.ones(4))


@pytest.mark.parametrize(("levels", "shape"), [(1, (1, 2, 4)), (2, (3, 4, 8)), (3, (1, 8, 16))])
def test_shapes_of_a_glow(levels, shape):
    flow = glow(shape, levels=levels, steps=2, hidden=4)
    x = flow.sample(3, generator=fresh(0))
    assert x.shape == (3, *shape)
    assert flow.log_prob(x).shape == (3,)
    assert flow.f.inverse(x)[0].shape == (3, x[0].numel())
    assert len([m for m in flow.modules() if isinstance(m, ActNorm)]) == 2 * levels


def test_a_fresh_glow_keeps_volumes_and_lengths():
    """Couplings start as the identity and convolutions as rotations."""
    with seeded(0):
        flow = glow((1, 8, 8), levels=2, steps=3, hidden=4).eval()
    x = images(5, 1, 8, 8)
    z, log_det = flow.f.inverse(x)
    assert_close(log_det, torch.zeros(5))
    assert_close(z.norm(dim=1), x.flatten(1).norm(dim=1))


def test_the_first_batch_of_training_initialises_every_actnorm_once():
    with seeded(0):
        flow = glow((1, 8, 8), levels=2, steps=2, hidden=4)
    norms = [m for m in flow.modules() if isinstance(m, ActNorm)]
    flow.log_prob(images(20, 1, 8, 8))
    assert all(bool(m.initialised) for m in norms)
    before = [m.b.detach().clone() for m in norms]
    flow.log_prob(3 + images(20, 1, 8, 8, seed=1))
    assert all(torch.equal(m.b.detach(), b) for m, b in zip(norms, before, strict=True))


def test_the_prior_of_a_split_level_is_a_normal_that_the_kept_half_predicts():
    """log p of the half that leaves, by its own mean and scale, is what the flow adds for that level."""
    with seeded(0):
        flow = randomise_(glow((1, 4, 4), levels=2, steps=1, hidden=4), 1, 0.2).eval()
    body = flow.f.fs[0]
    split, prior = body.fs[0], body.fs[1]
    h = torch.randn(3, 2, 2, 4, generator=fresh(0))
    kept, done = h.chunk(2, -1)
    log_sigma, mu = prior.net(kept)
    wanted = torch.distributions.Normal(mu, log_sigma.exp()).log_prob(done).flatten(1).sum(1)
    z, log_det = prior.inverse(h)
    latents, _ = split.inverse(z)
    came = torch.distributions.Normal(0.0, 1.0).log_prob(latents[:, split.size :]).sum(1) + log_det
    assert_close(came, wanted)


def test_dropout_acts_in_training_only():
    with seeded(0):
        flow = randomise_(glow((1, 4, 4), levels=1, steps=2, hidden=16, dropout=0.5), 1, 0.2)
    x = images(4, 1, 4, 4)
    assert not torch.equal(flow.log_prob(x), flow.log_prob(x))
    flow.eval()
    assert torch.equal(flow.log_prob(x), flow.log_prob(x))


def test_a_conditioner_holds_its_convolutions_and_dropout():
    net = conv_conditioner(3, 5, hidden=7, dropout=0.25, bound=1.5)
    sizes = {p.numel() for p in net.parameters() if p.ndim > 1}
    assert sizes == {7 * 3 * 9, 7 * 7, 10 * 7 * 9}
    assert [m.p for m in net.modules() if isinstance(m, nn.Dropout)] == [0.25]
    assert float(net.bound) == 1.5


def test_one_seed_gives_one_glow():
    flows = []
    for seed in (3, 3, 4):
        with seeded(seed):
            flows.append(glow((1, 4, 4), levels=2, steps=1, hidden=4))
    a, b, c = (flow.sample(2, generator=fresh(0)) for flow in flows)
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_the_base_can_know_classes():
    base = ClassGaussians(3, 16)
    assert glow((1, 4, 4), levels=1, steps=1, hidden=4, base=base).base is base
