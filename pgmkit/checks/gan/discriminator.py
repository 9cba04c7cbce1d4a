"""Exam of the discriminator's loss."""

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
    real, fake = normal(5, generator=generator), 0.5 + normal(3, generator=generator)
    sure = torch.tensor([200.0, -1000.0, 1000.0, 3.0], dtype=torch.float64)
    sure_fake = torch.tensor([-100.0, 500.0, 1000.0, -1.5], dtype=torch.float64)

    def slope(real: Tensor, fake: Tensor, of: int) -> Tensor:
        logits = real.clone().requires_grad_(), fake.clone().requires_grad_()
        return gradient(answer(*logits), logits[of])

    yield "value at logits 0: 2 log 2", lambda: answer(torch.zeros_like(sure), torch.zeros_like(sure)), 1
    yield "value on batches of 5 and 3", lambda: answer(real.clone(), fake.clone()), 2
    yield "gradient that reaches the real logits", lambda: slope(real, fake, 0), 1.5
    yield "gradient that reaches the fake logits", lambda: slope(real, fake, 1), 1.5
    yield "value at logits of 200 and 1000", lambda: answer(sure.clone(), sure_fake.clone()), 1
    yield "gradients at logits of 200 and 1000", lambda: (slope(sure, sure_fake, 0), slope(sure, sure_fake, 1)), 1


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
    "F.binary_cross_entropy cuts every logarithm at -100, as a clamp at 100 does: a confident error counts too little. "
    "Use the form that takes logits.",
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


@discriminator.mistake(
    "Logits used as probabilities",
    "log(real) takes the log of a logit, which may be negative. The probability is D = sigmoid(s); write its log from s: -softplus(-s).",
)
def log_of_logits(real: Tensor, fake: Tensor) -> Tensor:
    return -real.log().mean() - (1 - fake).log().mean()


@discriminator.mistake(
    "Binary cross-entropy on logits",
    "F.binary_cross_entropy wants probabilities between 0 and 1, and you have logits. Use binary_cross_entropy_with_logits.",
)
def bce_on_logits(real: Tensor, fake: Tensor) -> Tensor:
    bce = F.binary_cross_entropy
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))


@discriminator.mistake(
    "The gradient is gone where D is sure and wrong",
    "An epsilon inside the logarithm, or a clamp, flattens the loss just where D errs most. Remove it: softplus of a logit needs neither.",
)
def flat_when_sure(real: Tensor, fake: Tensor) -> Tensor:
    flat = F.softplus(-real.clamp(-50, 50)).mean() + F.softplus(fake.clamp(-50, 50)).mean()
    return flat + (F.softplus(-real).mean() + F.softplus(fake).mean() - flat).detach()


@discriminator.mistake(
    "log(1 + exp(s)) overflows", "exp(1000) is infinite. torch has this function in a form that is safe at any logit: F.softplus."
)
def log_of_exp(real: Tensor, fake: Tensor) -> Tensor:
    return torch.log1p((-real).exp()).mean() + torch.log1p(fake.exp()).mean()


@discriminator.mistake(
    "Only the half on the data is safe",
    "At large logits 1 - sigmoid(s) rounds to 0, and its log is infinite. Note that 1 - sigmoid(s) = sigmoid(-s).",
)
def naive_fake_half(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean() - (1 - fake.sigmoid()).log().mean()


@discriminator.mistake(
    "Only the half on the samples is safe",
    "At a logit of -1000, sigmoid rounds to 0 and its log is infinite. Write -log D(x) from the logit, as in the other half.",
)
def naive_real_half(real: Tensor, fake: Tensor) -> Tensor:
    return -real.sigmoid().log().mean() + F.softplus(fake).mean()


@discriminator.mistake(
    "Both halves say data", "You have -log D for the samples too. Their half is -log(1 - D), and 1 - sigmoid(s) = sigmoid(-s)."
)
def both_real(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean() + F.softplus(-fake).mean()


@discriminator.mistake(
    "The half on the samples has the wrong sign", "Both logarithms carry a minus in the loss: -E_data[log D(x)] - E_g[log(1 - D(x))]."
)
def fake_half_negated(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean() - F.softplus(fake).mean()


@discriminator.mistake(
    "The samples' logits are detached",
    "phi learns from the samples through these logits. What D's turn detaches are the samples themselves, and that is gan_step's task.",
)
def fake_detached(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean() + F.softplus(fake.detach()).mean()


@discriminator.mistake(
    "The loss is detached", "The value is right, but no gradient reaches the logits, so phi cannot learn. Leave out detach and no_grad."
)
def loss_detached(real: Tensor, fake: Tensor) -> Tensor:
    return (F.softplus(-real).mean() + F.softplus(fake).mean()).detach()


@discriminator.mistake("A Python number came back", "item() and float() leave the graph, and phi cannot learn. Return the tensor itself.")
def plain_number(real: Tensor, fake: Tensor) -> float:
    return (F.softplus(-real).mean() + F.softplus(fake).mean()).item()
