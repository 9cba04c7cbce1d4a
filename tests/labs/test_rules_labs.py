"""The widgets and questions of lecture 8: every state draws, and the numbers in them agree with oracles."""

import itertools
import math

import pytest
import torch
from matplotlib.figure import Figure
from scipy import stats
from torch.nn import functional as F
from torch.testing import assert_close

from pgmkit import plots
from pgmkit.data.sentiment import draw_sentences, word_lists
from pgmkit.knowledge import but_rule, chain_posterior, kd_loss
from pgmkit.labs import rules_diagrams, rules_schedule, rules_seeds, rules_sentence, rules_temperature
from pgmkit.labs.rules_questions import QUESTIONS
from pgmkit.rng import fresh, randn

MEASURED = {"sure": (0.97, 0.04), "B says little": (0.3, 0.5)}
TEACHERS = list(itertools.product(MEASURED, rules_sentence.CONFIDENCES, rules_sentence.STRENGTHS))
SCHEDULES = list(itertools.product(rules_schedule.RATES, rules_schedule.CAPS, rules_schedule.LOWERS))


def drawn(fig):
    assert isinstance(fig, Figure)
    assert all(math.isfinite(v) for ax in fig.axes for v in (*ax.get_xlim(), *ax.get_ylim()))
    return fig


@pytest.mark.parametrize("state", TEACHERS)
def test_sentence_draws_and_shifts_the_log_odds_as_the_formula_says_in_every_state(state):
    name, confidence, C = state
    drawn(rules_sentence.picture(MEASURED, *state))
    p, s = MEASURED[name]
    q = float(rules_sentence.teacher(p, s, C, confidence))
    expected = math.log(p / (1 - p)) + C * confidence * (s - 0.5)
    assert q == pytest.approx(1 / (1 + math.exp(-expected)), rel=1e-12)


def test_sentence_uses_the_truth_values_of_the_rule():
    r = but_rule(["good", "but", "dull"], lambda words: torch.tensor(0.04))
    odds = torch.tensor(0.97 / 0.03).log() + 6.0 * (r[1] - r[0])
    assert_close(rules_sentence.teacher(0.97, 0.04, 6.0, 1.0), odds.sigmoid()[None])
    many = rules_sentence.teacher(0.97, torch.tensor([0.1, 0.04]), 6.0, 1.0)
    assert many.shape == (2,) and many[1] == rules_sentence.teacher(0.97, 0.04, 6.0, 1.0)[0]


@pytest.mark.parametrize("T", rules_temperature.TEMPERATURES)
def test_temperature_draws_and_pulls_against_the_gradient_in_every_state(T):
    drawn(rules_temperature.picture(T))
    z, v, h = rules_temperature.STUDENT, rules_temperature.TEACHER, 1e-5
    steps = h * torch.eye(4)
    slope = torch.stack([(kd_loss((z + e)[None], v[None], T) - kd_loss((z - e)[None], v[None], T)) / (2 * h) for e in steps])
    assert_close(rules_temperature.pull(T), -slope, rtol=1e-5, atol=1e-8)
    assert_close(rules_temperature.pull(T), T * ((v / T).softmax(0) - (z / T).softmax(0)))


def test_what_the_lecture_says_about_the_temperature_picture():
    hardest = {T: rules_temperature.CLASSES[int(rules_temperature.pull(T).abs().argmax())] for T in (1.0, 16.0)}
    assert hardest == {1.0: "cat", 16.0: "truck"}


def test_temperature_works_where_gradients_are_off():
    with torch.no_grad():
        assert rules_temperature.pull(2.0).abs().sum() > 0


@pytest.mark.parametrize("state", SCHEDULES)
def test_schedule_draws_a_curve_that_never_falls_in_every_state(state):
    rate, cap, lower = state
    line = drawn(rules_schedule.picture(*state)).axes[0].lines[0]
    t, pi = (torch.as_tensor(v) for v in line.get_data())
    assert_close(pi, (1 - (rate**t).clamp_min(lower)).clamp_max(cap))
    assert pi[0] == 0 and bool((pi.diff() >= 0).all())


def test_half_times():
    assert rules_schedule.half_time(0.5) == 1 and rules_schedule.half_time(1.0) == math.inf
    assert 1 - 0.95 ** rules_schedule.half_time(0.95) == pytest.approx(0.5)


def test_interval_against_scipy():
    d = randn(20, generator=fresh(0), like=torch.zeros(()))
    mean, low, high = rules_seeds.interval(d)
    expected = stats.ttest_1samp(d.numpy(), 0).confidence_interval()
    assert (low, high) == pytest.approx(expected) and mean == pytest.approx(float(d.mean()))
    with pytest.raises(ValueError, match="two seeds"):
        rules_seeds.interval(torch.zeros(1))


def test_packaged_seeds_are_twenty_and_hold_shares():
    for C in (6.0, 24.0):
        for runs in rules_seeds.packaged(C).values():
            assert runs.shape == (20, 4) and bool(((runs > 40) & (runs < 100)).all())


def test_what_the_lecture_says_about_the_twenty_seeds():
    runs = rules_seeds.packaged(24.0)
    projection, rule, text = (
        runs[new][:, i] - runs["labels"][:, j] for new, i, j in (("labels", 3, 1), ("rule", 1, 1), ("unlabelled", 1, 1))
    )
    assert [round(float(d.mean()), 1) for d in (projection, rule, text)] == [20.2, 0.2, 11.2] and bool((projection > 0).all())
    assert rules_seeds.interval(rule)[1] < 0 < rules_seeds.interval(rule)[2]
    assert rules_seeds.interval(runs["rule"][:, 0] - runs["labels"][:, 0])[2] < 0
    assert float((runs["unlabelled"][:, 1] - runs["labels"][:, 3]).mean()) == pytest.approx(-9.0, abs=0.1)
    assert float(runs["rule"][:, 1].max() - runs["labels"][:, 1].mean()) == pytest.approx(6.2, abs=0.05)
    apart = runs["rule"][:, 1][:, None] - runs["labels"][:, 1]  # any run of one against any run of the other
    assert (float(apart.min()), float(apart.max())) == pytest.approx((-12.5, 13.9), abs=0.06)


def test_strips_and_differences_draw_one_dot_for_each_seed():
    fig, (left, right) = plots.figure(1, 2)
    values = randn(7, generator=fresh(1), like=torch.zeros(()))
    rules_seeds.strip(left, {"a": (values, plots.MODEL, "o"), "b": (values + 1, plots.CONSTRAINT, "x")})
    rules_seeds.differences(right, {"b - a": values})
    assert [len(dots.get_offsets()) for dots in left.collections] == [7, 7]
    assert len(right.collections[0].get_offsets()) == 7
    drawn(fig)


def test_fallbacks_and_diagrams_render_to_a_png():
    sentences = [(tokens, "text") for tokens in draw_sentences(3, but=1.0, generator=fresh(2)).tokens]
    figures = [
        rules_sentence.fallback(MEASURED, "sure"),
        rules_temperature.fallback(),
        rules_schedule.fallback(),
        rules_diagrams.sentences(sentences),
        rules_diagrams.step(0.9, 0.1, 0.5, 0.3),
    ]
    for fig in figures:
        assert plots.png(drawn(fig)).startswith(b"\x89PNG")


def test_polar_words_are_marked():
    assert [rules_diagrams.polarity(words[3]) for words in word_lists().values()] == list(word_lists())
    assert rules_diagrams.polarity("but") == rules_diagrams.polarity("unheard-of") == 0
    fig = rules_diagrams.sentences([(["great", "but", "dull"], "end")])
    assert [text.get_text() for text in fig.axes[0].texts] == ["great +", "but", "dull \N{MINUS SIGN}", "end"]


def test_step_shows_the_weights():
    texts = " ".join(text.get_text() for text in rules_diagrams.step(0.9, 0.1, 0.5, 0.25).axes[0].texts)
    assert "0.75 CE(y, p) + 0.25 CE(q, p)" in texts


def test_a_label_that_is_excluded_at_one_place_of_a_chain():
    """The start of the six words of the lecture: -inf in the unary scores, against enumeration."""
    unary, pairwise = randn(3, 3, generator=fresh(3), like=torch.zeros(())), randn(3, 3, generator=fresh(4), like=torch.zeros(()))
    unary[0, 1] = unary[2, 0] = -math.inf
    every = torch.cartesian_prod(*[torch.arange(3)] * 3)
    score = unary[torch.arange(3), every].sum(1) + pairwise[every[:, :-1], every[:, 1:]].sum(1)
    q = (score.softmax(0)[:, None, None] * F.one_hot(every, 3)).sum(0)
    assert_close(chain_posterior(unary, pairwise).marginals, q)


def test_the_replies_state_true_numbers():
    shift = 6 * (0.1 - 0.5)
    after = math.log(0.99 / 0.01) + shift
    assert math.log(0.99 / 0.01) == pytest.approx(4.6, abs=0.01) and after == pytest.approx(2.2, abs=0.01)
    assert 1 / (1 + math.exp(-after)) == pytest.approx(0.90, abs=5e-3)
    assert 4 * shift == pytest.approx(-9.6) and math.log(99) + 4 * shift == pytest.approx(-5, abs=0.01)
    x = torch.linspace(-9, 9, 20001)
    best = float(torch.trapezoid(20 * x * torch.tensor(stats.norm.pdf(x) * stats.norm.cdf(x) ** 19), x))
    assert best == pytest.approx(1.87, abs=5e-3) and best * 0.8 == pytest.approx(1.5, abs=0.01)
    assert 0.8 / math.sqrt(20) == pytest.approx(0.18, abs=2e-3)
    assert len(QUESTIONS) == 8
