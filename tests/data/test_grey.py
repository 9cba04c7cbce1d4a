import pytest
import torch
from scipy.stats import kstest
from torch.testing import assert_close

from pgmkit.data.grey import dequantise
from pgmkit.rng import fresh


@pytest.mark.parametrize("bins", [1, 2, 17, 256])
def test_every_value_stays_in_its_bin(bins):
    k = torch.arange(bins).double().repeat(200, 1)
    x = dequantise(k, bins, generator=fresh(0))
    assert x.shape == k.shape
    assert torch.equal((x * bins).floor(), k)
    assert x.min() >= 0
    assert x.max() < 1


def test_values_are_spread_evenly_over_their_bin():
    u = dequantise(torch.full((5000,), 3.0), 8, generator=fresh(0)) * 8 - 3
    assert kstest(u.numpy(), "uniform").pvalue > 0.01


def test_all_grey_values_equally_often_make_a_uniform_density():
    x = dequantise(torch.arange(16).double().repeat(300), 16, generator=fresh(0))
    assert kstest(x.numpy(), "uniform").pvalue > 0.01


def test_noise_follows_its_generator_and_leaves_the_global_state_and_the_input_alone():
    k, before = torch.zeros(2, 3), torch.get_rng_state()
    first, again, other = (dequantise(k, 4, generator=fresh(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)
    assert not k.any()


@pytest.mark.parametrize("shape", [(0, 3), (), (2, 1, 4, 4)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_and_dtype_are_those_of_k(shape, dtype):
    x = dequantise(torch.ones(shape, dtype=dtype), 4)
    assert x.shape == shape
    assert x.dtype == dtype


def test_the_bound_of_theis_holds():
    """E_u[log p(k + u)] is at most the logarithm of the mass of the bin, for a density that is not flat in it."""
    x = dequantise(torch.zeros(20_000), 1, generator=fresh(0))
    log_p = (2 * x).log()  # p(x) = 2 x on [0, 1), of mass 1
    assert log_p.mean() < 0
    assert_close(log_p.exp().mean(), torch.tensor(1.0), rtol=0.02, atol=0)


@pytest.mark.parametrize("bad", [-1.0, 4.0, 0.5, float("nan"), float("inf")])
def test_other_values_are_refused(bad):
    with pytest.raises(ValueError, match=r"k must hold whole values from 0 to bins - 1 = 3; got"):
        dequantise(torch.tensor([0.0, bad]), 4)
