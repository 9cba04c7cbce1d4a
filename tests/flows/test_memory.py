"""Training that keeps no activations has the values and gradients of training that does."""

import torch
from torch.testing import assert_close

from pgmkit.flows import ActNorm, ChannelsFirst, Compose, Squeeze
from pgmkit.flows.memory import Recomputed
from pgmkit.rng import fresh, seeded

from .cases import conditioner, couplings, glow_step, randomise_


def layers():
    with seeded(0):
        return [randomise_(glow_step(4), seed) for seed in range(3)] + [Squeeze(), ChannelsFirst()]


def gradients(f, x, loss):
    x = x.clone().requires_grad_()
    z, log_det = f.inverse(x)
    return [z.detach(), log_det.detach(), *torch.autograd.grad(loss(z, log_det), (x, *f.parameters()), allow_unused=True)]


def agree(fs, x):
    for loss in (
        lambda z, log_det: z.square().sum() - log_det.sum(),
        lambda z, log_det: z.sin().sum(),
        lambda z, log_det: (log_det * torch.arange(len(log_det))).sum(),
    ):
        for came, wanted in zip(gradients(Recomputed(*fs), x, loss), gradients(Compose(*fs), x, loss), strict=True):
            assert_close(came, torch.zeros_like(came) if wanted is None else wanted)


def test_values_and_gradients_are_those_of_a_composition():
    agree(layers(), torch.randn(5, 1, 4, 6, generator=fresh(0)))


def test_parameters_that_do_not_learn_get_no_gradient():
    fs = layers()
    for p in fs[1].parameters():
        p.requires_grad_(False)
    f = Recomputed(*fs)
    z, log_det = f.inverse(torch.randn(5, 1, 4, 6, generator=fresh(0)))
    (z.sum() + log_det.sum()).backward()
    assert all((p.grad is not None) == p.requires_grad for p in f.parameters())


def test_a_layer_that_stands_twice_gets_both_gradients():
    with seeded(0):
        shared = randomise_(couplings(4, 2), 1)
    agree([shared, randomise_(ActNorm(4), 2), shared], torch.randn(5, 4, generator=fresh(0)))


def test_the_first_batch_initialises_as_in_a_composition():
    x = 5 * torch.randn(8, 4, generator=fresh(0)) + 3
    found = []
    for kind in (Compose, Recomputed):
        with seeded(0):
            f = kind(ActNorm(4), couplings(4, 1), ActNorm(4))
        found.append([*f.inverse(x), f.fs[0].b, f.fs[2].log_s])
        assert f.fs[0].initialised and f.fs[2].initialised
    for came, wanted in zip(*found, strict=True):
        assert_close(came, wanted)


def test_nothing_but_the_output_is_kept():
    """Tensors that autograd saves on the way from x to z: z alone, of whatever depth."""
    saved = []
    with seeded(0):
        f = Recomputed(*(randomise_(couplings(4, 2), seed) for seed in range(6)))
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(tuple(t.shape)) or t, lambda t: t):
        z, _ = f.inverse(torch.randn(5, 4, generator=fresh(0)))
    assert saved == [tuple(z.shape)]


def test_a_smooth_conditioner_passes_gradcheck():
    with seeded(0):
        f = Recomputed(*(randomise_(couplings(4, 1), seed) for seed in range(2)))
    assert conditioner(2, 2).net[1].__class__ is torch.nn.Tanh
    assert torch.autograd.gradcheck(f.inverse, torch.randn(3, 4, generator=fresh(0)).requires_grad_())
