"""Problem set 2: slips that students make, written as they write them, are called by their names."""

import math
import warnings

import numpy as np
import pytest
import torch
from claims import take
from torch import nn


def off_by_one(x, y):
    points, order = torch.cat([x, y]).sort()
    jumps = torch.cat([torch.full_like(x, 1 / len(x)), torch.full_like(y, -1 / len(y))])[order]
    return (jumps.cumsum(0).abs() * points.diff()).sum()


def grid_in_numpy(p, q, grid):
    p, q, grid = (v.detach().numpy() for v in (p, q, grid))
    return (np.abs((p - q).cumsum(-1))[..., :-1] * np.diff(grid)).sum(-1)


def penalty_by_backward(critic, real, fake, eps):
    eps = eps.reshape(-1, *[1] * (real.ndim - 1))
    x = (eps * real + (1 - eps) * fake).requires_grad_()
    with warnings.catch_warnings():  # backward warns of a cycle between x and its gradient
        warnings.simplefilter("ignore")
        critic(x).sum().backward(create_graph=True)
    return (x.grad.flatten(1).norm(dim=1) - 1).square().mean()


def penalty_of_spoilt_data(critic, real, fake, eps):
    eps = eps.reshape(-1, *[1] * (real.ndim - 1))
    x = (real.mul_(eps) + (1 - eps) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def penalty_not_followed(critic, real, fake, eps):
    eps = eps.reshape(-1, *[1] * (real.ndim - 1))
    x = eps * real + (1 - eps) * fake
    return (torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0].flatten(1).norm(dim=1) - 1).square().mean()


def phase_with_a_break(critic, model, optimizer, batches, latents, *, loss, clip, turns):
    losses = []
    for i, (x, z) in enumerate(zip(batches, latents, strict=False)):
        if i == turns:
            break
        optimizer.zero_grad()
        value = loss(critic(x), critic(model(z).detach()))
        value.backward()
        optimizer.step()
        clip(critic)
        losses.append(value.item())
    return losses


def lines_overlap(theta):
    share = min(abs(theta), 1.0)
    return {"kl": math.inf if share == 1 else 0.0, "js": share * math.log(2), "tv": share, "w1": abs(theta)}


def dual_as_printed(f, p, q, cost, bound=1.0):
    return p @ f / bound - q @ f, bool(((f[:, None] - f).abs() <= bound * cost + 1e-9).all())


SLIPS = {
    "off by one": ("w1_samples", off_by_one, 0, "n + m heights meet n + m - 1 gaps"),
    "numpy": ("w1_grid", grid_in_numpy, 0, "numpy in place of torch, detached"),
    "value only": ("kr_dual_value", lambda f, p, q, cost, bound=1.0: (p - q) @ f / bound, 0, "Only the value came back"),
    "True": ("kr_dual_value", lambda f, p, q, cost, bound=1.0: ((p - q) @ f / bound, True), 3.5, "Always feasible"),
    "E5": ("kr_dual_value", dual_as_printed, 4.5, "K divides the first term only (erratum E5)"),
    "overlap": ("parallel_lines", lines_overlap, 4, "Close lines are taken to overlap, with a finite KL"),
    "clip_grad_norm_": ("clip_weights_", lambda m, c: nn.utils.clip_grad_norm_(m.parameters(), c), 0, "Gradients are clipped, not weights"),
    "enumerate and break": ("critic_phase", phase_with_a_break, 7.5, "A batch is taken that is not used"),
    "no requires_grad_": ("gradient_penalty", penalty_not_followed, 0, "x_hat does not require gradients"),
    "backward": ("gradient_penalty", penalty_by_backward, 2.75, "Gradients are left in the critic"),
    "mul_": ("gradient_penalty", penalty_of_spoilt_data, 2.75, "The arguments are changed in place"),
}


@pytest.mark.parametrize("name, answer, points, title", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_named_however_it_is_written(name, answer, points, title):
    for seed in (0, 1, 17):
        verdict = take(name, answer, seed)
        assert (verdict.score, verdict.diagnosis.title) == (points, title)


def test_a_crash_for_another_reason_is_not_called_a_mistake_of_sizes():
    def other(x, y):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied (3x4 and 5x6)")

    assert take("w1_samples", other).diagnosis.title == "Your code stopped with RuntimeError"


def test_a_value_that_is_wrong_and_detached_is_not_called_right():
    def on_a_fine_grid(x, y):
        t = torch.linspace(torch.cat([x, y]).min().item() - 1e-3, torch.cat([x, y]).max().item(), 10001, dtype=x.dtype)
        below = lambda v: (v[:, None] <= t).to(t).mean(0)  # noqa: E731
        return torch.trapezoid((below(x) - below(y)).abs(), t)

    verdict = take("w1_samples", on_a_fine_grid)
    assert verdict.score < 3 and "value is right" not in verdict.diagnosis.advice
