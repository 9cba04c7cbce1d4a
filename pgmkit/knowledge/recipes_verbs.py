r"""The past tense from examples, from the rule "-d or -ed", and from both: what the rule adds and where it does harm.

What it reaches is measured in `tests/benchmarks/past_tense.md`.
"""

from collections.abc import Sequence
from itertools import count, repeat
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam

from pgmkit.data.verbs import EDITS, Verb, invented_verbs, regular, verb_features, verbs
from pgmkit.errors import want_count, want_instance, want_nonnegative
from pgmkit.knowledge.distil import imitation_schedule, rule_kd_loss
from pgmkit.knowledge.rules import rule_teacher
from pgmkit.nets import mlp
from pgmkit.rng import seeded
from pgmkit.train import Player, play


class PastTense(NamedTuple):
    """Verbs to learn from, verbs to test on, and invented verbs: some to imitate the rule on, without labels, and others to test on."""

    regular: list[Verb]
    irregular: list[Verb]
    held_out_regular: list[Verb]
    held_out_irregular: list[Verb]
    unlabelled: list[Verb]
    invented: list[Verb]


def past_tense_task(n: int, *, irregulars: int = 60, unlabelled: int = 600, generator: Generator | None = None) -> PastTense:
    """Verbs to learn from, drawn at random; all other real verbs are held out, and 500 more invented ones are there to test on.

    Args:
        n: regular verbs with a label.
        irregulars: irregular verbs with a label.
        unlabelled: invented verbs without a label.
        generator: of the choice.
    """
    want_count(n=n, irregulars=irregulars, unlabelled=unlabelled)
    known = verbs()
    if n >= len(known[0]) or irregulars >= len(known[1]):
        raise ValueError(f"n must be below {len(known[0])} and irregulars below {len(known[1])}, to leave some; got {n} and {irregulars}.")
    reg, irr = ([group[i] for i in torch.randperm(len(group), generator=generator)] for group in known)
    made = invented_verbs(unlabelled + 500, generator=generator)
    return PastTense(reg[:n], irr[:irregulars], reg[n:], irr[irregulars:], made[:unlabelled], made[unlabelled:])


def stacked(words: Sequence[Verb]) -> tuple[Tensor, Tensor, Tensor]:
    """Features (n, d), edits (n,) and the truth values of the rule (1, n, 22) of n verbs, at least one."""
    want_instance(Verb, **{f"words[{i}]": word for i, word in enumerate(words or [None])})
    x = torch.stack([verb_features(word.verb) for word in words])
    return x, torch.tensor([word.edit for word in words]), torch.stack([regular(word.verb) for word in words])[None].to(x)


def train_past_tense(
    task: PastTense,
    *,
    seed: int,
    unlabelled: bool = True,
    labelled: bool = False,
    C: float = 3.0,
    rate: float = 0.95,
    cap: float = 0.9,
    steps: int = 150,
    lr: float = 1e-2,
) -> nn.Module:
    r"""An MLP from a verb to its edit: CE(labels), with the rule's teacher imitated where asked for.

    Args:
        task: verbs to learn from.
        seed: of the first weights.
        unlabelled: add pi CE(teacher) on the invented verbs: the rule says what no example says.
        labelled: mix pi CE(teacher) into the labels too, so that in the end the rule speaks louder than an exception.
        C: strength of the rule in the teacher.
        rate: of pi(t) = min{cap, 1 - rate^t} after t steps.
        cap: largest pi.
        steps: of Adam, each on all verbs.
        lr: learning rate.
    """
    want_instance(PastTense, task=task)
    want_count(steps=steps)
    want_nonnegative(C=C)
    x, y, r = stacked([*task.regular, *task.irregular])
    x_u, _, r_u = stacked(task.unlabelled)
    with seeded(seed):
        net = mlp(x.shape[1], 48, len(EDITS))
    lambdas, step = x.new_ones(1), count()

    def loss(x: Tensor) -> Tensor:
        pi = imitation_schedule(next(step), rate=rate, cap=cap)
        logits, loose = net(x), net(x_u)
        total = rule_kd_loss(logits, rule_teacher(logits.detach(), r, lambdas, C), y, pi * labelled)
        return total + pi * unlabelled * F.cross_entropy(loose, rule_teacher(loose.detach(), r_u, lambdas, C))

    play([Player("net", loss, Adam(net.parameters(), lr=lr, fused=True))], repeat(x), steps, progress=False)
    return net.eval()


@torch.no_grad()
def edit_accuracy(net: nn.Module | None, words: Sequence[Verb]) -> float:
    """Share of verbs whose edit, and so whose past tense, is right: a network's, or without one (None) that of the rule alone."""
    x, y, r = stacked(words)
    answers = r[0] if net is None else net(x)
    return float((answers.argmax(1) == y).double().mean())
