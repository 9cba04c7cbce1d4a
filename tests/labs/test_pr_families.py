"""One constraint on four families: short trainings move the right way, the stored ones are what the code makes."""

import math

import pytest
import torch
from matplotlib.figure import Figure
from scipy.stats import ks_2samp
from torch.testing import assert_close

from pgmkit.core import Model
from pgmkit.data.toy2d import ring
from pgmkit.gan.losses import generator_loss
from pgmkit.knowledge import tilt, violation_fixed_point
from pgmkit.labs import pr_families, pr_gallery
from pgmkit.labs.pr_families import FAMILIES, TARGET, TRUSTED, Figures, Side, Trusted, constrain, hard, measure, pretrain, smooth
from pgmkit.rng import fresh

DATA = 0.5


@pytest.fixture
def single():
    """As the command runs; the fixture of the dtype puts it back."""
    torch.set_default_dtype(torch.float32)


def log_odds(p):
    return math.log(p / (1 - p))


def test_half_of_the_ring_breaks_the_rule_though_two_modes_lie_on_the_line():
    x = ring().sample(100_000, generator=fresh(0))
    assert float(hard(x).mean()) == pytest.approx(DATA, abs=0.007)
    on_line = x[:, 0].abs() < 0.5
    assert float(on_line.double().mean()) == pytest.approx(0.25, abs=0.007)
    assert float(hard(x[on_line]).mean()) == pytest.approx(DATA, abs=0.013)


def test_the_target():
    assert (round(TARGET, 3), round(TRUSTED, 3)) == (0.274, 0.049)
    assert log_odds(TARGET) - log_odds(TRUSTED) == pytest.approx(2)  # the strength that learning phi recovers
    assert pytest.approx(TARGET) == (DATA + TRUSTED) / 2


def test_trusted_examples_are_a_ring_with_another_violation_rate():
    model = Trusted(0.1)
    x, y = model.sample(50_000, generator=fresh(1)), ring().sample(50_000, generator=fresh(2))
    assert isinstance(model, Model)
    assert float(hard(x).mean()) == pytest.approx(0.1, abs=0.006)
    for a, b in zip(x.abs().T, y.abs().T, strict=True):
        assert ks_2samp(a.numpy(), b.numpy()).pvalue > 1e-3
    assert measure(Trusted(0.0), Side(hard, 1.0), 2.0)[:6] == pytest.approx((0, 0, 2, 0, 2, 3))


def test_a_rule_written_down_scores_minus_one_on_the_left():
    x = torch.tensor([[-1.0, 5.0], [1.0, 5.0], [0.0, 0.0]])
    assert Side(hard, 2.0)(x).tolist() == [-2, 0, 0]
    assert_close(smooth(x), torch.tensor([1 / (1 + math.exp(-8)), 1 / (1 + math.exp(8)), 0.5]))


@pytest.mark.parametrize("name", ["flow", "autoregressive", "VAE"])
def test_a_likelihood_moves_towards_the_fixed_point(name, single):
    family, base = pretrain(name, 1, rounds=300)
    after = constrain(family, "fixed", 1, rounds=300)
    assert 0.35 < base.figures.violation < 0.65
    assert 0.2 < after.figures.violation < min(0.45, base.figures.violation)
    assert after.figures.q_violation < 0.12
    assert len(after.curve) == 21
    assert after.samples.shape == (500, 2)


def test_a_gan_moves_too(single):
    family, base = pretrain("GAN", 1, rounds=300)
    after = constrain(family, "fixed", 1, rounds=300)
    assert after.figures.violation < base.figures.violation - 0.2


def test_the_learned_strength_is_the_gap_of_the_log_odds(single):
    family, _ = pretrain("autoregressive", 2, rounds=400)
    figures = constrain(family, "learned", 2, rounds=600).figures
    assert figures.q_violation == pytest.approx(TRUSTED, abs=0.015)
    assert figures.violation == pytest.approx(TARGET, abs=0.04)
    assert figures.strength == pytest.approx(2, abs=0.35)


def test_the_store_holds_what_its_command_makes(single):
    outcomes = pr_families.experiment("autoregressive", 1, ("fixed",))
    for stage, outcome in outcomes.items():
        kept = pr_gallery.stored("autoregressive", stage)
        assert outcome.figures.violation == pytest.approx(kept.column("violation")[0], abs=0.02)
        assert outcome.figures.q_violation == pytest.approx(kept.column("q_violation")[0], abs=0.01)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_store_is_complete(name):
    for stage in ("base", "fixed", "learned", "neural"):
        run = pr_gallery.stored(name, stage)
        assert run.figures.shape == (3, len(Figures._fields))
        assert run.curves.shape[0] == 3
        assert run.samples.shape == (500, 2)
        assert (run.seconds > 0).all()
    base, fixed = (pr_gallery.stored(name, stage).column("violation") for stage in ("base", "fixed"))
    assert (fixed < base).all()


@pytest.mark.parametrize("name", ["flow", "autoregressive", "VAE"])
@pytest.mark.parametrize("stage", ["fixed", "learned"])
def test_the_stored_models_came_near_the_fixed_point(name, stage):
    run = pr_gallery.stored(name, stage)
    assert abs(run.column("violation").mean() - TARGET) < 0.06
    assert abs(run.column("strength").mean() - 2) < 0.4
    assert (run.figures[:, 3:6] == [3, 2, 3]).all()


def test_the_best_fit_came_nearest():
    """The autoregressive model is the only one of the three that can fit the ring in this time: its rates are the analytic ones."""
    for stage in ("fixed", "learned", "neural"):
        assert abs(pr_gallery.stored("autoregressive", stage).column("violation") - TARGET).max() < 0.02
    assert abs(pr_gallery.stored("autoregressive", "learned").column("strength") - 2).max() < 0.05


def test_the_fixed_alpha_costs_the_gan_its_modes_and_the_learned_one_does_not():
    fixed, learned = (pr_gallery.stored("GAN", stage) for stage in ("fixed", "learned"))
    assert (fixed.column("left") == 0).all()
    assert (fixed.column("violation") < 0.02).all()
    assert (learned.column("strength") < 1.2).all()
    assert (learned.column("left") > fixed.column("left")).all()


def test_the_gans_balance_leaves_the_generator_nothing_to_gain():
    """-log D - score with the best D is one number where p_g > 0 and larger elsewhere; descent on p_g ends there."""
    score = torch.tensor([0.0, -0.2, -0.6, -3.0])
    p, data = pr_gallery.gan_balance(score), torch.full((4,), 0.25)
    assert float(p.sum()) == pytest.approx(1)
    cost = torch.stack([generator_loss(s[None]) for s in (data.log() - p.clamp(min=1e-300).log())]) - score
    assert (p > 0).tolist() == [True, True, True, False]
    assert_close(cost[:3], cost[:1].expand(3))
    assert cost[3] > cost[0]
    assert_close(pr_gallery.gan_balance(torch.zeros(4)), data)


def test_the_gans_balance_on_the_ring_has_a_formula():
    """For two halves: v = (3 e^-a - 1) / (2 (1 + e^-a)), which is 0 from alpha = log 3 on."""
    left = torch.cat([torch.ones(500), torch.zeros(500)])
    for alpha in (0.2, 0.5, 1.0, 1.09, 1.11, 2.0):
        e = math.exp(-alpha)
        assert float(pr_gallery.gan_balance(-alpha * left)[:500].sum()) == pytest.approx(max(0.0, (3 * e - 1) / (2 * (1 + e))), abs=1e-9)


def test_the_gans_learned_strength_meets_the_trusted_rate():
    x = ring().sample(20_000, generator=fresh(3))
    alpha = pr_gallery.gan_learned_alpha(x)
    rate = float(smooth(Trusted(TRUSTED).sample(20_000, generator=fresh(4))).mean())
    assert pr_gallery.gan_rates(alpha, x)[2] == pytest.approx(rate, abs=0.01)
    assert 0.3 < alpha < 2
    v, v_q, _ = pr_gallery.gan_rates(0.0, x)
    assert v == pytest.approx(v_q) == pytest.approx(DATA, abs=0.02)


def test_the_fixed_point_of_a_world_of_two_values():
    """The analytic rates again, by running the EM of the slides on (left, right)."""
    p = torch.tensor([DATA, 1 - DATA]).log()
    for _ in range(200):
        q = tilt(p, torch.tensor([-2.0, 0.0])).exp()
        p = ((torch.tensor([DATA, 1 - DATA]) + q) / 2).log()
    assert_close(torch.stack([p.exp()[0], q[0]]), torch.tensor(violation_fixed_point(DATA, 2.0, 1.0)))


def test_pictures():
    assert isinstance(pr_gallery.gallery(), Figure)
    for stage in ("fixed", "learned", "neural"):
        fig = pr_gallery.curves(stage)
        assert len(fig.axes) == len(FAMILIES)
        assert len(fig.axes[0].lines) == 4
