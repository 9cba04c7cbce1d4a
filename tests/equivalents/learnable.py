"""Other right answers to the exercises on learned constraints that are one formula: all earn full marks."""

import math

import torch
from torch.nn import functional as F


def policy_by_value(log_pi_old, reward, alpha):
    value = torch.logsumexp(log_pi_old + alpha * reward, dim=1, keepdim=True) / alpha
    return log_pi_old + alpha * (reward - value)


def policy_by_advantage(log_pi_old, reward, alpha):
    score = log_pi_old + alpha * (reward - reward.mean(1, keepdim=True))
    return score - score.logsumexp(1)[:, None]


def policy_row_by_row(log_pi_old, reward, alpha):
    return torch.stack([F.log_softmax(p + alpha * r, dim=0) for p, r in zip(log_pi_old, reward, strict=True)])


def policy_categorical(log_pi_old, reward, alpha):
    return torch.distributions.Categorical(logits=log_pi_old + alpha * reward, validate_args=False).logits


def policy_own_maximum(log_pi_old, reward, alpha):
    score = log_pi_old + alpha * reward
    score = score - score.max(dim=-1, keepdim=True).values
    return score - score.exp().sum(-1, keepdim=True).log()


def confidence_autograd(log_p, r, y, lambdas):
    lambdas = lambdas.clone().requires_grad_()
    log_q = (log_p + torch.einsum("l,lnk->nk", lambdas, r)).log_softmax(-1)
    log_q.gather(1, y[:, None]).mean().backward()
    return lambdas.grad


def confidence_cross_entropy(log_p, r, y, lambdas):
    leaf = lambdas.detach().clone().requires_grad_()
    loss = F.cross_entropy(log_p + (leaf.view(-1, 1, 1) * r).sum(dim=0), y)
    return -torch.autograd.grad(loss, leaf)[0]


def confidence_one_hot(log_p, r, y, lambdas):
    q = torch.softmax(log_p + torch.tensordot(lambdas, r, 1), 1)
    gap = F.one_hot(y, log_p.shape[1]).to(q) - q
    return (r * gap).sum((1, 2)) / len(y)


def confidence_loop(log_p, r, y, lambdas):
    total = torch.zeros_like(lambdas)
    for i, label in enumerate(y.tolist()):
        q = (log_p[i] + lambdas @ r[:, i]).softmax(0)
        total += r[:, i, label] - r[:, i] @ q
    return total / len(y)


def confidence_penalty_form(log_p, r, y, lambdas):
    """The paper's form, exp{-sum lambda (1 - r)}: the same q."""
    q = (log_p - (lambdas[:, None, None] * (1 - r)).sum(0)).softmax(-1)
    there = torch.gather(r, 2, y.view(1, -1, 1).expand(len(r), -1, 1)).squeeze(2)
    return (there - torch.einsum("nk,lnk->ln", q, r)).mean(1)


@torch.no_grad()
def snis_no_grad(f_values, alpha):
    log_w = torch.log_softmax(alpha * f_values, dim=-1)
    return log_w.exp(), torch.exp(-torch.logsumexp(2 * log_w, dim=-1))


def snis_own_maximum(f_values, alpha):
    f = f_values.detach()
    e = torch.exp(alpha * (f - f.amax(-1, keepdim=True)))
    return e / e.sum(-1, keepdim=True), e.sum(-1) ** 2 / (e**2).sum(-1)


def snis_list(f_values, alpha):
    weights = F.softmax(alpha * f_values, dim=-1).detach()
    return [weights, (weights**2).sum(dim=-1).reciprocal()]


def snis_by_norm(f_values, alpha):
    w = torch.softmax(f_values.data * alpha, -1)
    return w, w.norm(dim=-1) ** -2


def constraint_weighted(f_data, f_model, alpha):
    weights = torch.softmax(alpha * f_model, -1).detach()
    return -alpha * (f_data.mean() - (weights * f_model).sum(-1).mean())


def constraint_no_constant(f_data, f_model, alpha):
    return (alpha * f_model).logsumexp(-1).mean() - alpha * f_data.mean()


def constraint_log_ratio(f_data, f_model, alpha):
    log_z = torch.logsumexp(alpha * f_model, dim=-1, keepdim=True) - math.log(f_model.shape[-1])
    return -(alpha * f_data.flatten()[:, None] - log_z.flatten()[None]).mean()


def constraint_no_grad_weights(f_data, f_model, alpha):
    with torch.no_grad():
        score = alpha * f_model
        score = (score - score.max(-1, keepdim=True).values).exp()
        w = score / score.sum(-1, keepdim=True)
    rows = f_model.numel() / f_model.shape[-1]
    return alpha * (w * f_model).sum() / rows - alpha * f_data.sum() / f_data.numel()


def constraint_own_maximum(f_data, f_model, alpha):
    top = (alpha * f_model).max(-1, keepdim=True).values.detach()
    log_z = (alpha * f_model - top).exp().mean(-1).log() + top.squeeze(-1)
    return log_z.mean() - (alpha * f_data).mean()


def reward_autograd(demos, features, steps, lr=0.5):
    w = torch.zeros(features.shape[1], dtype=features.dtype, requires_grad=True)
    for _ in range(steps):
        log_q = (features @ w).log_softmax(0)
        (slope,) = torch.autograd.grad(log_q[demos].mean(), w)
        w = (w + lr * slope).detach().requires_grad_()
    return w.detach()


def reward_sgd(demos, features, steps, lr=0.5):
    w = torch.nn.Parameter(torch.zeros_like(features[0]))
    optimizer = torch.optim.SGD([w], lr=lr, maximize=True)
    for _ in range(steps):
        optimizer.zero_grad()
        score = features @ w
        (score[demos].mean() - score.logsumexp(0)).backward()
        optimizer.step()
    return w


def reward_counts(demos, features, steps, lr=0.5):
    share = torch.bincount(demos, minlength=len(features)).to(features) / len(demos)
    w = features.new_zeros(features.shape[1])
    for _ in range(steps):
        w += lr * features.T @ (share - torch.softmax(features @ w, 0))
    return w


def reward_own_maximum(demos, features, steps, lr=0.5):
    w, wanted = torch.zeros(features.size(1), dtype=features.dtype), features[demos].sum(0) / len(demos)
    for _ in range(steps):
        score = (features * w).sum(1)
        e = torch.exp(score - score.max())
        w = w + lr * (wanted - (e[:, None] * features).sum(0) / e.sum())
    return w


EQUIVALENTS = {
    "erpo_policy": {
        "the value of a state": policy_by_value,
        "advantages": policy_by_advantage,
        "row by row": policy_row_by_row,
        "torch.distributions": policy_categorical,
        "each row's own maximum": policy_own_maximum,
    },
    "rule_confidence_grad": {
        "autograd, backward": confidence_autograd,
        "cross-entropy and autograd": confidence_cross_entropy,
        "one-hot labels": confidence_one_hot,
        "a loop over examples": confidence_loop,
        "the paper's form": confidence_penalty_form,
    },
    "snis": {
        "no_grad and logarithms": snis_no_grad,
        "each row's own maximum": snis_own_maximum,
        "a list, detached late": snis_list,
        "one over the squared norm": snis_by_norm,
    },
    "constraint_loss": {
        "weighted difference, detached weights": constraint_weighted,
        "logsumexp without log K": constraint_no_constant,
        "minus the mean log-ratio": constraint_log_ratio,
        "weights under no_grad, sums over lengths": constraint_no_grad_weights,
        "each row's own maximum": constraint_own_maximum,
    },
    "fit_maxent_reward": {
        "autograd": reward_autograd,
        "SGD that maximises": reward_sgd,
        "shares of the demonstrations, in place": reward_counts,
        "own softmax": reward_own_maximum,
    },
}
