"""Problem set 1: slips come in many spellings; each is judged, and called by the name that helps."""

import math

import pytest
import torch
from torch.nn import functional as F
from torch.optim import SGD

from pgmkit.checks import EXAMS, PROBLEM_SETS
from pgmkit.checks.judge import judge

CLOSED = [exam.reference for exam in PROBLEM_SETS["ps1"]]
SEEDS = (0, 1, 2026)


def named(name, answer):
    """The one title that the answer gets at every seed, and its one score."""
    verdicts = [judge(EXAMS[name], answer, seed, CLOSED) for seed in SEEDS]
    titles = {verdict.diagnosis and verdict.diagnosis.title for verdict in verdicts}
    scores = {verdict.score for verdict in verdicts}
    assert len(titles) == len(scores) == 1
    return titles.pop(), scores.pop()


@pytest.mark.parametrize("eps", [1e-12, 1e-10, 1e-8])
def test_any_epsilon_in_the_denominator_is_named(eps):
    title = "An epsilon in the denominator"
    assert named("optimal_discriminator", lambda a, b: a.exp() / (a.exp() + b.exp() + eps)) == (title, 4)


@pytest.mark.parametrize("bound", [30, 100, 700])
def test_any_clamp_before_exp_is_named(bound):
    def answer(log_p, log_q):
        p, q = (log.clamp(-bound, bound).exp() for log in (log_p, log_q))
        return p / (p + q)

    assert named("optimal_discriminator", answer) == ("The logs are clamped before exp", 4)


def epsilon_inside(D, eps):
    return (D + eps).log()


def clamped_D(D, eps):
    return D.clamp(eps, 1 - eps).log()


@pytest.mark.parametrize("log", [epsilon_inside, clamped_D])
@pytest.mark.parametrize("eps", [1e-12, 1e-8, 1e-7])
def test_any_epsilon_on_d_is_named_in_both_losses(log, eps):
    def d_loss(real, fake):
        return -log(real.sigmoid(), eps).mean() - log(1 - fake.sigmoid(), eps).mean()

    def g_loss(fake, *, saturating=False):
        return log(1 - fake.sigmoid(), eps).mean() if saturating else -log(fake.sigmoid(), eps).mean()

    assert named("discriminator_loss", d_loss) == ("The gradient is gone where D is sure and wrong", 6)
    assert named("generator_loss", g_loss) == ("The gradient is gone where D is sure", 4)


@pytest.mark.parametrize("bound", [10, 20, 50])
def test_any_clamp_on_logits_is_named(bound):
    def d_loss(real, fake):
        return F.softplus(-real.clamp(-bound, bound)).mean() + F.softplus(fake.clamp(-bound, bound)).mean()

    assert named("discriminator_loss", d_loss) == ("The gradient is gone where D is sure and wrong", 6)


def kl(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(-1)


def naive(p, q):
    return (p * (p / q).log()).sum(-1)


def of_ratio(p, q):
    return torch.xlogy(p, p / q).sum(-1)


def torch_kl_div(p, q):
    return F.kl_div(q.log(), p, reduction="none").sum(-1)


def jsd(term, half=0.5, factor=0.5, unit=1.0):
    return lambda p, q: factor * (term(p, half * (p + q)) + term(q, half * (p + q))) / unit


@pytest.mark.parametrize(
    ("term", "title", "score"),
    [(naive, "0 log 0 became nan", 2.5), (of_ratio, "nan where both are zero", 3), (torch_kl_div, "nan where both are zero", 3)],
)
def test_each_nan_is_told_apart(term, title, score):
    assert named("js_divergence", jsd(term)) == (title, score)


OWN_JSD = {
    "0 log 0 became nan": jsd(naive),
    "nan where both are zero": jsd(of_ratio),
    "log 4 is subtracted twice": jsd(kl, half=1.0),
    "JSD in bits": jsd(kl, unit=math.log(2)),
    "JSD is taken four times, not twice": jsd(kl, factor=1.0),
    "JSD compares only p with the mixture": lambda p, q: kl(p, (p + q) / 2),
}


@pytest.mark.parametrize(("title", "own"), OWN_JSD.items(), ids=OWN_JSD)
def test_a_wrong_jsd_of_ones_own_is_named_in_the_value(title, own):
    came, score = named("gan_value_at_optimum", lambda p, q: 2 * own(p, q) - math.log(4))
    assert came == title and score < 2


def d_to_the_value(p, q):
    d = p / (p + q)
    return (torch.xlogy(p, d) + torch.xlogy(q, 1 - d)).sum(-1)


def test_xlogy_of_a_ratio_is_not_sent_to_xlogy_again():
    verdict = judge(EXAMS["gan_value_at_optimum"], d_to_the_value, 0, CLOSED)
    assert verdict.diagnosis.title == "nan where both are zero"
    assert "xlogy(p, p) - xlogy(p, p + q)" in verdict.diagnosis.advice


def turn(loss, optimizer):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def rate(optimizer):
    return optimizer.param_groups[0]["lr"]


def new_optimizers(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss):
    own_G, own_D = SGD(model.parameters(), lr=rate(opt_G)), SGD(discriminator.parameters(), lr=rate(opt_D))
    loss_D = turn(d_loss(discriminator(x), discriminator(model(z_d).detach())), own_D)
    return {"d_loss": loss_D, "g_loss": turn(g_loss(discriminator(model(z_g))), own_G)}


def parameters_by_hand(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss):
    def descend(loss, module, optimizer):
        module.zero_grad()
        loss.backward()
        for p in module.parameters():
            p.data -= rate(optimizer) * p.grad
        return loss.item()

    loss_D = descend(d_loss(discriminator(x), discriminator(model(z_d).detach())), discriminator, opt_D)
    return {"d_loss": loss_D, "g_loss": descend(g_loss(discriminator(model(z_g))), model, opt_G)}


@pytest.mark.parametrize("answer", [new_optimizers, parameters_by_hand])
def test_the_given_optimizers_must_step(answer):
    title = "The steps are plain gradient descent, not those of the given optimizers"
    assert named("gan_step", answer) == (title, 6.5)
