"""What a thousand random initialisations, extreme parameters and training do to the inverse.

The bounds were measured first: the worst case of each line lies a factor of three or more below its bound.
"""

import copy

import pytest
import torch
from torch.testing import assert_close

from pgmkit.flows import ActNorm, Compose, Flow, PLUConv1x1, StandardNormal
from pgmkit.rng import fresh, seeded

from . import trained
from .cases import CASES, randomise_

SINGLE = [
    ("affine", 3.0, 1e-9),
    ("planar", 3.0, 1e-9),
    ("coupling, odd", 3.0, 1e-9),
    ("couplings, even count", 3.0, 5e-9),
    ("actnorm on an image", 3.0, 1e-9),
    ("plain 1x1", 3.0, 1e-9),
    ("PLU 1x1", 3.0, 1e-7),
    ("glow step", 1.0, 1e-9),
    ("real_nvp", 1.0, 1e-9),
]
DEEP = [("glow, 1 level", 0.3, 1e-9), ("glow, 2 levels", 0.3, 1e-9), ("glow, 3 levels", 0.3, 1e-9)]


def worst(name, scale, count, rows=3):
    """Largest error of z over `count` layers whose weights are moved by up to `scale` standard normals; all values are finite."""
    errors = []
    for seed in range(count):
        with seeded(seed):
            f = randomise_(CASES[name].make(), seed, scale * (seed + 1) / count)
        z = torch.randn(rows, *CASES[name].shape, generator=fresh(seed))
        x, log_det = f(z)
        back, log_det_back = f.inverse(x)
        assert all(bool(value.isfinite().all()) for value in (x, log_det, back, log_det_back)), seed
        errors.append((back - z).abs().max())
    return float(torch.stack(errors).max())


@torch.no_grad()
@pytest.mark.parametrize(("name", "scale", "bound"), SINGLE)
def test_a_thousand_random_layers_can_be_undone(name, scale, bound):
    assert worst(name, scale, 1000) < bound


@torch.no_grad()
@pytest.mark.parametrize(("name", "scale", "bound"), DEEP)
def test_a_hundred_random_glows_can_be_undone(name, scale, bound):
    assert worst(name, scale, 100) < bound


@torch.no_grad()
@pytest.mark.parametrize("name", ["glow step", "real_nvp", "glow, 1 level", "glow, 2 levels", "glow, 3 levels"])
def test_deep_flows_stay_finite_at_wild_weights(name):
    """Weights moved by three standard normals: too wild to be undone exactly, but nothing overflows."""
    worst(name, 3.0, 100)


@torch.no_grad()
@pytest.mark.parametrize("name", CASES)
def test_layers_as_the_library_starts_them_can_be_undone_in_single_precision(name):
    with seeded(0):
        f = CASES[name].make().float().eval()
    z = torch.randn(50, *CASES[name].shape, generator=fresh(1)).float()
    x, log_det = f(z)
    back, log_det_back = f.inverse(x)
    assert_close(back, z, rtol=2e-5, atol=2e-5)
    assert_close(log_det_back, -log_det, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    ("flow", "x", "bound"),
    [
        pytest.param(lambda: trained.plane()[0], lambda: trained.DATA.sample(2000, generator=fresh(5)).float(), 2e-5, id="real_nvp"),
        pytest.param(lambda: trained.digits()[0], lambda: trained.held_out(360), 2e-5, id="glow"),
    ],
)
def test_a_trained_flow_in_single_precision_can_be_undone_and_agrees_with_double_precision(flow, x, bound):
    """Measured: 2e-6 for x, 1e-5 for z against double precision, 1e-7 of the log_det."""
    flow, x = flow(), x()
    draws = flow.sample(2000, generator=fresh(3))
    assert draws.isfinite().all()
    with torch.no_grad():
        z, log_det = flow.f.inverse(x)
        back, log_det_back = flow.f(z)
        exact, exact_log_det = copy.deepcopy(flow).double().f.inverse(x.double())
        redrawn, _ = flow.f(flow.f.inverse(draws)[0])
    assert (back - x).abs().max() < bound
    assert (redrawn - draws).abs().max() < bound
    assert_close(log_det_back, -log_det, rtol=2e-6, atol=2e-5)
    assert_close(z.double(), exact, rtol=0, atol=1e-4)
    assert_close(log_det.double(), exact_log_det, rtol=2e-6, atol=2e-5)


def linear_flow(channels, layers):
    with seeded(0):
        f = Compose(*(layer for _ in range(layers) for layer in (PLUConv1x1(channels), ActNorm(channels))))
    return Flow(StandardNormal(channels), f).float()


def test_the_inverse_of_48_channels_does_not_drift_in_training():
    """Eight trained PLU layers, single precision, data whose scales differ by a factor of 1,000: the relative error of x."""
    scales = torch.logspace(-2, 1, 48)
    mix = torch.linalg.qr(torch.randn(48, 48, generator=fresh(0))).Q
    data = (((torch.randn(128, 48, generator=fresh(seed)) * scales) @ mix).float() for seed in range(1, 1000))
    flow, losses = trained.fitted(linear_flow(48, 8), data, 300, 3e-3)
    x = next(data)
    with torch.no_grad():
        z, log_det = flow.f.inverse(x)
        back, log_det_back = flow.f(z)
    assert losses[-1] < losses[0] - 30
    assert (back - x).norm() < 1e-4 * x.norm()
    assert_close(log_det_back, -log_det, rtol=1e-5, atol=1e-5)
