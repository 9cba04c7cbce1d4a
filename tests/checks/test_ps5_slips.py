"""Problem set 5: slips that students make, written as they write them, are called by their names."""

import pytest
import torch
from claims import is_named, is_told
from torch.nn import functional as F


def gradient_of_the_loss(log_p, r, y, lambdas):
    lambdas = lambdas.clone().requires_grad_()
    F.cross_entropy(log_p + (lambdas[:, None, None] * r).sum(0), y).backward()
    return lambdas.grad


def under_the_model(log_p, r, y, lambdas):
    return (r[:, torch.arange(len(y)), y] - (log_p.exp() * r).sum(-1)).mean(1)


def explicit(weigh, loss_of):
    """A step as most people write it first: x is not detached."""

    def step(model, x, f, alpha, optimizer):
        loss = loss_of(weigh(alpha * f(x)), model.log_prob(x))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def weights_of(score):
    return score.softmax(0).detach()


def summed(w, log_p):
    return -(w * log_p).sum()


def implicit(loss_of, before=lambda f: None):
    """A step as most people write it first: backward goes everywhere."""

    def step(model, f, z, alpha, optimizer):
        before(f)
        loss = loss_of(f, model(z), alpha)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def never_steps(model, f, z, alpha, optimizer):
    loss = -alpha * f(model(z)).mean()
    optimizer.zero_grad()
    loss.backward()
    return loss.item()


def log_of_q(demos, features, steps, lr=0.5):
    w = torch.zeros_like(features[0])
    for _ in range(steps):
        w = w + lr * (features[demos].mean(0) - (features @ w).log_softmax(0) @ features)
    return w


def never_cleared(demos, features, steps, lr=0.5):
    w = torch.zeros_like(features[0]).requires_grad_()
    for _ in range(steps):
        (-(features @ w).log_softmax(0)[demos].mean()).backward()
        w.data -= lr * w.grad
    return w


def mean_over_x(demos, features, steps, lr=0.5):
    w = torch.zeros(features.shape[1], dtype=features.dtype)
    for _ in range(steps):
        q = (features @ w).softmax(0)
        w = w + lr * (features[demos].mean(0) - (q[:, None] * features).mean(0))
    return w


def no_log_z(demos, features, steps, lr=0.5):
    w = torch.zeros_like(features[0])
    for _ in range(steps):
        w = w.detach().requires_grad_()
        (slope,) = torch.autograd.grad((features @ w)[demos].mean() - (features @ w).exp().mean(), w)
        w = w + lr * slope
    return w.detach()


def one_q(log_p_data, log_p0, features, alpha, steps, *, lr_phi=0.5, lr_theta=0.5):
    phi, theta = torch.zeros(features.shape[1], dtype=features.dtype), log_p0
    for _ in range(steps):
        q = (theta + alpha * features @ phi).softmax(0)
        phi = phi + lr_phi * alpha * (log_p_data.exp() @ features - q @ features)
        theta = theta + lr_theta * (q - theta.softmax(0))
    return phi, theta.log_softmax(0), (theta + alpha * features @ phi).log_softmax(0)


def plus_equals(log_p_data, log_p0, features, alpha, steps, *, lr_phi=0.5, lr_theta=0.5):
    phi, theta = torch.zeros(features.shape[1], dtype=features.dtype), log_p0
    for _ in range(steps):
        q = (theta + alpha * features @ phi).softmax(0)
        phi += lr_phi * alpha * (log_p_data.exp() @ features - q @ features)
        theta += lr_theta * ((theta + alpha * features @ phi).softmax(0) - theta.softmax(0))
    return phi, theta.log_softmax(0), (theta + alpha * features @ phi).log_softmax(0)


def on_probabilities(log_p_data, log_p0, features, alpha, steps, *, lr_phi=0.5, lr_theta=0.5):
    phi, p = torch.zeros(features.shape[1], dtype=features.dtype), log_p0.exp()
    for _ in range(steps):
        q = (p.log() + alpha * features @ phi).softmax(0)
        phi = phi + lr_phi * alpha * (log_p_data.exp() @ features - q @ features)
        p = p + lr_theta * ((p.log() + alpha * features @ phi).softmax(0) - p)
    return phi, p.log(), (p.log() + alpha * features @ phi).log_softmax(0)


def old_q(log_p_data, log_p0, features, alpha, steps, *, lr_phi=0.5, lr_theta=0.5):
    phi, theta = torch.zeros(features.shape[1], dtype=features.dtype), log_p0
    for _ in range(steps):
        q = (theta + alpha * features @ phi).softmax(0)
        phi = phi + lr_phi * alpha * (log_p_data.exp() @ features - q @ features)
        q = (theta + alpha * features @ phi).softmax(0)
        theta = theta + lr_theta * (q - theta.softmax(0))
    return phi, theta.log_softmax(0), q.log()


SLIPS = {
    "Z without pi": (
        "erpo_policy",
        lambda log_pi, reward, alpha: log_pi + alpha * reward - (alpha * reward).logsumexp(-1, keepdim=True),
        "Z lacks the old policy",
    ),
    "minus max": (
        "erpo_policy",
        lambda log_pi, reward, alpha: log_pi + alpha * reward - (log_pi + alpha * reward).max(-1, keepdim=True).values,
        "Only the maximum is subtracted",
    ),
    "product, then log_softmax": (
        "erpo_policy",
        lambda log_pi, reward, alpha: (log_pi.exp() * (alpha * reward).exp()).log_softmax(-1),
        "exp before log_softmax",
    ),
    "dim 0": ("erpo_policy", lambda log_pi, reward, alpha: F.log_softmax(log_pi + alpha * reward, 0), "Normalised over the states"),
    "gradient of the loss": ("rule_confidence_grad", gradient_of_the_loss, "The sign is turned"),
    "p for q": ("rule_confidence_grad", under_the_model, "The mean is taken under p, not under q"),
    "no detach": (
        "snis",
        lambda f, alpha: ((alpha * f).softmax(-1), 1 / (alpha * f).softmax(-1).square().sum(-1)),
        "The weights carry a gradient",
    ),
    "sum()": (
        "snis",
        lambda f, alpha: ((alpha * f.detach()).softmax(-1), 1 / ((alpha * f).softmax(-1) ** 2).sum()),
        "One ESS for the whole batch",
    ),
    "1 / mean": (
        "snis",
        lambda f, alpha: ((alpha * f.detach()).softmax(-1), 1 / ((alpha * f).softmax(-1) ** 2).mean(-1)),
        "ESS is one over the mean of the squares",
    ),
    "weights without detach": (
        "constraint_loss",
        lambda d, m, alpha: -alpha * (d.mean() - ((alpha * m).softmax(-1) * m).sum(-1).mean()),
        "The weights are differentiated",
    ),
    "f detached with the weights": (
        "constraint_loss",
        lambda d, m, alpha: -alpha * (d.mean() - ((alpha * m).softmax(-1) * m).detach().sum(-1).mean()),
        "There is no negative phase",
    ),
    "sum over everything": (
        "constraint_loss",
        lambda d, m, alpha: -alpha * (d.mean() - ((alpha * m).softmax(-1).detach() * m).sum()),
        "A sum over the rows",
    ),
    "log of a mean of exp": (
        "constraint_loss",
        lambda d, m, alpha: torch.log(torch.mean(torch.exp(alpha * m), -1)).mean() - alpha * d.mean(),
        "exp leaves floating point",
    ),
    "a critic": ("constraint_loss", lambda d, m, alpha: alpha * (m.mean() - d.mean()), "The negative phase has no weights"),
    "the ascent itself": (
        "constraint_loss",
        lambda d, m, alpha: alpha * d.mean() - torch.logsumexp(alpha * m, -1).mean(),
        "The loss has the wrong sign",
    ),
    "x on the graph": ("theta_step_explicit", explicit(weights_of, summed), "The samples carry a gradient"),
    "nothing detached": (
        "theta_step_explicit",
        explicit(lambda score: score.softmax(0), summed),
        "The weights carry a gradient into phi",
    ),
    "mean of w log p": (
        "theta_step_explicit",
        explicit(weights_of, lambda w, log_p: -(w * log_p).mean()),
        "The weighted terms are averaged, not summed",
    ),
    "mean of w log p, nothing detached": (
        "theta_step_explicit",
        explicit(lambda score: score.softmax(0), lambda w, log_p: -(w * log_p).mean()),
        "The weighted terms are averaged, not summed",
    ),
    "plain likelihood": ("theta_step_explicit", explicit(weights_of, lambda w, log_p: -log_p.mean()), "Every sample counts the same"),
    "exp": ("theta_step_explicit", explicit(lambda score: score.exp().detach(), summed), "The weights are not normalised"),
    "backward": ("theta_step_implicit", implicit(lambda f, x, alpha: -alpha * f(x).mean()), "A gradient is left in phi"),
    "cleared before, not after": (
        "theta_step_implicit",
        implicit(lambda f, x, alpha: -alpha * f(x).mean(), lambda f: f.zero_grad()),
        "A gradient is left in phi",
    ),
    "plus": ("theta_step_implicit", implicit(lambda f, x, alpha: alpha * f(x).mean()), "f is driven down"),
    "detach": (
        "theta_step_implicit",
        implicit(lambda f, x, alpha: -alpha * f(x.detach()).mean()),
        "theta does not move, and holds no gradient",
    ),
    "requires_grad_(False)": (
        "theta_step_implicit",
        implicit(lambda f, x, alpha: -alpha * f(x).mean(), lambda f: f.requires_grad_(False)),
        "phi can no longer learn",
    ),
    "no step": ("theta_step_implicit", never_steps, "The optimizer never steps"),
    "log_softmax": ("fit_maxent_reward", log_of_q, "Logarithms stand where probabilities belong"),
    "backward without zero_grad": ("fit_maxent_reward", never_cleared, "Gradients add up over the steps"),
    "mean(0)": ("fit_maxent_reward", mean_over_x, "The model's mean is divided by m"),
    "a mean of exp": ("fit_maxent_reward", no_log_z, "w depends on the offset of the reward"),
    "one q": ("pr_learnable", one_q, "phi and theta move at once, with the old q"),
    "+=": ("pr_learnable", plus_equals, "log_p0 is changed in place"),
    "p + lr (q - p)": ("pr_learnable", on_probabilities, "The step is taken on p, not on its logits"),
    "q of the last step": ("pr_learnable", old_q, "log q is that of the last step, before theta moved"),
}


@pytest.mark.parametrize("name, answer, title", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_named_however_it_is_written(name, answer, title):
    is_named(name, answer, title)


def no_grad_around_f(model, f, z, alpha, optimizer):
    with torch.no_grad():
        value = f(model(z))
    (-alpha * value.mean()).backward()


def single_precision(demos, features, steps, lr=0.5):
    w = torch.zeros(features.shape[1], dtype=torch.float32)
    return w + lr * (features[demos].mean(0) - (features @ w).softmax(0) @ features)


def no_keepdim(log_pi, reward, alpha):
    score = log_pi + alpha * reward
    return score - score.logsumexp(-1)


CRASHES = {
    "f under no_grad": ("theta_step_implicit", no_grad_around_f, "not on the graph"),
    "no keepdim": ("erpo_policy", no_keepdim, "do not fit"),
    "float32": ("fit_maxent_reward", single_precision, "same dtype"),
}


@pytest.mark.parametrize("name, answer, words", CRASHES.values(), ids=CRASHES)
def test_a_crash_is_told_in_other_words(name, answer, words):
    is_told(name, answer, words)
