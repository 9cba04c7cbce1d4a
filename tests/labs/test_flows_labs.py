"""The widgets and questions of lecture 5: every state draws, densities integrate to one, and the numbers agree with oracles."""

import itertools
import math

import pytest
import torch
from matplotlib.figure import Figure
from scipy.stats import norm
from torch import nn
from torch.testing import assert_close

from pgmkit import plots
from pgmkit.flows import Couplings, Flow, StandardNormal, keeps_contract
from pgmkit.flows.recipes import real_nvp
from pgmkit.labs import flows_bridge, flows_builder, flows_depth, flows_diagram
from pgmkit.labs.flows_line import Line, base, mass_between
from pgmkit.rng import fresh, randn, seeded

BUILDS = list(itertools.product(flows_builder.SHIFTS, flows_builder.SCALES, flows_builder.BENDS))
BRIDGES = list(itertools.product(flows_bridge.GAPS, flows_bridge.STEEPS))


def drawn(fig):
    assert isinstance(fig, Figure)
    assert all(math.isfinite(v) for ax in fig.axes for v in (*ax.get_xlim(), *ax.get_ylim()))
    return fig


@pytest.fixture(scope="module")
def flow():
    """Eight couplings with weights that are not zero, in float64."""
    with seeded(3):
        made = real_nvp(2, hidden=8).double()
        for p in made.parameters():
            nn.init.normal_(p, std=0.15)
    return made.eval()


@pytest.mark.parametrize("state", BUILDS)
def test_builder_draws_in_every_state(state):
    drawn(flows_builder.picture(*state))


@pytest.mark.parametrize("state", BUILDS)
def test_builder_density_integrates_to_one_in_every_state(state):
    _, scale, bend = state
    right, wrong = flows_builder.integrals(*state)
    z = torch.linspace(-9, 9, 20001, dtype=torch.float64)
    slope = abs(scale) * (1 + 2 * bend * (1 - torch.tanh(2 * z) ** 2))
    mean_slope = float(torch.trapezoid(base(z) * slope, z))
    assert right == pytest.approx(1, abs=1e-7) and wrong == pytest.approx(mean_slope, abs=1e-6)


@pytest.mark.parametrize("gap, steep", BRIDGES)
def test_bridge_draws_and_agrees_with_integration_in_every_state(gap, steep):
    drawn(flows_bridge.picture(gap, steep))
    line, x = Line(bend=gap, steep=steep), torch.linspace(-gap / 2, gap / 2, 20001, dtype=torch.float64)
    slope, lowest, mass = flows_bridge.bridge(gap, steep)
    assert mass == pytest.approx(float(torch.trapezoid(line.density(x), x)), rel=1e-5)
    assert slope == 1 + gap * steep and lowest == pytest.approx(norm.pdf(0) / slope)
    x = line.window(40_001)
    assert float(torch.trapezoid(line.density(x), x)) == pytest.approx(1, abs=1e-6)
    assert bool((line.inverse(x).diff() > 0).all())


@pytest.mark.parametrize("line", [Line(), Line(1.0, -2.0, 1.5), Line(-1.0, 0.5, -0.4), Line(bend=2.0, steep=32.0)])
def test_line_inverse_slope_and_mass(line):
    z = torch.linspace(-3, 3, 61, dtype=torch.float64).requires_grad_()
    x = line.forward(z)
    assert_close(line.inverse(x.detach()), z.detach(), rtol=1e-9, atol=1e-9)
    (slope,) = torch.autograd.grad(x.sum(), z)
    assert_close(line.slope(z.detach()), slope)
    if line.scale > 0:
        a, b = (float(line.forward(torch.tensor([t], dtype=torch.float64))) for t in (-0.7, 1.1))
        assert mass_between(line, a, b) == pytest.approx(norm.cdf(1.1) - norm.cdf(-0.7))


@pytest.mark.parametrize("depth", flows_depth.DEPTHS)
def test_depth_draws_and_integrates_to_one_in_every_state(flow, depth):
    drawn(flows_depth.picture(flow, depth))
    axis = torch.linspace(-14, 14, 401, dtype=torch.float64)
    cut = flows_depth.part(flow, depth)
    with torch.no_grad():
        total = float(cut.log_prob(torch.cartesian_prod(axis, axis)).exp().sum()) * (28 / 400) ** 2
    assert total == pytest.approx(1, abs=2e-3)
    assert keeps_contract(cut.f, randn(4, 2, generator=fresh(0), like=axis))


def test_depth_ends_are_the_base_and_the_flow(flow):
    z = randn(5, 2, generator=fresh(1), like=torch.zeros((), dtype=torch.float64))
    assert_close(flows_depth.part(flow, 0).f(z)[0], z)
    assert_close(flows_depth.part(flow, 8).f(z), flow.f(z))
    with pytest.raises(ValueError, match="0 to 8"):
        flows_depth.part(flow, 9)
    with pytest.raises(ValueError, match=r"flow\.f"):
        flows_depth.part(Flow(StandardNormal(2), flows_depth.part(flow, 0).f), 0)


def test_entropies_against_the_samples_own_log_density(flow):
    values = flows_depth.entropies(flow, n=4000)
    for depth in (1, 4, 8):
        cut = flows_depth.part(flow, depth)
        with torch.no_grad():
            losses = -cut.log_prob(cut.sample(4000, generator=fresh(9)))
        assert values[depth] == pytest.approx(float(losses.mean()), abs=6 * float(losses.std()) / 4000**0.5)
    assert values[0] == pytest.approx(float(-StandardNormal(2).log_prob(torch.zeros(1, 2)) + 1))


def test_pictures_also_draw_in_float32():
    torch.set_default_dtype(torch.float32)
    with seeded(0):
        drawn(flows_depth.picture(real_nvp(2), 3))
    drawn(flows_builder.picture(0.0, -1.0, 1.0))
    drawn(flows_bridge.picture(2.0, 8.0))


def test_fallbacks_and_books_render_to_a_png(flow):
    figures = [
        flows_builder.fallback(),
        flows_bridge.fallback(),
        flows_depth.fallback(flow),
        flows_diagram.books(["a", "b", "c"], [0.5, -0.2], -1.0),
    ]
    for fig in figures:
        assert plots.png(drawn(fig)).startswith(b"\x89PNG")
    assert "= -1.300" in figures[-1].axes[0].texts[-1].get_text()


def test_books_show_both_directions_and_no_negative_zero():
    texts = [text.get_text() for text in flows_diagram.books(["a", "b", "c"], [0.5, 0.0], -1.0).axes[0].texts]
    assert "$f_{1}$: +0.500" in texts and "$f_{1}^{-1}$: -0.500" in texts
    assert "$f_{2}^{-1}$: +0.000" in texts and not any("-0.000" in text for text in texts)


def test_the_depths_fit_the_flow_of_the_lecture():
    assert len(flows_depth.DEPTHS) == len(real_nvp(2).f.nets) + 1 and isinstance(real_nvp(2).f, Couplings)


def test_the_replies_state_true_numbers():
    assert norm.pdf(0) == pytest.approx(0.399, abs=5e-4) and norm.pdf(0, scale=2) == pytest.approx(0.199, abs=6e-4)
    assert norm.logpdf(1) == pytest.approx(-1.419, abs=5e-4) and norm.logpdf(0) == pytest.approx(-0.919, abs=5e-4)
    assert norm.logpdf(1, loc=3, scale=2) == pytest.approx(-2.112, abs=5e-4)
    assert math.log(2 * math.pi) == pytest.approx(1.838, abs=5e-4)
