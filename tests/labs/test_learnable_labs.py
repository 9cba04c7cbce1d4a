"""The widgets and questions of lecture 10: every state draws, and the numbers agree with oracles."""

import itertools
import math

import pytest
import torch
from matplotlib.figure import Figure
from torch.testing import assert_close

from pgmkit import plots
from pgmkit.knowledge import em_with_data, pr_em, pr_learnable, tilt
from pgmkit.labs import learnable_msteps, learnable_rules, learnable_snis
from pgmkit.labs.learnable_world import GUESS, LENGTHS, PAIRS, SEES, UPDATES, kl, path, world
from pgmkit.labs.pr_gallery import gan_balance

RULES = list(itertools.product(learnable_rules.RULES, learnable_rules.VIEWS, learnable_rules.OWNS))
SEEDS = (1, 2, 3, 4, 5)


def drawn(fig):
    assert isinstance(fig, Figure)
    assert all(math.isfinite(v) for ax in fig.axes for v in (*ax.get_xlim(), *ax.get_ylim()))
    return fig


@pytest.mark.parametrize(("rule", "sees", "own"), RULES)
def test_rules_draw_in_every_state(rule, sees, own):
    for step in learnable_rules.STEPS:
        drawn(learnable_rules.picture(rule, sees, own, step))


@pytest.mark.parametrize(("rule", "sees", "own"), RULES)
def test_paths_are_distributions_of_one_more_than_the_steps(rule, sees, own):
    run = path(rule, sees, own)
    assert len(run.log_p) == len(run.f) == len(run.log_q) == learnable_rules.STEPS[-1] + 1
    for log_p in (run.log_p, run.log_q):
        assert_close(log_p.exp().sum(1), torch.ones(len(log_p)).double())
    assert_close(run.log_p[0], world(1).log_p_own)


@pytest.mark.parametrize("seed", SEEDS)
def test_world_loses_arms_and_keeps_shoulders(seed):
    p_data, p_own = (log_p.exp() for log_p in world(seed))
    assert_close(p_own.reshape(5, 5).sum(1), p_data.reshape(5, 5).sum(1))
    lost = p_data[LENGTHS == 0].sum()
    assert_close(p_own[LENGTHS == 0].sum(), 0.5 + 0.5 * lost)
    assert_close(world(seed, 0.1).log_p_own.exp()[LENGTHS == 0].sum(), 0.1 + 0.9 * lost)
    assert bool((PAIRS[:, 0] - PAIRS[:, 1]).abs().eq(LENGTHS).all()) and p_data.min() > 0


@pytest.mark.parametrize(("sees", "rate"), [("length", 1.0), ("everything", 5.0)])
def test_the_learned_path_is_that_of_the_library(sees, rate):
    log_p_data, log_p_own = world(2)
    learned = pr_learnable(log_p_data, log_p_own, SEES[sees], 1.0, 50, lr_phi=rate, lr_theta=2.0)
    assert_close(path("learned", sees, 0.0, seed=2, steps=50).log_p[-1], learned.log_p)
    strong = pr_learnable(log_p_data, log_p_own, SEES[sees], 1.5, 50, lr_phi=rate, lr_theta=2.0)
    assert_close(path("learned", sees, 0.0, seed=2, steps=50, alpha=1.5).log_p[-1], strong.log_p)


@pytest.mark.parametrize("seed", SEEDS)
def test_paths_end_where_the_lecture_says(seed):
    log_p_data, log_p_own = world(seed)
    half = (log_p_data.exp() + log_p_own.exp()) / 2
    assert_close(path("learned", "everything", 1.0, seed=seed, steps=3000).log_p[-1].exp(), half, atol=1e-4, rtol=0)
    assert_close(path("oracle", "everything", 1.0, seed=seed).log_p[-1].exp(), half, atol=2e-3, rtol=0)
    fixed = em_with_data(log_p_own, log_p_own, GUESS, 1.0, 1.0, 500)[-1]
    assert_close(path("fixed", "length", 1.0, seed=seed, steps=3000).log_p[-1].exp(), fixed.exp(), atol=2e-3, rtol=0)  # small p move slowly
    naive = path("naive", "everything", 1.0, seed=seed).log_p[-1].exp()
    favourite = torch.nn.functional.one_hot(log_p_own.argmax(), 25)
    assert_close(naive, (log_p_own.exp() + favourite) / 2, atol=2e-2, rtol=0)
    assert kl(log_p_data, half.log()) <= math.log(2)


def test_the_oracle_and_the_kl():
    log_p_data, log_p_own = world(1)
    run = path("oracle", "length", 0.0)
    assert_close(run.log_q[1:], log_p_data.expand(200, 25))
    assert kl(log_p_data, log_p_data) == 0
    assert_close(kl(log_p_data, log_p_own), torch.nn.functional.kl_div(log_p_own, log_p_data, reduction="sum", log_target=True))
    assert_close(tilt(log_p_own, 3 * GUESS), pr_em(log_p_own, GUESS, 1.0, 3))
    assert set(learnable_rules.STYLES) == set(UPDATES)


@pytest.mark.parametrize("alpha", learnable_msteps.ALPHAS)
def test_msteps_draw_and_end_where_they_should_in_every_state(alpha):
    drawn(learnable_msteps.picture(alpha))
    log_q, found = learnable_msteps.target(alpha), learnable_msteps.steps(alpha)
    at = found.forward_end.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(learnable_msteps.forward(at, log_q), at)
    assert gradient.norm() < 1e-3
    mean = float(log_q.exp() @ learnable_msteps.GRID)  # the exponential family matches moments
    assert float(learnable_msteps.log_gaussian(at.detach()).exp() @ learnable_msteps.GRID) == pytest.approx(mean, abs=1e-3)
    assert learnable_msteps.reverse(found.reverse_end, log_q) < learnable_msteps.reverse(learnable_msteps.START, log_q)


def test_the_gap_of_the_msteps_grows_like_alpha():
    gaps = [learnable_msteps.steps(alpha).gap for alpha in learnable_msteps.ALPHAS]
    assert gaps[2] / gaps[0] == pytest.approx(10, rel=0.05) and all(a < b for a, b in itertools.pairwise(gaps))
    sizes = learnable_msteps.steps(3.0)
    assert sizes.reverse_end[1] < sizes.forward_end[1] - 1


@pytest.mark.parametrize(("alpha", "n"), list(itertools.product(learnable_snis.ALPHAS, learnable_snis.NUMBERS)))
def test_snis_draws_in_every_state(alpha, n):
    drawn(learnable_snis.picture(alpha, n))
    values, ess = learnable_snis.estimates(alpha, n)
    assert len(values) == len(ess) and 0 <= values.min() <= values.max() <= 4
    assert ess.min() >= 1 - 1e-9 and ess.max() <= n + 1e-9


@pytest.mark.parametrize("alpha", learnable_snis.ALPHAS)
def test_snis_truth_and_its_limits(alpha):
    truth, p = learnable_snis.exact(alpha), world(1).log_p_own
    q = tilt(p, alpha * GUESS).exp()
    assert truth.mean == pytest.approx(float(q @ LENGTHS.double()))
    assert truth.share == pytest.approx(1 / float(q.square() @ (-p).exp()))
    values, ess = learnable_snis.estimates(alpha, 512)
    assert float(ess.mean()) / 512 == pytest.approx(truth.share, rel=0.1)
    error = float(values.std()) / len(values) ** 0.5
    assert float(values.mean()) - truth.mean == pytest.approx(truth.bias_factor / 512, abs=4 * error)


def test_fallbacks_render_to_a_png_and_all_draws_in_float32():
    torch.set_default_dtype(torch.float32)
    for fig in (learnable_rules.fallback(), learnable_msteps.fallback(), learnable_snis.fallback()):
        assert plots.png(drawn(fig)).startswith(b"\x89PNG")
    drawn(learnable_rules.picture("naive", "everything", 1.0, 20))
    assert_close(learnable_rules.triangle(torch.eye(3))[2], torch.tensor([0.5, 3**0.5 / 2]))


def test_the_replies_state_true_numbers():
    v_star = 1 / (1 - math.exp(-2)) - 1 / 2
    assert v_star == pytest.approx(0.657, abs=5e-4) and v_star < 0.8
    grid = torch.linspace(0.001, 0.999, 9999, dtype=torch.float64)
    live = 2 * grid + (1 - grid + grid * math.exp(-2)).log()
    assert float(grid[live.argmax()]) == pytest.approx(v_star, abs=1e-3)
    for alpha, kept in ((0.95 * math.log(3), True), (1.05 * math.log(3), False)):  # the GAN gives way at log 3
        assert bool(gan_balance(torch.tensor([-alpha, 0.0]))[0] > 0) == kept
