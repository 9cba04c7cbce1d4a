"""Exams: `check(answer)` in a notebook, `judge` everywhere else."""

from pgmkit.checks import (
    clipping,
    critic,
    duality,
    gan_discriminator,
    gan_generator,
    gan_jsd,
    gan_optimal,
    gan_step,
    gan_value,
    grid,
    lipschitz,
    penalty,
    phase_mistakes,
    samples_mistakes,
    transport,
    warmup,
)
from pgmkit.checks.check import check, ready
from pgmkit.checks.exam import Exam

PROBLEM_SETS: dict[str, tuple[Exam, ...]] = {
    "warmup": (warmup.kl,),
    "ps1": (
        gan_optimal.optimal,
        gan_discriminator.discriminator,
        gan_generator.generator,
        gan_step.step,
        gan_jsd.js,
        gan_value.value,
    ),
    "ps2": (
        transport.lines,
        samples_mistakes.samples,
        grid.grid_exam,
        duality.dual,
        critic.critic_exam,
        critic.generator_exam,
        clipping.clip_exam,
        phase_mistakes.phase,
        lipschitz.bound_exam,
        penalty.penalty_exam,
    ),
}
"""The exams of each problem set, in order. While one is taken, the library's own answers of its whole set are closed."""

EXAMS: dict[str, Exam] = {exam.name: exam for exams in PROBLEM_SETS.values() for exam in exams}

__all__ = ["EXAMS", "PROBLEM_SETS", "check", "ready"]
