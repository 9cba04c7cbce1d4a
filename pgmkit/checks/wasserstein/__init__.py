"""Exams of problem set 2: optimal transport and the Wasserstein GAN."""

from pgmkit.checks.exam import Exam
from pgmkit.checks.wasserstein import clipping, critic, duality, grid, lines, lipschitz, penalty, phase, samples

EXAMS: tuple[Exam, ...] = (
    lines.lines,
    samples.samples,
    grid.grid_exam,
    duality.dual,
    critic.critic_exam,
    critic.generator_exam,
    clipping.clip_exam,
    phase.phase,
    lipschitz.bound_exam,
    penalty.penalty_exam,
)
