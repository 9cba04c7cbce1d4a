"""The widgets, diagrams and questions of lecture 6: every state draws, and the numbers behind the pictures agree with oracles."""

import itertools
import math
import time
from functools import cache

import pytest
import torch
from matplotlib.figure import Figure
from torch.testing import assert_close

from pgmkit import flows, plots
from pgmkit.data.digits import dequantised, digits
from pgmkit.labs import glow_diagrams, glow_sliders
from pgmkit.rng import fresh, seeded


@cache
def some_flow():
    """An untrained Glow of the lecture's shape with weights that are not zero, the held-out digits and their labels."""
    _, held_out = digits()
    x = dequantised(held_out.x, generator=fresh(0)).reshape(-1, 1, 8, 8).double()
    with seeded(0):
        flow = flows.glow((1, 8, 8), levels=2, steps=2, hidden=8).double()
        flow.train().log_prob(x[:64])  # actnorm
        for p in flow.parameters():
            torch.nn.init.normal_(p, std=0.05) if p.abs().sum() == 0 else None
    return flow.eval().requires_grad_(False), x, held_out.y


def drawn(fig):
    assert isinstance(fig, Figure)
    assert all(math.isfinite(v) for ax in fig.axes for v in (*ax.get_xlim(), *ax.get_ylim()))
    return fig


@pytest.mark.parametrize("temperature", glow_sliders.TEMPERATURES)
def test_temperature_draws_in_every_state(temperature):
    flow, x, _ = some_flow()
    drawn(glow_sliders.temperature(flow, glow_sliders.bits(flow, x), temperature))


@pytest.mark.parametrize("level, draw", list(itertools.product(glow_sliders.LEVEL_NAMES, glow_sliders.DRAWS)))
def test_resample_draws_in_every_state(level, draw):
    flow, x, _ = some_flow()
    drawn(glow_sliders.resample(flow, x, level, draw))


@pytest.mark.parametrize("pair, t", list(itertools.product(glow_sliders.PAIRS, glow_sliders.TIMES)))
def test_interpolation_draws_in_every_state(pair, t):
    flow, x, y = some_flow()
    drawn(glow_sliders.interpolation(flow, x, y, pair, t))


def test_fallbacks_and_diagrams_render_to_a_png():
    flow, x, y = some_flow()
    figures = [
        glow_sliders.temperature_fallback(flow),
        glow_sliders.resample_fallback(flow, x),
        glow_sliders.interpolation_fallback(flow, x, y),
        glow_diagrams.step_diagram(4, 4, 4),
        glow_diagrams.index_picture({"squeeze": flows.Squeeze()}),
        glow_diagrams.level_tree((1, 8, 8), 2, 8),
        glow_diagrams.level_tree((3, 32, 32), 3, 32),
    ]
    assert all(plots.png(drawn(fig)).startswith(b"\x89PNG") for fig in figures)


def test_a_state_of_the_lecture_takes_less_than_300_ms_of_work():
    with seeded(0):
        flow = flows.glow((1, 8, 8), levels=2, steps=8).eval()
    _, x, y = some_flow()
    x = x.to(torch.get_default_dtype())
    held_out = glow_sliders.bits(flow, x)
    for picture in (
        lambda: glow_sliders.temperature(flow, held_out, 0.7),
        lambda: glow_sliders.resample(flow, x, "fine", 1),
        lambda: glow_sliders.interpolation(flow, x, y, "3 to 8", 0.5),
    ):
        picture()
        spent = []
        for _ in range(3):
            start = time.process_time()
            picture()
            spent.append(time.process_time() - start)
        assert min(spent) < 0.3


def test_grey_undoes_dequantisation():
    k = torch.randint(0, 17, (50, 64), generator=fresh(1)) / 16
    assert_close(glow_sliders.grey(dequantised(k, generator=fresh(2)).reshape(-1, 1, 8, 8)), k)
    outside = glow_sliders.grey(torch.tensor([-3.0, 7.0]).reshape(2, 1, 1, 1).expand(2, 1, 8, 8))
    assert bool((outside[0] == 0).all()) and bool((outside[1] == 1).all())


def test_bits_of_the_uniform_density_by_hand():
    flow, x, _ = some_flow()
    assert_close(glow_sliders.bits(flow, x[:5]), math.log2(17) - flow.log_prob(x[:5]) / (64 * math.log(2)))


@pytest.mark.parametrize("level", glow_sliders.LEVEL_NAMES)
def test_redrawing_a_level_keeps_the_others(level):
    flow, x, _ = some_flow()
    z, again = (flow.f.inverse(v)[0] for v in (x[:8], glow_sliders.redrawn(flow, x[:8], level, 3)))
    coarse, fine = (again - z)[:, :32].abs().max(), (again - z)[:, 32:].abs().max()  # the coarsest level stands first
    changed, kept = (coarse, fine) if level == "coarse" else (fine, coarse)
    assert changed > 0.1 and kept < 1e-6


@pytest.mark.parametrize("pair", glow_sliders.PAIRS)
def test_both_ways_start_and_end_at_the_digits(pair):
    flow, x, y = some_flow()
    x_0, x_1 = glow_sliders.ends(x, y, pair)
    for way in glow_sliders.paths(flow, x_0, x_1):
        assert way.shape == (len(glow_sliders.TIMES), 1, 8, 8)
        assert_close(way[0], x_0)
        assert_close(way[-1], x_1)


def test_the_ends_have_the_labels_of_the_pair():
    _, x, y = some_flow()
    for pair, labels in glow_sliders.PAIRS.items():
        for image, label in zip(glow_sliders.ends(x, y, pair), labels, strict=True):
            assert any(torch.equal(image, other) for other in x[y == label])


def test_pixels_of_a_position_are_its_block():
    where = glow_diagrams.shared_position(flows.Squeeze())
    rows, columns = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    assert torch.equal(where, rows // 2 * 4 + columns // 2)
    assert glow_diagrams.mean_distance(where) == pytest.approx((4 + 2 * math.sqrt(2)) / 6)


def test_the_replies_state_true_numbers():
    log_s = torch.tensor([0.1, 0.2, -0.5])
    _, log_det = flows.normalise(torch.zeros(1, 4, 4, 3).to(log_s), log_s, torch.zeros(3).to(log_s))
    assert float(log_det) == pytest.approx(3.2, abs=1e-5)
    assert float(flows.bits_per_dim(torch.zeros(1), 7, 256)) == 8.0
    assert math.log(256) == pytest.approx(5.55, abs=5e-3)
    with seeded(0):
        weight = 0.05 * torch.randn(512, 512, dtype=torch.float64)
    assert float(torch.det(weight.float())) == 0.0
    assert -220 < float(torch.linalg.slogdet(weight).logabsdet) < -160
