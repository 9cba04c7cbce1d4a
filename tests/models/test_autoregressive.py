"""The chain of conditionals against sums over all bins, and its draws against its density."""

import math

import pytest
import torch
from scipy.stats import chisquare, kstest
from torch.optim import Adam
from torch.testing import assert_close

from pgmkit.core import Model
from pgmkit.data.toy2d import ring
from pgmkit.models import GridAR, prefixes
from pgmkit.rng import fresh, seeded
from pgmkit.train import Player, play


def made(dim=2, bins=8, **sizes):
    """A model with weights large enough to make the conditionals uneven."""
    with seeded(1):
        model = GridAR(dim, bins=bins, extent=2.0, **sizes)
    for p in model.parameters():
        p.data *= 4
    return model


def centres(model):
    """The middle of every cell, shape (bins^d, d), the last entry fastest."""
    ticks = (torch.arange(model.bins) + 0.5) * model.width - model.extent
    return torch.cartesian_prod(*[ticks] * model.dim).reshape(-1, model.dim)


def table(model):
    """p of every cell, shape (bins, ..., bins)."""
    with torch.no_grad():
        return (model.log_prob(centres(model)).exp() * model.width**model.dim).reshape([model.bins] * model.dim)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_the_density_integrates_to_one(dim):
    assert float(table(made(dim)).sum()) == pytest.approx(1, abs=1e-12)


def test_log_prob_is_the_chain_rule_over_the_joint_table():
    model = made(3, 5)
    joint = table(model)
    onehot = torch.nn.functional.one_hot(torch.cartesian_prod(*[torch.arange(5)] * 3), 5).double()
    conditionals = model.logits(onehot).softmax(-1).reshape(5, 5, 5, 3, 5)
    assert_close(joint.sum((1, 2)), conditionals[0, 0, 0, 0])
    assert_close(joint.sum(2) / joint.sum((1, 2))[:, None], conditionals[:, 0, 0, 1])
    assert_close(joint / joint.sum(2)[:, :, None], conditionals[:, :, 0, 2])


def test_a_conditional_sees_what_came_before_and_nothing_else():
    model, onehot = made(3, 5), torch.rand(3, 5, generator=fresh(0))
    jacobian = torch.autograd.functional.jacobian(lambda x: model.logits(x[None])[0], onehot)  # (question, bin, entry, bin)
    seen = jacobian.abs().amax((1, 3)) > 0
    assert (seen == torch.ones(3, 3).tril(-1).bool()).all()


def test_prefixes_keep_earlier_entries():
    x = torch.arange(1.0, 7).reshape(1, 3, 2)
    zero = [0.0, 0.0]
    assert prefixes(x).tolist() == [[[zero, zero, zero], [[1.0, 2.0], zero, zero], [[1.0, 2.0], [3.0, 4.0], zero]]]


def test_draws_follow_the_density():
    model, n = made(), 20_000
    x = model.sample(n, generator=fresh(2))
    cell = ((x + model.extent) / model.width).floor()
    counts = torch.bincount((cell[:, 0] * model.bins + cell[:, 1]).long(), minlength=64)
    expected = table(model).flatten() * n
    often = expected > 5
    rest = [counts[~often].sum(), expected[~often].sum()]
    observed, wanted = (torch.cat([a[often], b[None].to(a)]) for a, b in zip((counts, expected), rest, strict=True))
    assert chisquare(observed[wanted > 0].numpy(), wanted[wanted > 0].numpy()).pvalue > 1e-3
    assert kstest((((x + model.extent) / model.width) % 1).flatten().numpy(), "uniform").pvalue > 1e-3


def test_the_density_is_flat_in_a_cell_and_nothing_outside():
    model = made()
    x = centres(model)[:10]
    assert_close(model.log_prob(x), model.log_prob(x + 0.49 * model.width))
    edge, beyond = torch.tensor([[2.0, -2.0]]), torch.tensor([[2.0, -2.001], [50.0, 0.0]])
    assert model.log_prob(edge).isfinite().all()
    assert (model.log_prob(beyond) == -math.inf).all()
    assert model.log_prob(x[:0]).shape == (0,)


def test_draws_lie_where_the_density_is_positive():
    x = made(2, 3).float().sample(100_000, generator=fresh(3))
    assert x.dtype == torch.float32
    assert made(2, 3).float().log_prob(x).isfinite().all()


def test_training_finds_the_histogram():
    """The best piecewise constant density is the histogram of the data: its log-likelihood is minus its entropy."""
    x = ring().sample(2000, generator=fresh(4)).double()
    with seeded(0):
        model = GridAR(2, bins=8)
    play([Player("AR", lambda x: -model.log_prob(x).mean(), Adam(model.parameters(), lr=0.02))], iter(lambda: x, None), 300)
    cell = ((x + 3) / 0.75).floor().long()
    p = torch.bincount(cell[:, 0] * 8 + cell[:, 1], minlength=64) / len(x)
    best = float(torch.xlogy(p, p).sum()) - 2 * math.log(0.75)
    assert best - 0.01 < float(model.log_prob(x).mean().detach()) <= best + 1e-9


def test_a_seed_gives_the_same_draws_and_leaves_the_global_state_alone():
    model = made()
    state = torch.random.get_rng_state()
    first, again, other = (model.sample(50, generator=fresh(seed)) for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()
    assert (torch.random.get_rng_state() == state).all()
    assert not first.requires_grad
    assert isinstance(model, Model)


def test_a_model_is_saved_and_loaded(tmp_path):
    model, x = made(), centres(made())
    torch.save(model.state_dict(), tmp_path / "ar.pt")
    with seeded(9):
        other = GridAR(2, bins=8, extent=2.0)
    other.load_state_dict(torch.load(tmp_path / "ar.pt"))
    assert_close(other.log_prob(x), model.log_prob(x), rtol=0, atol=0)


def test_single_precision_agrees_with_double():
    x = centres(made())
    assert_close(made().float().log_prob(x.float()).double(), made().log_prob(x), rtol=1e-4, atol=1e-4)
