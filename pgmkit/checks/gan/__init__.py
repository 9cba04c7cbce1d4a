"""Exams of problem set 1: the GAN game."""

from pgmkit.checks.exam import Exam
from pgmkit.checks.gan import discriminator, generator, jsd, optimal, step, value

EXAMS: tuple[Exam, ...] = (
    optimal.optimal,
    discriminator.discriminator,
    generator.generator,
    step.step,
    jsd.js,
    value.value,
)
