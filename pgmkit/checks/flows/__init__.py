"""Exams of problem set 3: normalizing flows and Glow."""

from pgmkit.checks.exam import Exam
from pgmkit.checks.flows import (
    actnorm,
    base,
    bits,
    change,
    compose,
    contract,
    conv,
    conv_inverse,
    coupling,
    density,
    initial_statistics,
    noise,
    sampling,
    squeezing,
    uncoupling,
    unsqueezing,
)

EXAMS: tuple[Exam, ...] = (
    change.change,
    coupling.couple_exam,
    uncoupling.uncouple_exam,
    base.base_exam,
    compose.compose_exam,
    density.log_prob_exam,
    sampling.sample_exam,
    initial_statistics.initial,
    actnorm.normalise_exam,
    conv.conv_exam,
    conv_inverse.inverse_exam,
    squeezing.squeeze_exam,
    unsqueezing.unsqueeze_exam,
    bits.bits_exam,
    noise.noise_exam,
    contract.contract,
)
