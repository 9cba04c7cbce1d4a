import pytest
import torch
from torch.testing import assert_close

from pgmkit.flows import ActNorm, denormalise, initialise_, normalise
from pgmkit.rng import fresh


def batch(*shape, seed=0):
    """Channels with means and scales of their own."""
    c = shape[-1]
    return torch.randn(shape, generator=fresh(seed)) * torch.logspace(-2, 2, c) + torch.linspace(-50, 50, c)


SHAPES = pytest.mark.parametrize("shape", [(40, 3), (5, 2, 4, 3), (1, 6, 2, 5)])


@SHAPES
def test_normalise_is_the_formula(shape):
    x, log_s, b = batch(*shape), torch.randn(shape[-1], generator=fresh(1)), torch.randn(shape[-1], generator=fresh(2))
    z, log_det = normalise(x, log_s, b)
    assert_close(z, (x - b) / log_s.exp())
    positions = x[0].numel() // shape[-1]
    assert_close(log_det, torch.full((shape[0],), -positions * float(log_s.sum())))
    back, log_det_back = denormalise(z, log_s, b)
    assert_close(back, x)
    assert_close(log_det_back, -log_det)


@SHAPES
def test_the_first_training_batch_gets_mean_0_and_variance_1(shape):
    layer, x = ActNorm(shape[-1]), batch(*shape)
    z, log_det = layer.inverse(x)
    rows = z.detach().flatten(0, -2)
    assert_close(rows.mean(0), torch.zeros(shape[-1]), rtol=0, atol=1e-9)
    assert_close(rows.var(0, correction=0), torch.ones(shape[-1]))
    assert_close(layer.b.detach(), x.flatten(0, -2).mean(0))
    assert_close(layer.log_s.detach(), x.flatten(0, -2).std(0, correction=0).log())
    positions = x[0].numel() // shape[-1]
    assert_close(log_det, (-positions * layer.log_s.sum()).expand(shape[0]))  # of the values just set
    assert bool(layer.initialised)


def test_initialising_keeps_the_parameters_and_lets_them_learn():
    layer = ActNorm(3)
    parameters = list(layer.parameters())
    z, log_det = layer.inverse(batch(8, 3))
    assert all(old is new and new.requires_grad and new.is_leaf for old, new in zip(parameters, layer.parameters(), strict=True))
    (z.square().sum() + log_det.sum()).backward()
    assert all(p.grad.abs().sum() > 0 for p in parameters)


def test_only_the_direction_of_training_initialises():
    layer = ActNorm(3)
    layer(batch(8, 3))
    assert not bool(layer.initialised)
    assert not layer.log_s.any()


def test_an_empty_batch_does_not_count_as_the_first():
    layer = ActNorm(3)
    z, log_det = layer.inverse(torch.zeros(0, 3))
    assert (z.shape, log_det.shape) == ((0, 3), (0,))
    assert not bool(layer.initialised)


def test_a_constant_channel_keeps_its_scale():
    layer, x = ActNorm(3), batch(8, 3)
    x[:, 1] = 0.1
    z, _ = layer.inverse(x)
    assert layer.log_s[1].item() == 0
    assert_close(z[:, 1].detach(), torch.zeros(8))


def test_a_batch_that_is_not_finite_leaves_the_layer_alone():
    layer, x = ActNorm(3), batch(8, 3)
    x[2, 1] = float("nan")
    with pytest.raises(ValueError, match="x must be finite; got 1"):
        layer.inverse(x)
    assert not bool(layer.initialised)
    assert not layer.b.any()


def test_initialise_works_on_any_module_with_these_parts():
    layer = torch.nn.Module()
    layer.log_s, layer.b = (torch.nn.Parameter(torch.zeros(2)) for _ in range(2))
    layer.register_buffer("initialised", torch.tensor(False))
    assert initialise_(layer, torch.tensor([[0.0, 1.0], [2.0, 5.0]])) is None
    assert_close(layer.b.detach(), torch.tensor([1.0, 3.0]))
    assert_close(layer.log_s.detach(), torch.tensor([1.0, 2.0]).log())
    assert bool(layer.initialised)
