"""The widgets and pictures of lecture 9: every slider's values draw, and the numbers agree with oracles."""

import itertools
import math

import pytest
import torch
from matplotlib.figure import Figure
from torch.func import jacrev
from torch.testing import assert_close

from pgmkit import plots
from pgmkit.data.sentiment import draw_sentences, word_vectors
from pgmkit.knowledge import DICTIONARY, but_rule, rule_confidence_grad, tilted_policies
from pgmkit.labs import confidence_diagram, confidence_ess, confidence_grid, confidence_ring, confidence_rules
from pgmkit.models.textcnn import TextCNN
from pgmkit.rng import fresh, rand, randn, seeded

DEFAULT = (6.0, 6.0, 6.0)
SLIDES = {(*DEFAULT[:i], v, *DEFAULT[i + 1 :]) for i in range(3) for v in confidence_rules.LAMBDAS} | set(confidence_rules.SMALL)


def drawn(fig):
    assert isinstance(fig, Figure)
    assert all(math.isfinite(v) for ax in fig.axes for v in (*ax.get_xlim(), *ax.get_ylim()))
    assert plots.png(fig)
    return fig


@pytest.fixture(scope="module")
def ruled():
    """What an untrained network with random last weights says about 80 sentences, half of them with "A but B"."""
    sentences = draw_sentences(80, but=0.5, generator=fresh(0))
    with seeded(1):
        model = TextCNN(word_vectors(generator=fresh(2)))
        torch.nn.init.normal_(model.last.weight)
    return sentences, model, confidence_rules.ruled(model, sentences, generator=fresh(3))


def test_three_rules_speak_where_they_should(ruled):
    sentences, model, data = ruled
    assert data.has.tolist() == ["but" in tokens for tokens in sentences.tokens]
    assert bool((data.r[:2, ~data.has] == 1).all()) and data.r[2].unique().tolist() == [0.5, 1.0]

    def p_pos(clause):
        ids = torch.tensor([[confidence_rules.grammar_numbers()[word] for word in clause]])
        return model(ids).double().softmax(1)[0, 1]

    with torch.no_grad():
        for i in data.has.nonzero()[:5, 0].tolist():
            assert_close(data.r[0, i], but_rule(sentences.tokens[i], p_pos), rtol=0, atol=1e-6)
            clause_a = sentences.tokens[i][: sentences.tokens[i].index("but")]
            assert_close(data.r[1, i, 1], (1 + p_pos(clause_a)) / 2, rtol=0, atol=1e-6)


def test_likelihood_and_phases_belong_to_one_gradient(ruled):
    data = ruled[2]
    lambdas = 3 * rand(3, generator=fresh(4), like=data.log_p)
    gradient = jacrev(lambda v: confidence_rules.likelihood(data, v))(lambdas)
    assert_close(gradient, rule_confidence_grad(data.log_p, data.r, data.y, lambdas), rtol=0, atol=1e-14)
    labels, under_q = confidence_rules.phases(data, lambdas)
    speaks = torch.tensor([float(data.has.double().mean())] * 2 + [1.0], dtype=torch.float64)
    assert_close(speaks * (labels - under_q), gradient, rtol=0, atol=1e-14)
    right = confidence_rules.log_q(data, lambdas).argmax(1) == data.y
    assert confidence_rules.accuracy(data, lambdas) == (float(right.double().mean()), float(right[data.has].double().mean()))


@pytest.mark.parametrize("state", sorted(SLIDES))
def test_confidences_draw_in_every_state(ruled, state):
    drawn(confidence_rules.picture(ruled[2], *state))


def test_ring_reads_walks_letter_by_letter():
    visits = confidence_ring.visits()
    assert visits.shape == (81, 8) and bool((visits.sum(1) == 4).all())
    rows = confidence_ring.demonstrations("RRSSLLLLSRL")  # three letters are left over
    assert visits[rows].tolist() == [[0, 1, 3, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, 1]]
    assert len(confidence_ring.demonstrations("RRS")) == 0


@pytest.mark.parametrize("walk", confidence_ring.WALKS)
def test_ring_draws_and_matches_features_in_every_state(walk):
    drawn(confidence_ring.picture(walk))
    found = confidence_ring.learned(walk)
    if len(walk) >= confidence_ring.STEPS:
        assert_close(found.wanted - found.under_q, confidence_ring.DECAY * found.w, rtol=0, atol=1e-6)  # the gradient is 0
    else:
        assert bool((found.w == 0).all())
    assert found.under_q.sum() == pytest.approx(4)


def test_ring_mirrors():
    assert_close(confidence_ring.learned("LLSS").w, confidence_ring.learned("RRSS").w[[0, 7, 6, 5, 4, 3, 2, 1]], rtol=0, atol=1e-6)


@pytest.mark.parametrize("alpha, n", list(itertools.product(confidence_ess.ALPHAS, confidence_ess.NUMBERS)))
def test_ess_draws_in_every_state(alpha, n):
    drawn(confidence_ess.picture(alpha, n))
    _, ess = confidence_ess.estimates(alpha, n, 200)
    assert bool(((ess >= 1 - 1e-9) & (ess <= n + 1e-6)).all())


@pytest.mark.parametrize("alpha", confidence_ess.ALPHAS)
def test_ess_exact_values_agree_with_sums(alpha):
    R, truth = confidence_ess.returns(), confidence_ess.exact(alpha)
    weights = (alpha * R).exp()
    ratio = weights / weights.mean()  # q / p
    assert truth.mean == pytest.approx(float((ratio * R).mean()))
    assert truth.share == pytest.approx(1 / float(ratio.square().mean()))
    assert truth.bias == pytest.approx(-float((ratio.square() * (R - truth.mean)).mean()), abs=1e-9)
    assert truth.bias <= 1e-12


def test_ess_bias_is_of_first_order():
    values, ess = confidence_ess.estimates(0.5, 512, 20_000, 1)
    truth = confidence_ess.exact(0.5)
    error = float(values.std()) / len(values) ** 0.5
    assert abs(float(values.mean()) - truth.mean - truth.bias / 512) < 5 * error
    assert float(ess.mean()) / 512 == pytest.approx(truth.share, rel=0.02)


def test_grid_paths_are_those_of_the_recursion():
    """The reward of the world over paths, and over pairs (s, a), gives one distribution."""
    world, (actions, visits) = confidence_grid.WORLD, confidence_grid.paths()
    there = world.next_states()
    flat = torch.full((9, 5), 0.2, dtype=torch.float64).log()
    policies = tilted_policies(flat, confidence_grid.REWARD[there], there, 1.0, world.horizon)
    at = world.walk(actions)[:, :-1]
    recursion = sum(policies[t][at[:, t], actions[:, t]] for t in range(world.horizon))
    assert_close(recursion, (visits @ confidence_grid.REWARD).log_softmax(0), rtol=0, atol=1e-12)


def test_grid_and_diagram_and_fallbacks_draw(ruled):
    fig, (ax,) = plots.figure(1, 1)
    confidence_grid.draw(ax, randn(9, generator=fresh(0), like=torch.zeros(0)))
    drawn(fig)
    assert confidence_grid.centred(torch.arange(9.0)).sum() == 0
    assert len(confidence_diagram.ROWS) == len(DICTIONARY)
    for fallback in (
        confidence_diagram.picture(),
        confidence_rules.fallback(ruled[2]),
        confidence_rules.strips({name: rand(5, 2, generator=fresh(1), like=torch.zeros(0)) for name in ("p", "q")}),
        confidence_ring.fallback(),
        confidence_ess.fallback(),
    ):
        drawn(fallback)
