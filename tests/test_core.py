import pytest
import torch

from pgmkit.core import Model
from pgmkit.data.toy2d import GaussianMixture, Lines, Moons, ring
from pgmkit.gan import Implicit
from pgmkit.nets import mlp
from pgmkit.rng import fresh

MODELS = {
    "mixture": lambda: ring(5),
    "one centre": lambda: GaussianMixture(torch.zeros(1, 3), 0.5),
    "moons": lambda: Moons(),
    "lines": lambda: Lines(0.5, 0.1),
    "implicit": lambda: Implicit(mlp(3, 8, 2), 3),
}


@pytest.fixture(params=MODELS, ids=list(MODELS))
def model(request):
    return MODELS[request.param]()


def test_is_a_model(model):
    assert isinstance(model, Model)


@pytest.mark.parametrize("n", [1, 7])
def test_sample_has_n_rows_of_the_default_dtype(model, n):
    x = model.sample(n, generator=fresh(0))
    assert len(x) == n
    assert x.ndim == 2
    assert x.dtype == torch.float64
    assert x.isfinite().all()


def test_one_seed_one_draw_and_another_seed_another(model):
    first, again, other = (model.sample(6, generator=fresh(seed)) for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_generator_moves_on(model):
    generator = fresh(0)
    assert not torch.equal(model.sample(6, generator=generator), model.sample(6, generator=generator))


def test_sampling_with_a_generator_leaves_the_global_state_alone(model):
    before = torch.get_rng_state()
    model.sample(6, generator=fresh(0))
    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_generator_the_global_one_is_used(model):
    torch.manual_seed(5)
    first = model.sample(6)
    torch.manual_seed(5)
    assert torch.equal(model.sample(6), first)


@pytest.mark.parametrize("make", MODELS.values(), ids=list(MODELS))
def test_float32_draws_are_the_float64_draws_rounded(make):
    torch.manual_seed(0)
    double = make()
    x = double.sample(50, generator=fresh(1))
    torch.set_default_dtype(torch.float32)
    torch.manual_seed(0)
    single = make()
    if isinstance(double, Implicit):
        single.load_state_dict(double.state_dict())
    y = single.sample(50, generator=fresh(1))
    assert y.dtype == torch.float32
    torch.testing.assert_close(y.double(), x, rtol=1e-5, atol=1e-5)
