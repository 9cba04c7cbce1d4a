"""The pair contract and what else every bijection promises, over every bijection there is."""

import copy
import inspect
import io
import math

import pytest
import torch
from torch.func import functional_call, jacrev, vmap
from torch.testing import assert_close

from pgmkit.flows import Bijection, Inverse, jacobian_log_det, keeps_contract
from pgmkit.rng import fresh

from .cases import CASES, PARAMETERLESS, latents, made

NETWORK_WIDTH = {name for name in CASES if name.startswith(("coupling", "real_nvp"))}
ANY_WIDTH = {"channels first", "compose of nothing", "squeeze"}
WITH_PARAMETERS = [name for name in CASES if name not in PARAMETERLESS]
EVERY = pytest.mark.parametrize("name", CASES)


def subclasses(kind):
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def exact(came, wanted, tolerance):
    assert_close(came, wanted, rtol=tolerance, atol=tolerance)


def directions(name, n=4):
    """(map, its input) for forward and inverse."""
    f, z = made(name), latents(name, n)
    return [(f, z), (f.inverse, f(z)[0].detach())]


def test_no_bijection_is_forgotten():
    covered = {type(module) for name in CASES for module in made(name).modules()}
    ours = {kind for kind in subclasses(Bijection) if kind.__module__.startswith("pgmkit.flows") and not inspect.isabstract(kind)}
    assert ours <= covered


@EVERY
def test_each_direction_undoes_the_other_and_the_log_dets_cancel(name):
    f, z = made(name), latents(name, 6)
    x, log_det = f(z)
    back, log_det_back = f.inverse(x)
    assert log_det.shape == log_det_back.shape == (6,)
    assert back.shape == z.shape
    exact(back, z, 1e-9)
    exact(log_det_back, -log_det, 1e-9)
    again, log_det_again = f(back)
    exact(again, x, 1e-9)
    exact(log_det_again, log_det, 1e-9)


@EVERY
def test_log_dets_are_those_of_the_jacobian_in_both_directions(name):
    for f, z in directions(name, 2):

        def value(z, f=f):
            return f(z)[0]

        log_det = f(z)[1]
        exact(log_det, jacobian_log_det(value, z), 1e-8)
        if not name.startswith("recomputed"):  # its own backward pass is not for vmap
            size = z[0].numel()
            jacobian = vmap(jacrev(lambda row, value=value: value(row[None]).flatten()))(z).reshape(2, size, size)
            exact(log_det, torch.linalg.slogdet(jacobian).logabsdet, 1e-8)


@EVERY
def test_the_contract_of_the_library_says_the_same(name):
    assert keeps_contract(made(name), latents(name, 1), tolerance=1e-8)


@EVERY
def test_gradients_with_respect_to_the_input_are_right(name):
    for f, z in directions(name, 2):
        assert torch.autograd.gradcheck(f, z.clone().requires_grad_(), fast_mode=True)


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_gradients_with_respect_to_the_parameters_are_right(name):
    """Against finite differences along one random direction, for x and log_det, forward and inverse."""
    f = made(name)
    weights = {key: p.detach() for key, p in f.named_parameters()}
    along = {key: torch.randn(p.shape, generator=fresh(3)) for key, p in weights.items()}
    z = latents(name, 2)
    x = f(z)[0].detach()
    for turned, y in ((f, z), (Inverse(f), x)):
        prefix = "" if turned is f else "f."

        def moved(step, turned=turned, y=y, prefix=prefix):
            return functional_call(turned, {prefix + key: p + step * along[key] for key, p in weights.items()}, y)

        assert torch.autograd.gradcheck(moved, torch.zeros((), requires_grad=True))


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_gradients_reach_every_parameter(name):
    f, z = made(name), latents(name, 5)
    for value, log_det in (f(z), f.inverse(f(z)[0].detach())):
        f.zero_grad()
        (value.sin().sum() + log_det.square().sum()).backward()
        assert [key for key, p in f.named_parameters() if p.grad is None or not p.grad.any()] == []


@EVERY
def test_a_row_does_not_depend_on_its_batch(name):
    """Batches of one and of zero rows work, and a row alone gives what it gives among others."""
    for f, z in directions(name, 4):
        value, log_det = f(z)
        for i in range(4):
            alone, log_det_alone = f(z[i : i + 1])
            exact(alone, value[i : i + 1], 1e-12)
            exact(log_det_alone, log_det[i : i + 1], 1e-12)
        nothing, log_det_nothing = f(z[:0])
        assert nothing.shape == (0, *value.shape[1:])
        assert log_det_nothing.shape == (0,)


@EVERY
def test_memory_layout_does_not_matter(name):
    for f, z in directions(name, 4):
        value, log_det = f(z)
        turned = z.permute(*reversed(range(z.ndim))).contiguous().permute(*reversed(range(z.ndim)))
        strided = torch.empty(*(2 * size for size in z.shape))[tuple(slice(None, None, 2) for _ in z.shape)].copy_(z)
        flipped = z.flip(0).as_strided(z.shape, z.stride()).flip(0)
        wide = z[:1].expand(4, *z.shape[1:])
        for other in (turned, strided, flipped):
            exact(f(other)[0], value, 1e-12)
            exact(f(other)[1], log_det, 1e-12)
        exact(f(wide)[0], value[:1].expand_as(value), 1e-12)


@EVERY
@pytest.mark.parametrize("default", [torch.float32, torch.float64])
def test_dtype_is_kept_whatever_the_default_is(name, default):
    f, z = made(name), latents(name, 4)
    x, log_det = (value.detach() for value in f(z))
    torch.set_default_dtype(default)
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-4)):
        f = f.to(dtype)
        value, came = f(z.to(dtype))
        back, came_back = f.inverse(x.to(dtype))
        assert {value.dtype, came.dtype, back.dtype, came_back.dtype} == {dtype}
        exact(value.double(), x, tolerance)
        exact(came.double(), log_det, tolerance)
        exact(back.double(), z, max(tolerance, 1e-9))
        exact(came_back.double(), -log_det, max(tolerance, 1e-9))


@EVERY
def test_the_input_and_the_layer_stay_as_they_are(name):
    f = made(name)
    before = {key: value.clone() for key, value in f.state_dict().items()}
    for run, z in directions(name):
        kept = z.clone()
        run(z)
        assert torch.equal(z, kept)
    f(latents(name, 4))
    f.inverse(f(latents(name, 4))[0].detach())
    assert all(torch.equal(value, before[key]) for key, value in f.state_dict().items())


@EVERY
def test_what_is_saved_comes_back_into_a_fresh_layer(name):
    """Also in training mode, where an actnorm that forgot its flag would start over."""
    f, z = made(name), latents(name, 3)
    file = io.BytesIO()
    torch.save(f.state_dict(), file)
    file.seek(0)
    torch.manual_seed(99)
    other = CASES[name].make().train()
    other.load_state_dict(torch.load(file, weights_only=True))
    x, log_det = f(z)
    for came, wanted in zip((*other.inverse(x), *other(z)), (*f.inverse(x), x, log_det), strict=True):
        assert torch.equal(came, wanted)


@EVERY
def test_a_deep_copy_is_equal_and_its_own(name):
    f, z = made(name), latents(name, 3)
    twin = copy.deepcopy(f)
    for came, wanted in zip(twin(z), f(z), strict=True):
        assert torch.equal(came, wanted)
    x = f(z)[0].detach()
    with torch.no_grad():
        for p in twin.parameters():
            p.zero_()
    assert torch.equal(f(z)[0], x)


@EVERY
def test_training_and_evaluation_mode_agree(name):
    f, z = made(name), latents(name, 3)
    for run in (f, f.inverse):
        f.train()
        trained = run(z if run is f else f(z)[0])
        f.eval()
        evaluated = run(z if run is f else f(z)[0])
        assert torch.equal(trained[0], evaluated[0])
        assert torch.equal(trained[1], evaluated[1])


@EVERY
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_input_that_is_not_finite_is_named(name, bad):
    for run, z in directions(name, 3):
        for place in (0, -1):
            wrong = z.clone(memory_format=torch.contiguous_format)
            wrong.view(-1)[place] = bad
            with pytest.raises(ValueError, match=r"must be finite; got \d+ values"):
                run(wrong)


def wrong_inputs(name, z):
    yield "no batch", z[0, ..., 0].reshape(-1)
    yield "a scalar", z.sum()
    yield "whole numbers", z.long()
    yield "a list", z.tolist()
    if name not in ANY_WIDTH | NETWORK_WIDTH:
        yield "too wide", torch.cat([z, z[..., :1]], -1)
    if name not in ANY_WIDTH | NETWORK_WIDTH and z.shape[-1] > 1:
        yield "too narrow", z[..., :-1]


@EVERY
def test_wrong_shapes_say_what_was_wanted_and_what_came(name):
    for run, z in directions(name, 3):
        for what, wrong in wrong_inputs(name, z):
            try:
                run(wrong)
            except ValueError as error:
                assert "must" in str(error), what
                assert "got " in str(error), what
            else:
                pytest.fail(f"{what}: no error")


def test_a_coupling_refuses_a_width_that_its_network_was_not_made_for():
    """Only the network knows the width, so PyTorch may say what does not fit; but no number may come out."""
    for name in sorted(NETWORK_WIDTH):
        for run, z in directions(name, 3):
            for wrong in (torch.cat([z, z[..., :1]], -1), z[..., :-1]):
                with pytest.raises((ValueError, RuntimeError)):
                    run(wrong)
