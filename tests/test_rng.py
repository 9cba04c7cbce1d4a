import pytest
import torch
from scipy import stats

from pgmkit.rng import choice, fresh, rand, randn, seeded

SINGLE, DOUBLE = torch.zeros((), dtype=torch.float32), torch.zeros((), dtype=torch.float64)


@pytest.mark.parametrize("draw", [randn, rand])
def test_same_seed_same_draw_in_both_precisions(draw):
    double, single = (draw(50, 3, generator=fresh(7), like=like) for like in (DOUBLE, SINGLE))
    assert double.shape == single.shape == (50, 3)
    assert (double.dtype, single.dtype) == (torch.float64, torch.float32)
    assert torch.equal(double.to(torch.float32), single)


@pytest.mark.parametrize("draw", [randn, rand])
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3)])
def test_scalar_and_empty_shapes(draw, shape):
    assert draw(*shape, generator=None, like=DOUBLE).shape == shape


@pytest.mark.parametrize(("draw", "law"), [(randn, "norm"), (rand, "uniform")])
def test_law(draw, law):
    assert stats.kstest(draw(20_000, generator=fresh(0), like=DOUBLE).numpy(), law).pvalue > 1e-3


def test_choice_follows_the_probabilities():
    p = torch.tensor([0.1, 0.0, 0.6, 0.3])
    counts = torch.bincount(choice(20_000, p, generator=fresh(0)), minlength=4)
    assert counts[1] == 0
    assert stats.chisquare(counts[[0, 2, 3]].numpy(), 20_000 * p[[0, 2, 3]].numpy()).pvalue > 1e-3


def test_choice_weights_need_not_sum_to_one(g):
    assert torch.equal(choice(9, torch.tensor([2.0, 6.0]), generator=g), choice(9, torch.tensor([0.25, 0.75]), generator=fresh(0)))


@pytest.mark.parametrize(
    "draw",
    [
        lambda generator: randn(3, generator=generator, like=DOUBLE),
        lambda generator: rand(3, generator=generator, like=DOUBLE),
        lambda generator: choice(3, torch.ones(4), generator=generator),
    ],
    ids=["randn", "rand", "choice"],
)
def test_global_state_moves_only_without_a_generator(draw):
    before = torch.get_rng_state()
    draw(fresh(0))
    assert torch.equal(torch.get_rng_state(), before)
    draw(None)
    assert not torch.equal(torch.get_rng_state(), before)


def test_seeded_seeds_inside_and_restores_outside():
    before = torch.get_rng_state()
    with seeded(3):
        first = torch.randn(4)
    assert torch.equal(torch.get_rng_state(), before)
    with seeded(3):
        assert torch.equal(torch.randn(4), first)
    with seeded(4):
        assert not torch.equal(torch.randn(4), first)


def test_seeded_restores_after_an_error():
    before = torch.get_rng_state()
    with pytest.raises(KeyError), seeded(3):
        raise KeyError
    assert torch.equal(torch.get_rng_state(), before)


def test_fresh_is_a_cpu_generator_of_its_own():
    one, other = fresh(1), fresh(1)
    assert one.device.type == "cpu"
    assert one.initial_seed() == 1
    torch.rand(1, generator=one)
    assert not torch.equal(one.get_state(), other.get_state())
