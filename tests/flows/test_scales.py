import math

import pytest
import torch
from torch.testing import assert_close

from pgmkit.flows import ActNorm, Compose, Flat, Split, glow, interpolate, level_sizes, resample_level
from pgmkit.rng import fresh, seeded

from .cases import randomise_

SHAPE = (2, 8, 8)


def deep(levels=3):
    with seeded(0):
        return randomise_(glow(SHAPE, levels=levels, steps=2, hidden=8), 1, 0.1).eval()


def test_split_puts_the_rest_first_and_the_half_that_left_last():
    rest = Compose(Flat((1, 1, 2)), ActNorm(2))
    with torch.no_grad():
        rest.fs[1].b.fill_(10.0)
    split = Split(rest, (1, 1, 4))
    x, log_det = split.eval()(torch.tensor([[1.0, 2.0, 3.0, 4.0]]))
    assert x.tolist() == [[[[11.0, 12.0, 3.0, 4.0]]]]
    assert log_det.tolist() == [0.0]
    assert split.inverse(x)[0].tolist() == [[1.0, 2.0, 3.0, 4.0]]


def test_the_log_det_of_a_split_is_that_of_its_rest():
    rest = Compose(Flat((1, 2, 2)), ActNorm(2))
    with torch.no_grad():
        rest.fs[1].log_s.copy_(torch.tensor([0.5, 0.25]))
    assert_close(Split(rest, (1, 2, 4))(torch.zeros(3, 8))[1], torch.full((3,), 1.5))


@pytest.mark.parametrize(
    ("shape", "levels", "sizes"),
    [((1, 8, 8), 1, [64]), ((1, 8, 8), 2, [32, 32]), ((3, 16, 16), 3, [192, 192, 384]), ((3, 32, 32), 4, [384, 384, 768, 1536])],
)
def test_level_sizes_by_hand(shape, levels, sizes):
    assert level_sizes(shape, levels) == sizes
    assert sum(sizes) == math.prod(shape)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_level_sizes_are_those_of_the_splits(levels):
    wanted = [module.size for module in deep(levels).f.modules() if isinstance(module, Split)][::-1]
    sizes = level_sizes(SHAPE, levels)
    assert sizes[1:] == wanted
    assert sum(sizes) == 128


@pytest.mark.parametrize("level", [0, 1, 2])
def test_resampling_a_level_changes_its_latents_only_and_every_image(level):
    flow, sizes = deep(), level_sizes(SHAPE, 3)
    z = flow.base.sample(4, generator=fresh(0))
    other = resample_level(z, sizes, level, generator=fresh(1))
    for i, (old, new) in enumerate(zip(z.split(sizes, 1), other.split(sizes, 1), strict=True)):
        assert torch.equal(old, new) == (i != level)
    x, y = flow.f(z)[0], flow.f(other)[0]
    assert ((x - y).flatten(1).abs().amax(1) > 1e-3).all()
    back = flow.f.inverse(y)[0]
    assert_close(back, other)


def test_the_finest_level_is_what_leaves_first():
    """Latents of level 2 leave after the first squeeze, so their images differ while the coarser latents of the image stay."""
    flow, sizes = deep(), level_sizes(SHAPE, 3)
    x = torch.rand(2, *SHAPE, generator=fresh(0))
    z = flow.f.inverse(x)[0]
    body = flow.f.fs[0]  # the first level: Split, the coupling that is its prior, the steps, Squeeze
    kept_and_done = body.fs[0](z)[0]
    assert_close(kept_and_done[..., 4:].flatten(1), z[:, -sizes[2] :])


def test_resampling_follows_its_generator_temperature_and_shape():
    z, sizes = torch.zeros(5000, 4), [1, 3]
    a, b = (resample_level(z, sizes, 1, temperature=t, generator=fresh(2)) for t in (0.5, 1.0))
    assert_close(2 * a, b)
    assert float(b[:, 1:].std()) == pytest.approx(1, abs=0.03)
    assert not resample_level(z, sizes, 1, temperature=0.0).any()
    assert not z.any()


def pair(dims=40):
    return torch.randn(dims, generator=fresh(0)), 2 * torch.randn(dims, generator=fresh(1))


def test_interpolation_ends_at_both_ends_in_equal_angles():
    z_0, z_1 = pair()
    way = interpolate(z_0, z_1, 7)
    assert way.shape == (7, 40)
    assert_close(way[0], z_0)
    assert_close(way[-1], z_1)
    unit = interpolate(z_0 / z_0.norm(), z_1 / z_1.norm(), 7)
    angles = (unit[1:] * unit[:-1]).sum(1).acos()
    assert_close(angles, angles[:1].expand(6))


def test_interpolation_keeps_the_norm_where_a_straight_line_would_not():
    z_0, z_1 = pair()
    z_1 = z_1 * z_0.norm() / z_1.norm()
    way = interpolate(z_0, z_1, 9)
    assert_close(way.norm(dim=1), z_0.norm().expand(9))
    assert ((z_0 + z_1) / 2).norm() < 0.9 * z_0.norm()


@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_interpolation_between_latents_of_one_direction_is_straight(factor):
    z_0, _ = pair()
    assert_close(interpolate(z_0, factor * z_0, 3)[1], (1 + factor) / 2 * z_0)
    assert interpolate(torch.zeros(3), torch.zeros(3), 2).tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_interpolation_is_finite_and_keeps_the_dtype_near_equal_latents(dtype):
    z_0 = pair()[0].to(dtype)
    for gap in (0.0, 1e-12, 1e-7, 1e-4):
        way = interpolate(z_0, z_0 * (1 + gap), 5)
        assert way.dtype == dtype
        assert_close(way, z_0.expand(5, 40), rtol=1e-3, atol=1e-3)
