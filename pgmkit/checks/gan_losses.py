"""Exams of the GAN losses."""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradient, normal
from pgmkit.gan import discriminator_loss, generator_loss

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
    real, fake = normal(5, generator=generator), 0.5 + normal(3, generator=generator)
    sure = torch.tensor([200.0, -1000.0, 1000.0, 3.0], dtype=torch.float64)

    def slope(real: Tensor, fake: Tensor, of: int) -> Tensor:
        logits = real.clone().requires_grad_(), fake.clone().requires_grad_()
        return gradient(answer(*logits), logits[of])

    yield "value at logits 0: 2 log 2", lambda: answer(torch.zeros_like(sure), torch.zeros_like(sure)), 1
    yield "value on batches of 5 and 3", lambda: answer(real.clone(), fake.clone()), 2
    yield "gradient that reaches the real logits", lambda: slope(real, fake, 0), 1.5
    yield "gradient that reaches the fake logits", lambda: slope(real, fake, 1), 1.5
    yield "value at logits of 200 and 1000", lambda: answer(sure.clone(), -sure / 2), 1
    yield "gradients at logits of 200 and 1000", lambda: (slope(sure, -sure / 2, 0), slope(sure, -sure / 2, 1)), 1


@discriminator.mistake(
    "The labels are swapped", "D says 1 for data. -log D(x) belongs to the real logits, -log(1 - D(x)) to the fake ones."
)
def swapped(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(real).mean() + F.softplus(-fake).mean()


@discriminator.mistake(
    "The labels of the samples are shaped like the data",
    "n data points and m samples may differ in number. Make each batch of labels from the logits that it belongs to.",
)
def labels_like_real(real: Tensor, fake: Tensor) -> Tensor:
    bce = F.binary_cross_entropy_with_logits
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(real))


@discriminator.mistake(
    "The sigmoid is applied twice",
    "binary_cross_entropy_with_logits and softplus apply the sigmoid themselves. Give them the logits as they are.",
)
def sigmoid_twice(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real.sigmoid()).mean() + F.softplus(fake.sigmoid()).mean()


@discriminator.mistake(
    "The logarithm of a rounded probability",
    "At large logits sigmoid rounds to 0 or 1 and its log is infinite. Never form D: write -log D and -log(1 - D) from the logit.",
)
def log_of_sigmoid(real: Tensor, fake: Tensor) -> Tensor:
    return -real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()


@discriminator.mistake(
    "Binary cross-entropy on probabilities",
    "F.binary_cross_entropy cuts every logarithm at -100, so a confident error counts too little. Use the form that takes logits.",
)
def bce_on_probabilities(real: Tensor, fake: Tensor) -> Tensor:
    bce = F.binary_cross_entropy
    return bce(real.sigmoid(), torch.ones_like(real)) + bce(fake.sigmoid(), torch.zeros_like(fake))


@discriminator.mistake("A sum where a mean belongs", "E is a mean: with a sum, the loss grows with the batch, and so does the step.")
def sums(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).sum() + F.softplus(fake).sum()


@discriminator.mistake("The half on the samples is missing", "-E_g[log(1 - D(x))] is missing: D would say 1 everywhere.")
def real_half(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean()


@discriminator.mistake("The half on the data is missing", "-E_data[log D(x)] is missing: D would say 0 everywhere.")
def fake_half(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(fake).mean()


@discriminator.mistake("The loss has the wrong sign", "The slide maximises over phi. A loss is minimised, so it is minus that value.")
def negated(real: Tensor, fake: Tensor) -> Tensor:
    return -F.softplus(-real).mean() - F.softplus(fake).mean()


@discriminator.mistake(
    "One mean over both batches", "A mean over n + m logits weighs the larger batch more. Take one mean for each batch, then add the two."
)
def pooled(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(torch.cat([-real, fake])).mean()


@discriminator.mistake("Half of the loss", "The two expectations are added, not averaged. At logits 0 the loss is 2 log 2.")
def halved(real: Tensor, fake: Tensor) -> Tensor:
    return (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2


@discriminator.mistake("One number for each logit", "A loss is one number: take the mean of each of the two terms.")
def not_averaged(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real) + F.softplus(fake)


generator_exam = Exam(
    generator_loss,
    minutes=10,
    difficulty=2,
    hints=(
        "Both losses pull the logits of samples up. They differ in where the pull is strong.",
        "With D = sigmoid(s): log(1 - D) = -softplus(s) and -log D = softplus(-s). Neither needs D itself.",
        "One mean of a softplus for each value of saturating. The signs, in front and inside, are what you choose.",
    ),
)


@generator_exam.probe
def probe_generator(answer: Answer, generator: Generator) -> Observations:
    logits = normal(5, generator=generator) - 0.7
    sure = torch.tensor([-1000.0, 1000.0, 200.0, -3.0], dtype=torch.float64)

    def slope(fake: Tensor, saturating: bool) -> Tensor:
        fake = fake.clone().requires_grad_()
        return gradient(answer(fake, saturating=saturating), fake)

    yield "logits 0: log 2", lambda: answer(torch.zeros_like(sure)), 0.5
    yield "logits 0, saturating: -log 2", lambda: answer(torch.zeros_like(sure), saturating=True), 0.5
    yield "value", lambda: answer(logits.clone(), saturating=False), 0.75
    yield "value, saturating", lambda: answer(logits.clone(), saturating=True), 0.75
    yield "gradient", lambda: slope(logits, False), 0.75
    yield "gradient, saturating", lambda: slope(logits, True), 0.75
    yield "value at logits of 1000", lambda: answer(sure.clone(), saturating=False), 0.5
    yield "value at logits of 1000, saturating", lambda: answer(sure.clone(), saturating=True), 0.5
    yield "gradient at logits of 1000", lambda: slope(sure, False), 0.5
    yield "gradient at logits of 1000, saturating", lambda: slope(sure, True), 0.5


@generator_exam.mistake(
    "The two losses are swapped",
    "log(1 - D) is the saturating one: its slope vanishes where D is sure that a sample is fake. -log D is the other.",
)
def kinds_swapped(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return F.softplus(-fake).mean() if saturating else -F.softplus(fake).mean()


@generator_exam.mistake(
    "The loss has the wrong sign",
    "Descent would push the logits of samples down. The generator wants D to say 1 on them: the loss falls as they rise.",
)
def maximises(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return F.softplus(fake).mean() if saturating else -F.softplus(-fake).mean()


@generator_exam.mistake(
    "The saturating loss has the wrong sign",
    "log(1 - D) is negative, and G minimises it as it stands. You return -log(1 - D), which is D's half.",
)
def saturating_negated(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return F.softplus(fake).mean() if saturating else F.softplus(-fake).mean()


@generator_exam.mistake(
    "The loss is detached",
    "The value is right, but no gradient reaches the logits, so theta cannot learn. Leave out detach, no_grad and item.",
)
def detached(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return (-F.softplus(fake).mean() if saturating else F.softplus(-fake).mean()).detach()


@generator_exam.mistake(
    "1 - D in probability space",
    "At a logit of 1000, D rounds to 1 and log(1 - D) to minus infinity. Write log(1 - D) from the logit: -softplus(s).",
)
def one_minus_d(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return (1 - fake.sigmoid()).log().mean() if saturating else F.softplus(-fake).mean()


@generator_exam.mistake(
    "The logarithm of a rounded probability",
    "At large logits sigmoid rounds to 0 or 1 and its log is infinite. Write both losses from the logit.",
)
def log_of_sigmoid_g(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return (1 - fake.sigmoid()).log().mean() if saturating else -fake.sigmoid().log().mean()


@generator_exam.mistake("saturating is ignored: -log D for both", "With saturating=True the slide's loss is wanted: E_g[log(1 - D(x))].")
def never_saturating(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return F.softplus(-fake).mean()


@generator_exam.mistake("saturating is ignored: log(1 - D) for both", "Without saturating the other loss is wanted: -E_g[log D(x)].")
def always_saturating(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return -F.softplus(fake).mean()


@generator_exam.mistake("A sum where a mean belongs", "E is a mean: with a sum, the loss grows with the batch, and so does the step.")
def sums_g(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return -F.softplus(fake).sum() if saturating else F.softplus(-fake).sum()


@generator_exam.mistake(
    "The sigmoid is applied twice", "softplus, logsigmoid and the losses with_logits apply the sigmoid themselves. Give them the logits."
)
def sigmoid_twice_g(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return -F.softplus(fake.sigmoid()).mean() if saturating else F.softplus(-fake.sigmoid()).mean()


@generator_exam.mistake("One number for each logit", "A loss is one number: take the mean.")
def not_averaged_g(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return -F.softplus(fake) if saturating else F.softplus(-fake)


@generator_exam.mistake(
    "Binary cross-entropy on probabilities",
    "F.binary_cross_entropy cuts every logarithm at -100, so a confident error counts too little. Use the form that takes logits.",
)
def bce_on_probabilities_g(fake: Tensor, *, saturating: bool = False) -> Tensor:
    labels = torch.full_like(fake, 0.0 if saturating else 1.0)
    return F.binary_cross_entropy(fake.sigmoid(), labels) * (-1 if saturating else 1)
