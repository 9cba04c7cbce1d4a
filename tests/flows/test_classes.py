import math

import pytest
import torch
from torch.distributions import Independent, Normal
from torch.testing import assert_close

from pgmkit.flows import ClassGaussians, Flow, glow, log_posterior, log_prob_given, sample_given
from pgmkit.flows.recipes import real_nvp
from pgmkit.rng import fresh, seeded

from .cases import randomise_

TOPS = pytest.mark.parametrize("top", [None, 2, 4])


def base(top=None, scale=0.5):
    with seeded(0):
        return randomise_(ClassGaussians(3, 4, top=top), 1, scale)


def component(prior, y):
    """p(z | y) by PyTorch's distributions."""
    rest = prior.dims - prior.top
    mu, log_s = torch.cat([prior.mu[y], torch.zeros(rest)]), torch.cat([prior.log_s[y], torch.zeros(rest)])
    return Independent(Normal(mu, log_s.exp()), 1)


@TOPS
def test_log_prob_is_the_even_mixture(top):
    prior, z = base(top), torch.randn(6, 4, generator=fresh(2))
    each = torch.stack([component(prior, y).log_prob(z) for y in range(3)], 1)
    assert_close(prior.log_joint(z), each - math.log(3))
    assert_close(prior.log_prob(z), each.exp().mean(1).log())
    y = torch.tensor([0, 2, 1, 1, 0, 2])
    assert_close(prior.log_prob_given(z, y), each[torch.arange(6), y])


def flow(top=None):
    with seeded(1):
        return Flow(base(top), randomise_(real_nvp(4, couplings=2, hidden=8).f, 2, 0.2)).eval()


@TOPS
def test_the_posterior_normalises_and_follows_bayes(top):
    model, x = flow(top), torch.randn(5, 4, generator=fresh(0))
    log_p = log_posterior(model, x)
    assert log_p.shape == (5, 3)
    assert_close(log_p.exp().sum(1), torch.ones(5))
    for y in range(3):
        labels = torch.full((5,), y)
        assert_close(log_p[:, y], log_prob_given(model, x, labels) - math.log(3) - model.log_prob(x))


def test_draws_of_a_class_lie_around_its_mean():
    prior = base(2)
    y = torch.arange(3).repeat_interleave(4000)
    z = prior.sample_given(y, generator=fresh(0)).detach().reshape(3, 4000, 4)
    for k in range(3):
        wanted = component(prior, k).base_dist
        assert ((z[k].mean(0) - wanted.mean).abs() < 4 * wanted.stddev / 4000**0.5).all()
        assert_close(z[k].std(0), wanted.stddev, rtol=0.05, atol=0)


def test_temperature_shrinks_a_class_to_its_mean():
    prior, y = base(2), torch.tensor([2, 0])
    cold = prior.sample_given(y, temperature=0.0)
    assert_close(cold, torch.cat([prior.mu[y], torch.zeros(2, 2)], 1))
    half, full = (prior.sample_given(y, temperature=t, generator=fresh(0)) for t in (0.5, 1.0))
    assert_close(full - cold, 2 * (half - cold))


def test_draws_of_the_mixture_take_every_class_equally_often():
    prior = base(scale=0.0)
    with torch.no_grad():
        prior.mu[:, 0] = torch.tensor([-100.0, 0.0, 100.0])
    z = prior.sample(3000, generator=fresh(0))
    assert z.shape == (3000, 4)
    counts = torch.stack([(z[:, 0].round(decimals=-2) == m).sum() for m in (-100, 0, 100)])
    assert counts.sum() == 3000
    assert (counts - 1000).abs().max() < 4 * (3000 * 2 / 9) ** 0.5


def test_sample_given_goes_through_the_flow_off_the_graph():
    model, y = flow(), torch.tensor([0, 1, 2])
    x = sample_given(model, y, temperature=0.7, generator=fresh(0))
    assert not x.requires_grad
    assert_close(x, model.f(model.base.sample_given(y, temperature=0.7, generator=fresh(0)))[0].detach())
    sharp = flow()
    with torch.no_grad():
        sharp.base.log_s.fill_(-4.0)
        sharp.base.mu.mul_(5.0)
    y = torch.arange(3).repeat(20)
    assert (log_posterior(sharp, sample_given(sharp, y, generator=fresh(0))).argmax(1) == y).all()


def test_batches_of_zero_and_one():
    model = flow(2)
    none = torch.zeros(0, dtype=torch.int64)
    assert sample_given(model, none).shape == (0, 4)
    assert log_posterior(model, torch.zeros(0, 4)).shape == (0, 3)
    assert log_prob_given(model, torch.zeros(0, 4), none).shape == (0,)
    assert model.log_prob(torch.zeros(1, 4)).shape == (1,)


def test_a_glow_of_classes_learns_its_means():
    """Gradients reach mu and log_s, and the top knows no more latents than it should."""
    with seeded(0):
        model = glow((1, 4, 4), levels=2, steps=1, hidden=4, base=ClassGaussians(3, 16, top=8))
    x, y = torch.rand(6, 1, 4, 4, generator=fresh(0)), torch.tensor([0, 1, 2, 0, 1, 2])
    (-log_prob_given(model, x, y).mean()).backward()
    assert model.base.mu.grad.shape == (3, 8)
    assert model.base.mu.grad.all()
    assert model.base.log_s.grad.all()
    assert model.sample(2, temperature=0.5, generator=fresh(0)).shape == (2, 1, 4, 4)


@pytest.mark.parametrize(
    "y", [torch.tensor([0, 3]), torch.tensor([-1, 0]), torch.tensor([[0, 1]]), torch.tensor([0.0, 1.0]), torch.tensor([0, 1]).int(), [0, 1]]
)
def test_wrong_labels_are_named(y):
    model = flow()
    for run in (model.base.sample_given, lambda y: model.base.log_prob_given(torch.zeros(2, 4), y), lambda y: sample_given(model, y)):
        with pytest.raises(ValueError, match=r"y must hold whole labels from 0 to 2, shape \(n,\), dtype int64; got"):
            run(y)


@pytest.mark.parametrize("n", [1, 3])
def test_labels_and_rows_must_be_as_many(n):
    """One label would otherwise be broadcast over all rows."""
    model, x, y = flow(), torch.zeros(2, 4), torch.zeros(n, dtype=torch.int64)
    for run in (lambda: model.base.log_prob_given(x, y), lambda: log_prob_given(model, x, y)):
        with pytest.raises(ValueError, match=rf"y must hold one label for each of the 2 rows of z; got a tensor of shape \({n},\)"):
            run()
