"""Problem set 4: what must be caught has a name, borrowing in a roundabout way earns nothing, KL is as good as cross-entropy."""

import pytest
import torch
from claims import has_points, is_borrowed, names_mistakes, take
from torch.nn import functional as F

from pgmkit import knowledge
from pgmkit.checks import PROBLEM_SETS
from pgmkit.data.tokens import number_words
from pgmkit.gan import kl_divergence
from pgmkit.knowledge.recipes_sentiment import but_teacher, but_truths, encode_but

PS4 = {exam.name: exam for exam in PROBLEM_SETS["ps4"]}
POINTS = {
    "pr_e_step": 6,
    "pr_objective": 5,
    "pr_em": 6,
    "soft_not": 1,
    "soft_and": 1,
    "soft_or": 1,
    "soft_implies": 1,
    "soft_mean_and": 1,
    "but_rule": 7,
    "rule_teacher": 6,
    "rule_kd_loss": 6,
    "kd_loss": 5,
    "imitation_schedule": 4,
}
MUST_CATCH = {
    "pr_e_step": ("alpha is missing", "not normalised", "sign of f is turned", "exp overflows", "p counts twice", "over the batch"),
    "pr_objective": ("KL is the wrong way round", "sign of the constraint", "became nan", "-log Z, whatever q is"),
    "pr_em": ("starts from p_0 again", "never normalised", "f changes"),
    "soft_not": ("The 1 is missing",),
    "soft_and": ("product", "smaller of the two", "not clamped at 0"),
    "soft_or": ("A + B - A B", "larger of the two", "not clamped at 1"),
    "soft_implies": ("turned round", "1 - A + A B", "not clamped at 1"),
    "soft_mean_and": ("product", "smallest", "Lukasiewicz"),
    "but_rule": ("contain but", "Clause A", "last but", "Without but", "for both labels"),
    "rule_teacher": ("added to the probabilities", "sign is turned", "Rules and classes have changed places", "not normalised"),
    "rule_kd_loss": ("wrong part", "enters the teacher", "softmax is taken twice", "Summed over the examples"),
    "kd_loss": ("student is not softened", "teacher is not softened", "T^2 is missing"),
    "imitation_schedule": ("starts at 1 and falls", "lower is ignored", "cap is ignored", "lower bounds pi"),
}


def test_points_and_order():
    has_points("ps4", POINTS)


@pytest.mark.parametrize("name", PS4)
def test_what_the_syllabus_wants_caught_has_a_name(name):
    names_mistakes(name, MUST_CATCH[name])


def clause_by_the_library(tokens, p_pos):
    clause = knowledge.clause_b(tokens)
    s = torch.tensor(1.0) if clause is None else p_pos(clause)
    return torch.stack([(2 - s) / 2, (1 + s) / 2])


class Asks(torch.nn.Module):
    """A classifier of sentences that asks a classifier of words."""

    def __init__(self, p_pos, words):
        super().__init__()
        self.p_pos, self.words = p_pos, words

    def forward(self, ids):
        s = torch.stack([self.p_pos([self.words[i] for i in row if i > 1]) for row in ids.tolist()])
        return torch.stack([1 - s, s], 1).log()


def but_by_recipe(tokens, p_pos):
    numbers = number_words([tokens])
    return but_truths(Asks(p_pos, {i: word for word, i in numbers.items()}), encode_but([tokens], numbers))[0, 0]


BORROWERS = {
    "tilt": ("pr_e_step", lambda p, f, a: knowledge.tilt(p, a * f)),
    "a round of EM": ("pr_e_step", lambda p, f, a: knowledge.pr_em(p, f, a, 1)),
    "the policy of another lecture": (
        "pr_e_step",
        lambda p, f, a: knowledge.erpo_policy(p.reshape(-1, p.shape[-1]), f, a).reshape(p.shape),
    ),
    "weights of samples": ("pr_e_step", lambda p, f, a: knowledge.snis(p / a + f, a)[0].log()),
    "EM with data, undone": (
        "pr_e_step",
        lambda p, f, a: (2 * knowledge.em_with_data(p, p, f, a, 1.0, 1)[1].exp() - p.exp()).log(),
    ),
    "an average under q": ("pr_objective", lambda q, p, f, a: knowledge.expectation(q, q - p - a * f)),
    "KL of another lecture": ("pr_objective", lambda q, p, f, a: kl_divergence(q.exp(), p.exp()) - a * (q.exp() * f).sum(-1)),
    "tilt in a loop": ("pr_em", lambda p, f, a, steps: knowledge.tilt(p, a * steps * f)),
    "or by and": ("soft_or", lambda a, b: 1 - knowledge.soft_and(1 - a, 1 - b)),
    "the clause": ("but_rule", clause_by_the_library),
    "the recipe's rule": ("but_rule", but_by_recipe),
    "the score of rules": ("rule_teacher", lambda z, r, w, C=1.0: (z + knowledge.rule_score(r, w, C)).softmax(-1)),
    "the E-step": ("rule_teacher", lambda z, r, w, C=1.0: knowledge.pr_e_step(z, -(w[:, None, None] * (1 - r)).sum(0), C).exp()),
    "the M-step": (
        "rule_kd_loss",
        lambda z, s, y, pi: (1 - pi) * F.cross_entropy(z, y) + pi * knowledge.forward_kl_loss(s.log(), z.log_softmax(-1)),
    ),
    "rule distillation": ("kd_loss", lambda z, v, T: T**2 * knowledge.rule_kd_loss(z / T, (v / T).softmax(-1), v.argmax(-1), 1.0)),
}


@pytest.mark.parametrize("name, answer", BORROWERS.values(), ids=BORROWERS)
def test_borrowed_through_another_function(name, answer):
    is_borrowed(name, answer)


def test_the_recipes_teacher_is_closed_too():
    assert but_teacher in PS4["rule_teacher"].closes


def test_a_right_value_by_kl_and_one_by_cross_entropy_earn_the_same():
    """They differ by the teacher's entropy, which no student can change."""
    kl = lambda z, v, T: T**2 * F.kl_div((z / T).log_softmax(-1), (v.detach() / T).softmax(-1), reduction="batchmean")  # noqa: E731
    z, v = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert not torch.isclose(kl(z, v, 2.0), knowledge.kd_loss(z, v, 2.0))
    assert take("kd_loss", kl).score == 5
