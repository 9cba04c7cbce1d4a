import pytest
import torch
from torch.testing import assert_close

from pgmkit.flows import Planar
from pgmkit.flows.planar import bisect
from pgmkit.rng import fresh, seeded


def planar(product, dim=2):
    """A planar map with w along the first axis and w . u = product."""
    f = Planar(dim)
    with torch.no_grad():
        f.w.copy_(2 * torch.eye(dim)[0])
        f.u.copy_(torch.eye(dim)[0] * product / 2 + torch.eye(dim)[-1] * (dim > 1))
        f.b.fill_(0.3)
    return f


def test_forward_is_the_formula():
    f, z = planar(1.5), torch.randn(5, 2, generator=fresh(0))
    u = f.stretch()
    x, log_det = f(z)
    bend = (z @ f.w + f.b).tanh()
    assert_close(x, z + u * bend[:, None])
    assert_close(log_det, (1 + (f.w @ u) * (1 - bend**2)).abs().log())


@pytest.mark.parametrize("product", [-20.0, -1.0, 0.0, 3.0])
def test_u_hat_keeps_the_map_invertible(product):
    """w . u-hat = softplus(w . u) - 1, and only the part of u along w moves."""
    f = planar(product)
    u = f.stretch()
    assert_close(f.w @ u, torch.nn.functional.softplus(torch.tensor(product)) - 1)
    assert_close(u[1], f.u[1])
    assert f.w @ u > -1


@pytest.mark.parametrize("product", [-20.0, -5.0, 0.0, 50.0])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_the_inverse_finds_every_latent(product, size):
    """Also where the map is nearly flat: there the error of z is that of x, divided by the slope."""
    f, z = planar(product), size * torch.randn(200, 2, generator=fresh(0))
    x, log_det = f(z)
    back, log_det_back = f.inverse(x)
    assert_close(f(back)[0], x, rtol=1e-12, atol=1e-12)
    slope = log_det.exp().clamp(max=1)
    assert ((back - z).norm(dim=1) * slope < 1e-13 * (1 + size) * 100).all()
    assert log_det_back.isfinite().all()


def test_bisection_finds_the_root_to_half_an_interval():
    target, wide = torch.tensor([-8.0, 0.0, 2.0]), torch.full((3,), 4.0)
    for halvings in (1, 10, 60):
        a = bisect(lambda a: a**3, target, -wide, wide, halvings)
        assert ((a - target.sign() * target.abs() ** (1 / 3)).abs() <= 4 * 0.5**halvings + 1e-15).all()


def test_without_a_direction_it_is_a_shift():
    f = planar(1.0)
    with torch.no_grad():
        f.w.zero_()
    z = torch.randn(3, 2, generator=fresh(0))
    x, log_det = f(z)
    assert_close(x, z + f.u * f.b.tanh())
    assert_close(log_det, torch.zeros(3))
    assert_close(f.inverse(x)[0], z)


def test_it_bends_single_precision_too():
    with seeded(0):
        f = Planar(4).float()
    z = torch.randn(50, 4, generator=fresh(0)).float()
    x, _ = f(z)
    assert_close(f.inverse(x)[0], z, rtol=1e-4, atol=1e-4)
