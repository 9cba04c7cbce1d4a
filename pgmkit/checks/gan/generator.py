"""Exam of the generator's loss."""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradient, normal
from pgmkit.gan import generator_loss

generator = Exam(
    generator_loss,
    minutes=10,
    difficulty=2,
    hints=(
        "Both losses pull the logits of samples up. They differ in where the pull is strong.",
        "With D = sigmoid(s): log(1 - D) = -softplus(s) and -log D = softplus(-s). Neither needs D itself.",
        "One mean of a softplus for each value of saturating. The signs, in front and inside, are what you choose.",
    ),
)


@generator.probe
def probe(answer: Answer, generator: Generator) -> Observations:
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


@generator.mistake(
    "The two losses are swapped",
    "log(1 - D) is the saturating one: its slope vanishes where D is sure that a sample is fake. -log D is the other.",
)
def kinds_swapped(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return F.softplus(-fake).mean() if saturating else -F.softplus(fake).mean()


@generator.mistake(
    "The loss has the wrong sign",
    "Descent would push the logits of samples down. The generator wants D to say 1 on them: the loss falls as they rise.",
)
def maximises(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return F.softplus(fake).mean() if saturating else -F.softplus(-fake).mean()


@generator.mistake(
    "The saturating loss has the wrong sign",
    "log(1 - D) is negative, and G minimises it as it stands. You return -log(1 - D), which is D's half.",
)
def saturating_negated(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return F.softplus(fake).mean() if saturating else F.softplus(-fake).mean()


@generator.mistake(
    "The loss is detached",
    "The value is right, but no gradient reaches the logits, so theta cannot learn. Leave out detach, no_grad and item.",
)
def detached(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return (-F.softplus(fake).mean() if saturating else F.softplus(-fake).mean()).detach()


@generator.mistake(
    "1 - D in probability space",
    "At a logit of 1000, D rounds to 1 and log(1 - D) to minus infinity. Write log(1 - D) from the logit: -softplus(s).",
)
def one_minus_d(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return (1 - fake.sigmoid()).log().mean() if saturating else F.softplus(-fake).mean()


@generator.mistake(
    "The logarithm of a rounded probability",
    "At large logits sigmoid rounds to 0 or 1 and its log is infinite. Write both losses from the logit.",
)
def log_of_sigmoid(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return (1 - fake.sigmoid()).log().mean() if saturating else -fake.sigmoid().log().mean()


@generator.mistake("saturating is ignored: -log D for both", "With saturating=True the slide's loss is wanted: E_g[log(1 - D(x))].")
def never_saturating(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return F.softplus(-fake).mean()


@generator.mistake("saturating is ignored: log(1 - D) for both", "Without saturating the other loss is wanted: -E_g[log D(x)].")
def always_saturating(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return -F.softplus(fake).mean()


@generator.mistake("A sum where a mean belongs", "E is a mean: with a sum, the loss grows with the batch, and so does the step.")
def sums(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return -F.softplus(fake).sum() if saturating else F.softplus(-fake).sum()


@generator.mistake(
    "The sigmoid is applied twice", "softplus, logsigmoid and the losses with_logits apply the sigmoid themselves. Give them the logits."
)
def sigmoid_twice(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return -F.softplus(fake.sigmoid()).mean() if saturating else F.softplus(-fake.sigmoid()).mean()


@generator.mistake("One number for each logit", "A loss is one number: take the mean.")
def not_averaged(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return -F.softplus(fake) if saturating else F.softplus(-fake)


@generator.mistake(
    "Binary cross-entropy on probabilities",
    "F.binary_cross_entropy cuts every logarithm at -100, as a clamp at 100 does: a confident error counts too little. "
    "Use the form that takes logits.",
)
def bce_on_probabilities(fake: Tensor, *, saturating: bool = False) -> Tensor:
    labels = torch.full_like(fake, 0.0 if saturating else 1.0)
    return F.binary_cross_entropy(fake.sigmoid(), labels) * (-1 if saturating else 1)


@generator.mistake(
    "Logits used as probabilities",
    "log(fake) takes the log of a logit, which may be negative. The probability is D = sigmoid(s); write its log from s: -softplus(-s).",
)
def log_of_logits(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return (1 - fake).log().mean() if saturating else -fake.log().mean()


@generator.mistake(
    "Binary cross-entropy on logits",
    "F.binary_cross_entropy wants probabilities between 0 and 1, and you have logits. Use binary_cross_entropy_with_logits.",
)
def bce_on_logits(fake: Tensor, *, saturating: bool = False) -> Tensor:
    labels = torch.full_like(fake, 0.0 if saturating else 1.0)
    return F.binary_cross_entropy(fake, labels) * (-1 if saturating else 1)


def flat(sign: int, fake: Tensor) -> Tensor:
    """sign * mean softplus(sign * -s), with a gradient that is gone at large logits."""
    cut = sign * F.softplus(-sign * fake.clamp(-50, 50)).mean()
    return cut + (sign * F.softplus(-sign * fake).mean() - cut).detach()


@generator.mistake(
    "The gradient is gone where D is sure",
    "An epsilon inside the logarithm, or a clamp, flattens both losses at large logits. Remove it: softplus of a logit needs neither.",
)
def flat_when_sure(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return flat(-1 if saturating else 1, fake)


@generator.mistake(
    "The gradient of log(1 - D) is gone where D says data",
    "An epsilon inside log(1 - D), or a clamp, flattens it at large positive logits. Write log(1 - D) from the logit: -softplus(s).",
)
def flat_saturating(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return flat(-1, fake) if saturating else F.softplus(-fake).mean()


@generator.mistake(
    "log(1 + exp(s)) overflows", "exp(1000) is infinite. torch has this function in a form that is safe at any logit: F.softplus."
)
def log_of_exp(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return -torch.log1p(fake.exp()).mean() if saturating else torch.log1p((-fake).exp()).mean()


@generator.mistake(
    "log D in probability space",
    "At a logit of -1000, D rounds to 0 and log D to minus infinity. Write -log D from the logit: softplus(-s).",
)
def d_itself(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return -F.softplus(fake).mean() if saturating else -fake.sigmoid().log().mean()


@generator.mistake(
    "The non-saturating loss has the wrong sign",
    "log D is what G wants to be large. A loss is minimised, so it is minus that mean: -E_g[log D(x)].",
)
def non_saturating_negated(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return -F.softplus(fake).mean() if saturating else -F.softplus(-fake).mean()


@generator.mistake(
    "-log(1 - D) instead of -log D", "-log(1 - D) is D's own half: it falls as D says fake. G wants D to say data, so the loss is -log D."
)
def half_of_d(fake: Tensor, *, saturating: bool = False) -> Tensor:
    return -F.softplus(fake).mean() if saturating else F.softplus(fake).mean()


@generator.mistake("A Python number came back", "item() and float() leave the graph, and theta cannot learn. Return the tensor itself.")
def plain_number(fake: Tensor, *, saturating: bool = False) -> float:
    return (-F.softplus(fake).mean() if saturating else F.softplus(-fake).mean()).item()
