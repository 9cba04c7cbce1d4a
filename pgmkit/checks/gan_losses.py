"""Exams of the GAN losses."""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradient, normal
from pgmkit.gan import discriminator_loss

discriminator = Exam(
    discriminator_loss,
    minutes=10,
    difficulty=2,
    hints=(
        "The discriminator classifies: data is class 1, samples are class 0. Which loss does a classifier minimise?",
        "With D = sigmoid(s), -log D = softplus(-s) and -log(1 - D) = softplus(s). Softplus is safe at any logit.",
        "Two means, one over the data and one over the samples, each over a softplus with its own sign. Add them.",
    ),
)


@discriminator.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    real, fake = normal(5, generator=generator).requires_grad_(), normal(3, generator=generator).requires_grad_()
    zero = torch.zeros(4, dtype=torch.float64)
    extreme = torch.tensor([200.0, -1000.0, 1000.0], dtype=torch.float64)
    yield "value at logits 0: 2 log 2", lambda: answer(zero, zero), 1
    yield "value on batches of 5 and 3", lambda: answer(real, fake), 2
    yield "gradient that reaches the real logits", lambda: gradient(answer(real, fake), real), 1.5
    yield "gradient that reaches the fake logits", lambda: gradient(answer(real, fake), fake), 1.5
    yield "finite at logits of 200 and 1000", lambda: answer(extreme, -extreme / 2), 2


@discriminator.mistake(
    "The labels are swapped", "D says 1 for data. -log D(x) belongs to the real logits, -log(1 - D(x)) to the fake ones."
)
def swapped(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(real).mean() + F.softplus(-fake).mean()
