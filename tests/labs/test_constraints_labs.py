"""The widgets and questions of lecture 7: every state draws, and the numbers agree with sums and closed forms."""

import itertools
import math

import pytest
import torch
from matplotlib.figure import Figure
from torch.testing import assert_close

from pgmkit import plots
from pgmkit.knowledge import violation_fixed_point
from pgmkit.labs import constraints_em, constraints_tilt
from pgmkit.labs.constraints_questions import QUESTIONS
from pgmkit.widgets import slider, toggle

SHAPE_STATES = list(itertools.product(constraints_tilt.SHAPES, constraints_tilt.PLACES))
EM_STATES = list(itertools.product(constraints_em.ROUNDS, constraints_em.OWN_LOSS))


def drawn(fig):
    assert isinstance(fig, Figure)
    assert all(math.isfinite(v) for ax in fig.axes for v in (*ax.get_xlim(), *ax.get_ylim()))
    return fig


def by_sums(f, alpha):
    """q, E_p[f], E_q[f], Var_q[f], KL(q || p), log Z and the limit of ESS / K, in probabilities."""
    p = constraints_tilt.model().exp()
    w = torch.exp(alpha * f)
    z = (p * w).sum()
    q = p * w / z
    mean = (q * f).sum()
    kl = torch.where(q > 0, q * (q / p).log(), 0).sum()
    return q, [float(v) for v in ((p * f).sum(), mean, (q * (f - mean) ** 2).sum(), kl, z.log(), z**2 / (p * w**2).sum())]


def agrees(f, alpha):
    t, (q, numbers) = constraints_tilt.tilted(f, alpha), by_sums(f, alpha)
    assert_close(t.log_q.exp(), q, rtol=1e-9, atol=1e-12)
    assert t[1:] == pytest.approx(numbers, rel=1e-8, abs=1e-9)
    assert t.kl - alpha * t.after == pytest.approx(-t.log_z, abs=1e-9)  # the functional at q* is -log Z


def test_the_model_is_a_distribution_with_two_modes():
    p = constraints_tilt.model().exp()
    assert float(p.sum()) == pytest.approx(1)
    assert int(((p[1:-1] > p[:-2]) & (p[1:-1] > p[2:])).sum()) == 2
    assert pytest.approx(float(constraints_tilt.GRID[1] - constraints_tilt.GRID[0])) == constraints_tilt.STEP


@pytest.mark.parametrize("alpha", constraints_tilt.ALPHAS)
def test_alpha_draws_and_agrees_with_sums_in_every_state(alpha):
    drawn(constraints_tilt.alpha_picture(alpha))
    agrees(constraints_tilt.valley(), alpha)


@pytest.mark.parametrize(("shape", "place"), SHAPE_STATES)
def test_shape_draws_and_agrees_with_sums_in_every_state(shape, place):
    drawn(constraints_tilt.shape_picture(shape, place))
    agrees(constraints_tilt.SHAPES[shape](constraints_tilt.GRID - place), constraints_tilt.STRENGTH)


def test_the_mean_of_f_rises_with_alpha_and_its_slope_is_the_variance():
    alphas, means = constraints_tilt.curve()
    assert bool((means.diff() > 0).all())
    assert abs(float(alphas[(means.diff() / alphas.diff()).argmax()]) - 2) < 0.3  # the fallback says "near 2"
    for alpha in (-2.0, 1.0, 8.0):
        low, high = (constraints_tilt.tilted(constraints_tilt.valley(), alpha + step).after for step in (-1e-5, 1e-5))
        assert (high - low) / 2e-5 == pytest.approx(constraints_tilt.tilted(constraints_tilt.valley(), alpha).variance, rel=1e-5)
    assert float(alphas[36]) == pytest.approx(1) and float(means[36]) == pytest.approx(
        constraints_tilt.tilted(constraints_tilt.valley(), 1.0).after
    )


@pytest.mark.parametrize("shape", ["constant", "ramp"])
def test_two_shapes_can_be_moved_without_effect(shape):
    qs = [constraints_tilt.tilted(constraints_tilt.SHAPES[shape](constraints_tilt.GRID - place), 3.0).log_q for place in (-3.0, 0.0, 3.0)]
    assert_close(qs[0], qs[1])
    assert_close(qs[0], qs[2])


def test_a_bump_far_outside_gains_least():
    gains = {}
    for place in constraints_tilt.PLACES:
        t = constraints_tilt.tilted(constraints_tilt.bump(constraints_tilt.GRID - place), constraints_tilt.STRENGTH)
        gains[place] = t.after - t.before
    assert min(gains, key=gains.get) == -3.0 and sorted(gains.values())[1] == gains[3.0]
    assert ("bump", -3.0) in constraints_tilt.SMALL_SHAPES


@pytest.mark.parametrize(("rounds", "own_loss"), EM_STATES)
def test_em_draws_in_every_state(rounds, own_loss):
    drawn(constraints_em.picture(rounds, own_loss))


@pytest.mark.parametrize("own_loss", constraints_em.OWN_LOSS)
def test_em_rounds_are_distributions_and_the_objective_falls(own_loss):
    path = constraints_em.path(own_loss)
    assert path.shape == (13, 12)
    assert_close(path.exp().sum(1), torch.ones(13, dtype=torch.float64))
    assert bool((constraints_em.objectives(own_loss).diff() < 0).all())


def test_em_without_data_is_a_power_of_the_tilt_and_collapses():
    log_data, f = constraints_em.world()
    path = constraints_em.path("without data").exp()
    for t in (1, 5, 12):
        assert_close(path[t], torch.softmax(log_data + t * constraints_em.ALPHA * f, 0))
    assert float(path[12, 3]) > 0.9 and int(f.argmax()) == 3 and int(log_data.argmax()) == 8


def test_em_with_data_mixes_in_every_round_and_keeps_both_modes():
    log_data, f = constraints_em.world()
    path, w = constraints_em.path("with data").exp(), constraints_em.WEIGHT
    for before, after in itertools.pairwise(path):
        q = before * torch.exp(constraints_em.ALPHA * f)
        assert_close(after, (log_data.exp() + w * q / q.sum()) / (1 + w))
    last = path[-1]
    assert float(last[8]) > float(last[5]) < float(last[3])


def test_pictures_also_draw_in_float32():
    torch.set_default_dtype(torch.float32)
    drawn(constraints_tilt.alpha_picture(2.0))
    drawn(constraints_tilt.shape_picture("two bumps", 1.0))
    drawn(constraints_em.picture(3, "with data"))


def test_fallbacks_render_to_a_png():
    for fallback in (constraints_tilt.alpha_fallback, constraints_tilt.shape_fallback, constraints_em.fallback):
        assert plots.png(drawn(fallback())).startswith(b"\x89PNG")


def test_the_controls_of_the_lecture_hold_these_states():
    assert slider("alpha", constraints_tilt.ALPHAS, 1.0).value == 1.0
    assert slider("place", constraints_tilt.PLACES, 0.0).value == 0.0
    assert toggle("shape of f", list(constraints_tilt.SHAPES), "step").value == "step"
    assert slider("round", constraints_em.ROUNDS, 1).value == 1


def test_the_replies_state_true_numbers():
    assert math.log(0.3 * math.exp(5) + 0.7) / 5 == pytest.approx(0.76, abs=5e-3)
    assert violation_fixed_point(0.5, 2.0, 1.0) == pytest.approx((0.274, 0.049), abs=5e-4)
    assert violation_fixed_point(0.5, 50.0, 1.0)[0] == pytest.approx(0.25)
    assert {"shift", "constant", "monotone", "jensen", "data", "floor", "support", "sitted"} == set(QUESTIONS)
