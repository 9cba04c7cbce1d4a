"""Other right ways to take the steps of the algorithm with a learnable constraint: all earn full marks."""

import torch
from torch.nn import functional as F
from torch.optim import SGD


def own(optimizer):
    return [p for group in optimizer.param_groups for p in group["params"]]


def explicit_detached(model, x, f, alpha, optimizer):
    weights = torch.softmax(alpha * f(x), 0).detach()
    optimizer.zero_grad()
    loss = -torch.sum(weights * model.log_prob(x.detach()))
    loss.backward()
    optimizer.step()
    return loss


def explicit_module(model, x, f, alpha, optimizer):
    """log weights, zero_grad of the model, a clean-up at the end."""
    x = x.detach().clone()
    with torch.no_grad():
        score = alpha * f(x)
        log_w = score - score.logsumexp(0)
    model.zero_grad()
    loss = -(log_w.exp() @ model.log_prob(x))
    loss.backward()
    optimizer.step()
    model.zero_grad()
    return loss.item()


def explicit_autograd(model, x, f, alpha, optimizer):
    x = x.data
    loss = -((alpha * f(x)).softmax(-1).detach() * model.log_prob(x)).sum()
    for p, slope in zip(own(optimizer), torch.autograd.grad(loss, own(optimizer)), strict=True):
        p.grad = slope
    optimizer.step()
    return loss.detach()


def explicit_closure(model, x, f, alpha, optimizer):
    with torch.no_grad():
        weights = (alpha * f(x)).softmax(0)

    def closure():
        optimizer.zero_grad()
        loss = -(weights * model.log_prob(x.detach())).sum()
        loss.backward()
        return loss

    return optimizer.step(closure).item()


def explicit_frozen(model, x, f, alpha, optimizer):
    """phi is frozen by flags, and released."""
    for p in f.parameters():
        p.requires_grad_(False)
    x = x.detach()
    weights = (alpha * f(x)).softmax(0)
    for p in f.parameters():
        p.requires_grad_(True)
    loss = -(weights * model.log_prob(x)).sum()
    optimizer.zero_grad()
    loss.backward(inputs=own(optimizer))
    optimizer.step()
    return loss.item()


def explicit_cross_entropy(model, x, f, alpha, optimizer):
    """The weighted sum as a mean of K w log p."""
    x = x.detach()
    with torch.no_grad():
        w = len(x) * torch.softmax(alpha * f(x), dim=0)
    loss = (-w * model.log_prob(x)).mean()
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return loss.item()


def implicit_inputs(model, f, z, alpha, optimizer):
    optimizer.zero_grad()
    loss = (-alpha * f(model(z))).mean()
    loss.backward(inputs=list(model.parameters()))
    optimizer.step()
    return loss.detach()


def implicit_frozen(model, f, z, alpha, optimizer):
    """phi is frozen by flags, and released."""
    f.requires_grad_(False)
    loss = -alpha * f(model(z)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    f.requires_grad_(True)
    return loss


def implicit_autograd(model, f, z, alpha, optimizer):
    loss = -alpha * torch.mean(f(model(z)))
    for p, slope in zip(own(optimizer), torch.autograd.grad(loss, own(optimizer)), strict=True):
        p.grad = slope
    optimizer.step()
    return loss.item()


def implicit_cleared(model, f, z, alpha, optimizer):
    """phi receives a gradient and loses it again."""
    loss = -alpha * f(model(z)).mean()
    optimizer.zero_grad()
    loss.backward()
    f.zero_grad()
    optimizer.step()
    return loss.item()


def implicit_through_x(model, f, z, alpha, optimizer):
    """The gradient in x first, then through the generator."""
    x = model(z)
    leaf = x.detach().requires_grad_()
    loss = -alpha * f(leaf).sum() / len(z)
    (slope,) = torch.autograd.grad(loss, leaf)
    optimizer.zero_grad()
    x.backward(slope)
    optimizer.step()
    return loss.item()


def implicit_put_back(model, f, z, alpha, optimizer):
    """phi's gradients are put aside and put back."""
    aside = [p.grad for p in f.parameters()]
    loss = -alpha * f(model(z)).mean()
    optimizer.zero_grad()
    for p in f.parameters():
        p.grad = None
    loss.backward()
    optimizer.step()
    for p, g in zip(f.parameters(), aside, strict=True):
        p.grad = g
    return loss.item()


def game_autograd(log_p_data, log_p0, features, alpha, steps, *, lr_phi=0.5, lr_theta=0.5):
    """Both losses written down, and differentiated."""
    p_data = log_p_data.exp()
    phi = torch.zeros(features.shape[1], dtype=features.dtype, requires_grad=True)
    theta = log_p0.clone().requires_grad_()
    of_phi, of_theta = SGD([phi], lr=lr_phi), SGD([theta], lr=lr_theta)
    for _ in range(steps):
        of_phi.zero_grad()
        f = features @ phi
        loss = (theta.detach().log_softmax(0) + alpha * f).logsumexp(0) - alpha * p_data @ f
        loss.backward()
        of_phi.step()
        q = (theta + alpha * features @ phi).softmax(0).detach()
        of_theta.zero_grad()
        (-(q * theta.log_softmax(0)).sum()).backward()
        of_theta.step()
    log_q = (theta + alpha * features @ phi).log_softmax(0)
    return phi.detach(), theta.log_softmax(0).detach(), log_q.detach()


def game_log_p(log_p_data, log_p0, features, alpha, steps, *, lr_phi=0.5, lr_theta=0.5):
    """theta kept normalised as log p after every step; the results in a list."""

    def posterior():
        score = log_p + alpha * (features * phi).sum(1)
        return score - score.logsumexp(0)

    phi, log_p = features.new_zeros(features.shape[1]), log_p0
    for _ in range(steps):
        phi = phi + lr_phi * alpha * features.T @ (log_p_data.exp() - posterior().exp())
        log_p = F.log_softmax(log_p + lr_theta * (posterior().exp() - log_p.exp()), dim=0)
    return [phi, log_p, posterior()]


def game_in_place_on_clones(log_p_data, log_p0, features, alpha, steps, *, lr_phi=0.5, lr_theta=0.5):
    phi, theta = torch.zeros_like(features[0]), log_p0.clone()
    for _ in range(steps):
        f = features @ phi
        phi += lr_phi * alpha * (log_p_data.exp() - torch.softmax(theta + alpha * f, 0)) @ features
        f = features @ phi
        theta += lr_theta * (torch.softmax(theta + alpha * f, 0) - torch.softmax(theta, 0))
    f = features @ phi
    return phi, torch.log_softmax(theta, 0), torch.log_softmax(theta + alpha * f, 0)


EQUIVALENTS = {
    "theta_step_explicit": {
        "detach, a tensor returned": explicit_detached,
        "log weights, the model's zero_grad": explicit_module,
        "autograd.grad": explicit_autograd,
        "a closure for step": explicit_closure,
        "phi frozen by flags": explicit_frozen,
        "a mean of K times the weights": explicit_cross_entropy,
    },
    "theta_step_implicit": {
        "backward with inputs": implicit_inputs,
        "phi frozen by flags": implicit_frozen,
        "autograd.grad": implicit_autograd,
        "phi's gradients cleared again": implicit_cleared,
        "the gradient in x first": implicit_through_x,
        "phi's gradients put back": implicit_put_back,
    },
    "pr_learnable": {
        "two losses and autograd": game_autograd,
        "log p kept normalised": game_log_p,
        "in place, on clones": game_in_place_on_clones,
    },
}
