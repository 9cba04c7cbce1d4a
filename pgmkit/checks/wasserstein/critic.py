"""Exams of the Wasserstein GAN's losses."""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal
from pgmkit.gan import critic_loss, wgan_generator_loss
from pgmkit.knowledge import constraint_loss, forward_kl_loss, naive_constraint_loss, reverse_kl_loss

critic_exam = Exam(
    critic_loss,
    minutes=5,
    difficulty=1,
    closes=(reverse_kl_loss, naive_constraint_loss, constraint_loss, forward_kl_loss),
    hints=(
        "The critic wants the largest gap E_data[D(x)] - E_g[D(x)]. An optimizer makes its loss small.",
        "A loss to minimise is minus what is to be maximised. Scores are raw: no sigmoid, no logarithm.",
        "One mean over each batch, and their difference. It has to fall when the data's scores rise.",
    ),
)


@critic_exam.probe
def probe_critic(answer: Answer, generator: Generator) -> Observations:
    high, low = 1 + normal(5, generator=generator).abs(), -normal(5, generator=generator).abs()
    sure = torch.tensor([1000.0, -200.0, 30.0], dtype=torch.float64)

    def slope_of(i: int) -> Tensor:
        scores = high.clone().requires_grad_(), low[:3].clone().requires_grad_()
        return slope(answer(*scores), scores[i])

    yield "value, data scored higher, 5 and 5", lambda: answer(high.clone(), low.clone()), 0.5
    yield "value, samples scored higher, 3 and 5", lambda: answer(low[:3].clone(), high.clone()), 0.5
    yield "value at scores of 1000", lambda: answer(sure.clone(), -sure / 2), 0.5
    yield "gradient that reaches the real scores", lambda: slope_of(0), 0.75
    yield "gradient that reaches the fake scores", lambda: slope_of(1), 0.75


@critic_exam.mistake(
    "The loss has the wrong sign", "Descent on this loss would lower the scores of data. A loss is minus the gap that is to grow."
)
def maximised(real: Tensor, fake: Tensor) -> Tensor:
    return real.mean() - fake.mean()


@critic_exam.mistake(
    "The absolute value of the gap", "The critic would be content with low scores on data. The sign matters: E_g[D] - E_data[D]."
)
def absolute(real: Tensor, fake: Tensor) -> Tensor:
    return (fake.mean() - real.mean()).abs()


@critic_exam.mistake("The two means are added", "The critic pulls the two apart: scores of data up, scores of samples down.")
def added(real: Tensor, fake: Tensor) -> Tensor:
    return fake.mean() + real.mean()


@critic_exam.mistake(
    "This is the classifier's loss", "Cross-entropy belongs to the GAN of problem set 1. A critic estimates a distance from raw scores."
)
def cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean() + F.softplus(fake).mean()


@critic_exam.mistake(
    "A sigmoid squeezes the scores", "The critic is no classifier: its scores are not logits, and the distance needs them as they are."
)
def squeezed(real: Tensor, fake: Tensor) -> Tensor:
    return fake.sigmoid().mean() - real.sigmoid().mean()


@critic_exam.mistake("A sum where a mean belongs", "E is a mean: with sums, unequal batches would not cancel at equal scores.")
def summed(real: Tensor, fake: Tensor) -> Tensor:
    return fake.sum() - real.sum()


@critic_exam.mistake("Only batches of equal size work", "n data points and m samples: take one mean over each batch, then the difference.")
def equal_sizes(real: Tensor, fake: Tensor) -> Tensor:
    return (fake - real).mean()


@critic_exam.mistake("The loss is detached", "The value is right, but no gradient reaches the scores. Leave out detach, no_grad and item.")
def detached(real: Tensor, fake: Tensor) -> Tensor:
    return (fake.mean() - real.mean()).detach()


generator_exam = Exam(
    wgan_generator_loss,
    minutes=3,
    difficulty=1,
    closes=(reverse_kl_loss, naive_constraint_loss, constraint_loss, forward_kl_loss),
    hints=(
        "The generator wants its samples to be scored as highly as data.",
        "In the gap E_data[D(x)] - E_g[D(G(z))] only one term depends on theta, and the generator makes the gap small.",
        "A mean over the scores of samples, with the sign that makes it fall when the scores rise.",
    ),
)


@generator_exam.probe
def probe_generator(answer: Answer, generator: Generator) -> Observations:
    fake, sure = normal(5, generator=generator), torch.tensor([1000.0, -200.0, 30.0], dtype=torch.float64)

    def slope_of_value() -> Tensor:
        scores = fake.clone().requires_grad_()
        return slope(answer(scores), scores)

    yield "value", lambda: answer(fake.clone()), 0.75
    yield "value at scores of 1000", lambda: answer(sure.clone()), 0.5
    yield "gradient that reaches the scores", slope_of_value, 0.75


@generator_exam.mistake(
    "The loss has the wrong sign", "Descent on this loss would lower the scores of samples: the generator wants them high."
)
def lowered(fake: Tensor) -> Tensor:
    return fake.mean()


@generator_exam.mistake(
    "This is the GAN's loss -log D", "-log sigmoid belongs to the GAN of problem set 1. Here the score counts as it is."
)
def minus_log(fake: Tensor) -> Tensor:
    return F.softplus(-fake).mean()


@generator_exam.mistake(
    "This is the GAN's loss log(1 - D)", "log(1 - sigmoid) belongs to the GAN of problem set 1. Here the score counts as it is."
)
def saturating(fake: Tensor) -> Tensor:
    return -F.softplus(fake).mean()


@generator_exam.mistake("A sigmoid squeezes the scores", "The critic's scores are not logits: the distance needs them as they are.")
def squeezed_fake(fake: Tensor) -> Tensor:
    return -fake.sigmoid().mean()


@generator_exam.mistake("A sum where a mean belongs", "E is a mean: with a sum, the step grows with the batch.")
def summed_fake(fake: Tensor) -> Tensor:
    return -fake.sum()


@generator_exam.mistake("The loss is detached", "The value is right, but no gradient reaches the scores, so theta cannot learn.")
def detached_fake(fake: Tensor) -> Tensor:
    return -fake.mean().detach()
