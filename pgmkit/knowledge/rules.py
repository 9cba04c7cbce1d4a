r"""Logic rules over labels: their groundings, the A-but-B rule, and the teacher that they make of a classifier."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pgmkit.errors import describe, want_callable, want_count, want_instance, want_nonnegative, want_tensor
from pgmkit.knowledge.logic import want_truths


@dataclass(frozen=True)
class Rule:
    r"""(R_l, lambda_l): a soft rule and how much we trust it.

    Args:
        truth: `truth(x, y)` gives r_l(x, y) in [0, 1], shape (n,), for n examples x and their labels y of shape (n,).
            Where the rule says nothing about x it must not depend on y: give 1 for every y.
        confidence: lambda_l, not negative; `math.inf` makes the rule hard.

    L13, "Logical rule constraints".
    """

    truth: Callable[[Any, Tensor], Tensor]
    confidence: float = 1.0

    def __post_init__(self) -> None:
        want_callable(truth=self.truth)
        if self.confidence != math.inf:
            want_nonnegative(confidence=self.confidence)


def groundings(rules: Sequence[Rule], x: Any, n: int, classes: int) -> Tensor:
    r"""r_l(x_i, y) of every rule, example and class, shape (L, n, k).

    Args:
        rules: at least one.
        x: n examples, in the form that the rules take.
        n: number of examples.
        classes: k.
    """
    want_count(n=n, classes=classes)
    want_instance(Rule, **{f"rules[{i}]": rule for i, rule in enumerate(rules)})
    if not rules:
        raise ValueError("groundings need at least one rule; got none.")
    labels = [torch.full((n,), y) for y in range(classes)]
    r = torch.stack([torch.stack([rule.truth(x, y) for y in labels], 1) for rule in rules])
    want_truths(**{"the truth of the rules": r})
    return r


def rule_score(r: Tensor, lambdas: Tensor, C: float = 1.0) -> Tensor:
    r"""score(y) = -C sum_l lambda_l (1 - r_l(x, y)), shape (n, k): what a tilt adds to log p. A hard rule gives -inf where r < 1.

    Args:
        r: truth values, shape (L, n, k).
        lambdas: confidences, shape (L,); inf for a hard rule.
        C: strength of all rules together.
    """
    want_rules(r, lambdas, C)
    broken = lambdas[:, None, None] * (1 - r)  # (L, n, k)
    return -C * torch.where(r < 1, broken, 0).sum(0)


def want_rules(r: Tensor, lambdas: Tensor, C: float) -> None:
    """Raise unless r holds truth values of shape (L, n, k), lambdas L confidences that are not negative, and C is positive or 0."""
    want_truths(r=r)
    want_tensor("(L, n, k)", ndim=3, r=r)
    want_tensor("(L,)", ndim=1, lambdas=lambdas)
    want_nonnegative(C=C)
    if len(lambdas) != len(r) or not bool((lambdas >= 0).all()):
        raise ValueError(f"lambdas must hold one confidence of at least 0 for each of {len(r)} rules; got {lambdas.tolist()}.")
    hard = lambdas.isinf()[:, None, None] & (r < 1)
    if bool(hard.any(0).all(-1).any()):
        raise ValueError("hard rules exclude every class of an example, so no teacher exists. Give one of them a finite confidence.")


def clause_b(tokens: Sequence[str]) -> list[str] | None:
    """What follows the first "but" that has words on both sides, or None: the B of "A but B". Words count, not letters.

    Args:
        tokens: the words of a sentence, in lower case.
    """
    want_tokens(tokens)
    return list(tokens[tokens.index("but", 1) + 1 :]) if "but" in tokens[1:-1] else None


def want_tokens(tokens: Sequence[str]) -> None:
    """Raise unless tokens is a list or tuple of words: a plain text would be read letter by letter."""
    if isinstance(tokens, str) or not all(isinstance(token, str) for token in tokens):
        raise ValueError(f"tokens must be a list of words, such as ['good', 'but', 'long']; got {describe(tokens)}. Use text.split().")


def but_rule(tokens: Sequence[str], p_pos: Callable[[list[str]], Tensor]) -> Tensor:
    r"""Truth of "in A but B, B decides" for both labels: the average of (y = +) => sigma(B)_+ and sigma(B)_+ => (y = +).

    r(y = +) = (1 + sigma(B)_+) / 2 and r(y = -) = (2 - sigma(B)_+) / 2. A sentence without A-but-B satisfies the rule: 1 and 1.
    B is what follows the first token "but" that has words on both sides.

    Args:
        tokens: the words of one sentence, in lower case.
        p_pos: the classifier itself: maps the words of a clause to its probability of "positive", a scalar tensor.

    Returns:
        `(r(y = -), r(y = +))`, shape (2,): index 0 is the label "negative".

    L13, "Rule knowledge distillation". Hu et al., 2016.
    """
    want_tokens(tokens)
    want_callable(p_pos=p_pos)
    if "but" not in tokens[1:-1]:
        return torch.ones(2)
    s = p_pos(list(tokens[tokens.index("but", 1) + 1 :]))
    return torch.stack([(2 - s) / 2, (1 + s) / 2])


def rule_teacher(logits: Tensor, r: Tensor, lambdas: Tensor, C: float = 1.0) -> Tensor:
    r"""The teacher q*(y|x), proportional to p_theta(y|x) exp{-C sum_l lambda_l (1 - r_l(x, y))}.

    exp{C sum_l lambda_l r_l}, as on the slide, gives the same q*: the factor between the two does not depend on y.

    Args:
        logits: of p_theta(y|x), shape (n, k).
        r: truth of each rule for each example and label, shape (L, n, k).
        lambdas: confidences, shape (L,).
        C: strength of all rules together.

    Returns:
        Probabilities, shape (n, k).

    L13, "Logical rule constraints": the E-step. Hu et al., 2016.
    """
    want_tensor("(n, k)", ndim=2, logits=logits)
    want_rules(r, lambdas, C)
    if r.shape[1:] != logits.shape:
        raise ValueError(f"r must have shape (L, n, k) with (n, k) that of logits, {tuple(logits.shape)}; got {describe(r)}.")
    broken = torch.where(r < 1, lambdas[:, None, None] * (1 - r), 0)  # (L, n, k); 0 where a hard rule holds
    return (logits - C * broken.sum(0)).softmax(-1)
