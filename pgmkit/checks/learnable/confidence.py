"""Exam of the gradient for rule confidences: data minus model, for every rule."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import normal
from pgmkit.knowledge import forward_kl_loss, pr_e_step, rule_confidence_grad, rule_teacher, tilt

confidence = Exam(
    rule_confidence_grad,
    minutes=15,
    difficulty=2,
    hints=(
        "Two numbers for each rule and example: how true the rule is for the label that is there, and how true it is on average under q.",
        "q comes from all rules together: add lambda_l r_l over the rules to log p, then normalise over the labels of each example. "
        "r[l, i, y_i] needs an index for the examples beside y.",
        "Bring lambdas to shape (L, 1, 1) and sum lambda r over the rules, shape (n, k). With q of that shape, E_q[r_l] is a sum over the last "
        "dimension of a product. Take it from the truth at the labels, then average over the examples only.",
    ),
    closes=(tilt, pr_e_step, rule_teacher, forward_kl_loss),
)
Data = tuple[Tensor, Tensor, Tensor, Tensor]


def data(rules: int, n: int, k: int, generator: Generator) -> Data:
    """log p, truths, labels and confidences. At the labels the first rule is true and the last one false, so that signs differ."""
    u = torch.rand(rules, n, k, generator=generator, dtype=torch.float64)
    y = (torch.arange(n) + int(torch.randint(k, (), generator=generator))) % k
    here, r = torch.arange(n), 0.3 + 0.5 * u
    r[0, here, y], r[-1, here, y] = 0.9 + 0.1 * u[0, here, y], 0.1 * u[-1, here, y]
    return normal(n, k, generator=generator).log_softmax(-1), r, y, 0.5 + normal(rules, generator=generator).abs()


@confidence.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    half, r = torch.full((1, 2), 0.5, dtype=torch.float64).log(), torch.tensor([[[1.0, 0.0]]], dtype=torch.float64)
    by_hand = half, r, torch.tensor([0]), torch.tensor([3.0], dtype=torch.float64).log()
    usual, cube, few = data(2, 5, 3, generator), data(3, 3, 3, generator), data(2, 1, 4, generator)
    log_p, truths, y, lambdas = data(2, 4, 3, generator)
    flat = torch.cat([truths, truths[:1, :, :1].expand(-1, -1, 3)])  # the last rule does not look at the label

    def call(log_p: Tensor, r: Tensor, y: Tensor, lambdas: Tensor) -> Tensor:
        return answer(log_p.clone(), r.clone(), y.clone(), lambdas.clone())

    yield "by hand: p = (1/2, 1/2), r = (1, 0), y = 0, lambda = log 3", lambda: call(*by_hand), 0.5
    yield "2 rules, 5 examples, 3 labels", lambda: call(*usual), 2
    yield "3 rules, 3 examples, 3 labels", lambda: call(*cube), 1
    yield "one example, 4 labels", lambda: call(*few), 0.5
    yield "all confidences 0", lambda: call(log_p, truths, y, 0 * lambdas), 0.5
    yield "a third rule that is as true for every label", lambda: call(log_p, flat, y, torch.cat([lambdas, lambdas[:1]])), 0.75
    yield "the same, with a confidence of 9000", lambda: call(log_p, flat, y, torch.cat([lambdas, 9000 + lambdas[:1]])), 0.75


def at_labels(r: Tensor, y: Tensor) -> Tensor:
    """r_l(x_i, y_i), shape (L, n)."""
    return r[:, torch.arange(len(y)), y]


def together(log_p: Tensor, r: Tensor, lambdas: Tensor) -> Tensor:
    """The right q, shape (n, k)."""
    return (log_p + (lambdas[:, None, None] * r).sum(0)).softmax(-1)


def built(
    q: Callable[[Tensor, Tensor, Tensor], Tensor] = together,
    there: Callable[[Tensor, Tensor], Tensor] = at_labels,
    end: Callable[[Tensor], Tensor] = lambda gap: gap.mean(-1),
    expected: Callable[[Tensor, Tensor], Tensor] = lambda q, r: (q * r).sum(-1),
) -> Answer:
    """A wrong answer: another q, another truth `there` at the labels, another `expected` truth, or another `end` of the gap (L, n)."""

    def answer(log_p: Tensor, r: Tensor, y: Tensor, lambdas: Tensor) -> Tensor:
        return end(there(r, y) - expected(q(log_p, r, lambdas), r))

    return answer


confidence.mistake(
    "The term E_q is missing",
    "A rule that is true for every label would be trusted without end. Subtract how true it is on average under q: data minus model.",
)(built(expected=lambda q, r: 0 * r.sum(-1)))
confidence.mistake("The mean is taken under p, not under q", "The model here is q: p tilted by the rules with their present confidences.")(
    built(q=lambda log_p, r, lambdas: log_p.softmax(-1))
)
confidence.mistake("The sign is turned", "It is the gradient of log q, to be climbed: the truth at the labels minus the mean under q.")(
    built(end=lambda gap: -gap.mean(-1))
)
confidence.mistake(
    "A plain mean over the labels", "Under q the labels are not equally likely. E_q weighs r_l(x, y) by q(y|x), then sums over y."
)(built(expected=lambda q, r: r.mean(-1)))
confidence.mistake("A sum over the examples", "The objective is (1/n) sum_i log q(y_i|x_i): divide by n, or take the mean.")(
    built(end=lambda gap: gap.sum(-1))
)
confidence.mistake("One number for all rules", "Each rule has a confidence of its own, so the gradient has shape (L,).")(
    built(end=lambda gap: gap.mean())
)
confidence.mistake("One gradient for each example", "The examples share the confidences: average over them, so that shape (L,) is left.")(
    built(end=lambda gap: gap)
)
confidence.mistake("The mean runs over the rules, not over the examples", "Average the dimension of size n. Shape (L,) is left.")(
    built(end=lambda gap: gap.mean(0))
)
confidence.mistake(
    "Each rule has a q of its own", "All rules shape one q: sum lambda_l r_l over the rules first, then normalise over the labels."
)(built(q=lambda log_p, r, lambdas: (log_p + lambdas[:, None, None] * r).softmax(-1)))
confidence.mistake(
    "The confidences are forgotten in q", "q(y|x) is proportional to p(y|x) exp{sum_l lambda_l r_l}: each rule counts by its lambda."
)(built(q=lambda log_p, r, lambdas: (log_p + r.sum(0)).softmax(-1)))
confidence.mistake("The rules enter q with the wrong sign", "A label that satisfies a rule becomes more likely: exp{+lambda r}.")(
    built(q=lambda log_p, r, lambdas: together(log_p, r, -lambdas))
)
confidence.mistake("p is forgotten in q", "q is p tilted by the rules: log p stands in the exponent, beside the rules.")(
    built(q=lambda log_p, r, lambdas: together(0 * log_p, r, lambdas))
)
confidence.mistake("q is normalised over the examples", "Each example has its own distribution over labels: normalise the last dimension.")(
    built(q=lambda log_p, r, lambdas: (log_p + (lambdas[:, None, None] * r).sum(0)).softmax(0))
)
confidence.mistake("q is not normalised", "p exp{sum_l lambda_l r_l} does not sum to 1 over the labels. Divide by its sum.")(
    built(q=lambda log_p, r, lambdas: (log_p + (lambdas[:, None, None] * r).sum(0)).exp())
)
confidence.mistake(
    "exp leaves floating point", "exp(9000) is inf, and inf / inf is nan. softmax of log p + sum_l lambda_l r_l takes no such detour."
)(
    built(
        q=lambda log_p, r, lambdas: (
            log_p.exp()
            * (lambdas[:, None, None] * r).sum(0).exp()
            / (log_p.exp() * (lambdas[:, None, None] * r).sum(0).exp()).sum(-1, keepdim=True)
        )
    )
)
confidence.mistake("log p is used as a probability", "log_p stands in the exponent. Outside of it, p is log_p.exp().")(
    built(
        q=lambda log_p, r, lambdas: (
            log_p * (lambdas[:, None, None] * r).sum(0).exp() / (log_p * (lambdas[:, None, None] * r).sum(0).exp()).sum(-1, keepdim=True)
        )
    )
)
confidence.mistake(
    "The most likely label in place of a mean under q",
    "E_q is a mean over all labels, weighted by q. The best label alone is not a gradient.",
)(built(expected=lambda q, r: r.gather(-1, q.argmax(-1, keepdim=True).expand(len(r), -1, 1))[..., 0]))
confidence.mistake(
    "The gradient is multiplied by lambda", "That is the gradient in log lambda. The derivative of lambda_l r_l in lambda_l is r_l alone."
)(lambda log_p, r, y, lambdas: lambdas * (at_labels(r, y) - (together(log_p, r, lambdas) * r).sum(-1)).mean(-1))
confidence.mistake(
    "Negative entries are cut off",
    "A confidence that is too high has to fall. Keep the sign here; who uses the gradient holds lambda >= 0.",
)(built(end=lambda gap: gap.mean(-1).clamp_min(0)))
confidence.mistake("The mean under q is divided by the number of labels", "q sums to 1 already: sum q r over the labels, take no mean.")(
    built(expected=lambda q, r: (q * r).mean(-1))
)


@confidence.mistake(
    "The labels of all examples are mixed",
    "r[:, :, y] takes, for every example, the labels of all of them. Index both: r[:, torch.arange(n), y] has shape (L, n).",
)
def mixed_labels(log_p: Tensor, r: Tensor, y: Tensor, lambdas: Tensor) -> Tensor:
    return (r[:, :, y].mean(-1) - (together(log_p, r, lambdas) * r).sum(-1)).mean(-1)


@confidence.mistake(
    "The confidences meet the labels, not the rules",
    "lambdas * r lines lambdas up with the last dimension, the labels. Bring lambdas to shape (L, 1, 1).",
)
def broadcast(log_p: Tensor, r: Tensor, y: Tensor, lambdas: Tensor) -> Tensor:
    q = (log_p + (lambdas * r).sum(0)).softmax(-1)
    return (at_labels(r, y) - (q * r).sum(-1)).mean(-1)


confidence.mistake("Moved confidences come back, not the gradient", "The gradient alone is wanted. Who uses it adds it to lambda.")(
    lambda log_p, r, y, lambdas: lambdas + built()(log_p, r, y, lambdas)
)
confidence.mistake("The rules are averaged in q", "The exponent is a sum over the rules: sum_l lambda_l r_l, not divided by L.")(
    built(q=lambda log_p, r, lambdas: together(log_p, r, lambdas / len(r)))
)
confidence.mistake("log q weighs the labels", "E_q weighs r_l(x, y) by q(y|x) itself: softmax, not log_softmax.")(
    built(expected=lambda q, r: (q.log() * r).sum(-1))
)
confidence.mistake(
    "The truth at the labels is weighted by q", "The data term is r_l(x_i, y_i) as it is. Only the model's term has the weights q(y|x)."
)(lambda log_p, r, y, lambdas: at_labels(together(log_p, r, lambdas) * r, y).mean(-1) - (together(log_p, r, lambdas) * r).sum(-1).mean(-1))
