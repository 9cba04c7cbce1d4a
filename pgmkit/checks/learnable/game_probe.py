"""Exam of the whole algorithm in a world of a few values: who moves first, with which q, and where both end."""

from functools import cache
from typing import Any

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import normal, part
from pgmkit.knowledge import em_with_data, fit_sampled_reward, log_partition, pr_e_step, pr_em, pr_learnable, tilt

game = Exam(
    pr_learnable,
    minutes=30,
    difficulty=3,
    hints=(
        "Four lines in a loop: q, phi, q, theta. Why does q stand there twice?",
        "Both moves are data minus model: phi compares the data with q, theta compares q with p. q is p exp{alpha f}, normalised, with the phi "
        "and the theta of this moment.",
        "phi starts at zeros of shape (k,), theta at log p0. In a step: q as the softmax of theta + alpha features @ phi; phi up by lr_phi alpha "
        "(mean of the features under the data, minus that under q); q again; theta up by lr_theta (q - softmax of theta). At the end a log_softmax "
        "of theta gives log p, and one of theta + alpha features @ phi gives log q.",
    ),
    closes=(tilt, pr_e_step, pr_em, em_with_data, log_partition, fit_sampled_reward),
)
LENGTHS = {"lr_phi": 0.4, "lr_theta": 0.7}
FAR, NEAR = (0.1, 0.2, 0.3, 0.4), (0.55, 0.25, 0.15, 0.05)
"""Data and start of a world that is always the same: the way between them takes a while."""


def near(log_p_data: Tensor, log_p: Any) -> str:
    """Whether a distribution has come near the data's, in words."""
    if not isinstance(log_p, Tensor) or log_p.shape != log_p_data.shape:
        return "no log-probabilities of shape (m,)"
    if not bool((log_p.exp().sum() - 1).abs() < 1e-6):
        return "not normalised"
    gap = float((log_p_data.exp() * (log_p_data - log_p)).sum())
    return "at the data: KL below 0.001" if gap < 1e-3 else "not at the data: KL above 0.001"


@game.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    log_p_data, log_p0 = (normal(5, generator=generator).log_softmax(-1) for _ in range(2))
    seen = normal(5, 2, generator=generator)

    @cache
    def run(features: str, alpha: float, steps: int) -> tuple[Any, Any]:
        given = {"seen": seen, "large": 400 * seen}[features].clone()
        start = log_p0.clone()
        out = answer(log_p_data.clone(), start, given, alpha, steps, **LENGTHS)
        return out, "log_p0 was changed in place" if not torch.equal(start, log_p0) else part(out, 1)

    def ends() -> tuple[str, ...]:
        data, start = (torch.tensor(p, dtype=torch.float64).log() for p in (FAR, NEAR))
        out = answer(data.clone(), start, torch.eye(4, dtype=torch.float64), 1.5, 150)
        return tuple(f"{name} is {near(data, part(out, i))}" for i, name in ((1, "p"), (2, "q")))

    def far() -> tuple[Any, ...]:
        phi, log_p, log_q = (part(run("large", 1.6, 1)[0], i) for i in range(3))
        finite = isinstance(log_q, Tensor) and bool(log_q.isfinite().all())
        return phi, log_p, "log q is finite" if finite else "log q is not finite"

    yield "phi after 1 step, alpha 1.6", lambda: part(run("seen", 1.6, 1)[0], 0), 1
    yield "log p after 1 step", lambda: part(run("seen", 1.6, 1)[0], 1), 1.25
    yield "log q after 1 step", lambda: part(run("seen", 1.6, 1)[0], 2), 0.75
    yield "phi, log p and log q after 6 steps", lambda: tuple(part(run("seen", 1.6, 6)[0], i) for i in range(3)), 1.5
    yield "one step with features in the hundreds", far, 0.5
    yield "a constraint that can say all: p and q after 150 steps of the default lengths", ends, 1.5
    yield "log p after 1 step, and log_p0 left as it was", lambda: run("seen", 1.6, 1)[1], 0.5
