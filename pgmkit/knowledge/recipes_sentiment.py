r"""Sentiment with the rule "in A but B, B decides": any classifier of sentences, trained on labels, with the rule, or with more text.

What it reaches on real reviews is measured in `tests/benchmarks/but_rule.md`.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam

from pgmkit.data.batches import shuffled
from pgmkit.data.tokens import encode
from pgmkit.errors import describe, want_count, want_instance, want_nonnegative, want_positive, want_seed
from pgmkit.knowledge.distil import imitation_schedule, rule_kd_loss
from pgmkit.knowledge.logic import soft_implies, soft_mean_and
from pgmkit.knowledge.rules import clause_b, rule_teacher
from pgmkit.rng import fresh, seeded
from pgmkit.train import Player, play


class Encoded(NamedTuple):
    """Sentences as numbers (n, L); has (n,): which of the n have an A-but-B; their clauses B as numbers (m, L_B); labels (n,) or None."""

    ids: Tensor
    has: Tensor
    b: Tensor
    y: Tensor | None

    def take(self, rows: Tensor) -> "Encoded":
        """Some of the sentences, by their numbers, with their clauses B."""
        has = self.has[rows]
        b = self.b[(self.has.cumsum(0) - 1)[rows[has]]]  # the k-th sentence that has a "but" owns row k of b
        return Encoded(self.ids[rows], has, b, None if self.y is None else self.y[rows])


def encode_but(tokens: Sequence[list[str]], numbers: Mapping[str, int], labels: Tensor | None = None) -> Encoded:
    """Sentences and their clauses B as numbers of words.

    Args:
        tokens: n sentences.
        numbers: of each word, as `number_words` gives them.
        labels: shape (n,), or None.
    """
    if labels is not None and labels.shape != (len(tokens),):
        raise ValueError(f"labels must hold one label for each of {len(tokens)} sentences, or be None; got {describe(labels)}.")
    clauses = [clause_b(sentence) for sentence in tokens]
    has = torch.tensor([clause is not None for clause in clauses])
    return Encoded(encode(tokens, numbers), has, encode([c for c in clauses if c is not None], numbers), labels)


@torch.no_grad()
def but_truths(model: nn.Module, data: Encoded) -> Tensor:
    r"""r(x, y) of the rule for both labels, shape (1, n, 2), as `but_rule` gives it, with sigma(B) from a pass without dropout.

    (y => s) and (s => y), averaged, with s = sigma(B)_+; 1 for both labels where the sentence has no A-but-B.
    """
    want_instance(nn.Module, model=model)
    want_instance(Encoded, data=data)
    r = torch.ones(len(data.ids), 2)
    if bool(data.has.any()):
        training = model.training
        s = model.eval()(data.b).softmax(1)[:, 1:].expand(-1, 2)
        model.train(training)
        y = torch.tensor([0.0, 1.0]).to(s).expand_as(s)
        r = r.to(s).index_put((data.has,), soft_mean_and(soft_implies(y, s), soft_implies(s, y)))
    return r[None]


def but_teacher(model: nn.Module, data: Encoded, logits: Tensor, C: float) -> Tensor:
    """The teacher q*(y|x) of the rule, probabilities of shape (n, 2), from the model's logits; no gradient goes through it."""
    return rule_teacher(logits.detach(), but_truths(model, data).to(logits), logits.new_ones(1), C)


def train_sentiment(
    model: nn.Module,
    labelled: Encoded,
    *,
    seed: int,
    C: float = 6.0,
    rate: float = 0.95,
    cap: float = 0.95,
    unlabelled: Encoded | None = None,
    epochs: int = 15,
    batch: int = 50,
    lr: float = 2e-3,
    after: Callable[[], None] | None = None,
    progress: bool = False,
) -> nn.Module:
    r"""Train a classifier with (1 - pi) CE(labels) + pi CE(teacher), and pi CE(teacher) on sentences without labels; Adam.

    The teacher is rebuilt at every step from the model itself, and pi(t) = min{cap, 1 - rate^t} after t epochs, fractions counted.

    Args:
        model: maps numbers of words (n, L) to logits (n, 2); it is changed, and returned in evaluation mode.
        labelled: to learn from.
        seed: of the batches and of the dropout.
        C: strength of the rule in the teacher, whose logit is shifted by C (sigma(B)_+ - 1/2).
        rate: of the schedule; 1 keeps pi at 0, which is plain training.
        cap: largest pi.
        unlabelled: more sentences, labels not used; a batch of them goes with each batch of labelled ones.
        epochs: passes over the labelled sentences.
        batch: sentences in each step.
        lr: learning rate.
        after: called after each step.
        progress: show a bar.

    Hu et al., 2016. Their code's C = 6 shifts the logit by 4 C (sigma(B)_+ - 1/2): that is C = 24 here.
    """
    want_instance(nn.Module, model=model)
    want_instance(Encoded, labelled=labelled)
    want_count(epochs=epochs, batch=batch)
    want_positive(lr=lr)
    want_nonnegative(C=C)
    want_seed(seed)
    steps, step = max(1, len(labelled.ids) // batch), count()
    others = None if unlabelled is None else shuffled(torch.arange(len(unlabelled.ids)), batch, generator=fresh(seed + 1000))

    def loss(rows: Tensor) -> Tensor:
        pi = imitation_schedule(next(step) / steps, rate=rate, cap=cap)
        data = labelled.take(rows)
        logits = model(data.ids)
        if pi == 0:  # plain training, and the first step: nobody asks the teacher
            return F.cross_entropy(logits, data.y)
        total = rule_kd_loss(logits, but_teacher(model, data, logits, C), data.y, pi)
        if others is None:
            return total
        data = unlabelled.take(next(others))
        logits = model(data.ids)
        return total + pi * F.cross_entropy(logits, but_teacher(model, data, logits, C))

    player = Player("student", loss, Adam(model.parameters(), lr=lr, fused=True), after=after)
    model.train()
    with seeded(seed):
        play([player], shuffled(torch.arange(len(labelled.ids)), batch, generator=fresh(seed)), epochs * steps, progress=progress)
    return model.eval()


class Accuracy(NamedTuple):
    """Shares of right answers: the network p and its projection q, on all sentences and on those with A-but-B."""

    p_all: float
    p_but: float
    q_all: float
    q_but: float


@torch.no_grad()
def but_accuracy(model: nn.Module, data: Encoded, *, C: float = 6.0) -> Accuracy:
    """How often p and q are right.

    Args:
        model: maps numbers of words (n, L) to logits (n, 2).
        data: with labels.
        C: strength of the rule in q.
    """
    want_instance(nn.Module, model=model)
    want_instance(Encoded, data=data)
    if data.y is None:
        raise ValueError("data must have labels to compare with; got None. Give them to encode_but.")
    logits = model.eval()(data.ids)
    right = (
        float((answer.argmax(1) == data.y)[rows].double().mean())
        for answer in (logits, but_teacher(model, data, logits, C))
        for rows in (slice(None), data.has)
    )
    return Accuracy(*right)
