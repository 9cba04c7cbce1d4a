"""Other right answers to the exercises on Wasserstein distances and Wasserstein GANs: all earn full marks."""

import math
import warnings
from itertools import islice

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def lines_by_cases(theta):
    apart = theta != 0
    return {"kl": float("inf") if apart else 0, "js": math.log(2) * apart, "tv": int(apart), "w1": abs(theta)}


def lines_as_tensors(theta):
    theta = torch.as_tensor(theta, dtype=torch.float64)
    jump = (theta != 0).double()
    kl = torch.where(theta != 0, torch.tensor(math.inf, dtype=torch.float64), torch.zeros((), dtype=torch.float64))
    return {"w1": theta.abs(), "tv": jump, "js": jump * np.log(2), "kl": kl}


def lines_by_two_points(theta):
    """The vertical coordinate is shared, so two point masses in one dimension remain."""
    p, q = (np.array([1.0]), np.array([1.0])) if theta == 0 else (np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    m = (p + q) / 2
    with np.errstate(all="ignore"):
        kl = float(np.sum(np.where(p > 0, p * np.log(p / q), 0)))
        js = float(np.sum(np.where(p > 0, p * np.log(p / m), 0)) + np.sum(np.where(q > 0, q * np.log(q / m), 0))) / 2
    return {"kl": kl, "js": js, "tv": np.abs(p - q).sum() / 2, "w1": math.sqrt(theta * theta) if abs(theta) > 1e-100 else abs(theta)}


def samples_searchsorted(x, y):
    points = torch.cat([x, y]).sort().values
    inner = points[:-1].detach().contiguous()
    F_ = torch.searchsorted(x.detach().sort().values, inner, right=True) / torch.tensor(float(len(x)), dtype=x.dtype)
    G = torch.searchsorted(y.detach().sort().values, inner, right=True) / torch.tensor(float(len(y)), dtype=x.dtype)
    return ((F_ - G).abs() * (points[1:] - points[:-1])).sum()


def samples_quantiles(x, y):
    n, m = len(x), len(y)
    levels = torch.tensor(sorted({i * m for i in range(n + 1)} | {j * n for j in range(m + 1)}))  # in units of 1/(n m)
    mass, middle = levels.diff().to(x) / (n * m), (levels[:-1] + levels[1:]) / 2
    a, b = x.sort().values[(middle / m).long()], y.sort().values[(middle / n).long()]
    return (mass * (a - b).abs()).sum()


def samples_repeated_exactly(x, y):
    a, b = x.sort()[0].repeat_interleave(len(y)), y.sort()[0].repeat_interleave(len(x))
    return F.l1_loss(a, b)


def samples_two_pointers(x, y):
    x, y = sorted(x, key=lambda v: v.item()), sorted(y, key=lambda v: v.item())
    i = j = 0
    left, right, total = len(y), len(x), 0.0  # each x holds m parcels, each y wants n
    while i < len(x):
        moved = min(left, right)
        total = total + moved * (x[i] - y[j]).abs()
        left, right = left - moved, right - moved
        if left == 0:
            i, left = i + 1, len(y)
        if right == 0:
            j, right = j + 1, len(x)
    return total / (len(x) * len(y))


def samples_all_pairs_of_cdfs(x, y):
    points = torch.sort(torch.cat([x, y])).values
    below = lambda v: (v[None, :] <= points[:-1, None]).to(x).mean(1)  # noqa: E731
    return torch.sum(torch.diff(points) * torch.abs(below(x) - below(y)))


def grid_two_cdfs(p, q, grid):
    F_, G = torch.cumsum(p, dim=-1), torch.cumsum(q, dim=-1)
    return torch.sum(torch.abs(F_ - G)[..., :-1] * (grid[1:] - grid[:-1]), dim=-1)


def grid_loop(p, q, grid):
    carried, total = torch.zeros_like(p[..., 0]), torch.zeros_like(p[..., 0])
    for i in range(len(grid) - 1):
        carried = carried + p[..., i] - q[..., i]
        total = total + carried.abs() * (grid[i + 1] - grid[i])
    return total


def grid_survival(p, q, grid):
    above = (p - q).flip(-1).cumsum(-1).flip(-1)[..., 1:]
    return above.abs() @ grid.diff()


def grid_triangle(p, q, grid):
    n = len(grid)
    below = torch.ones(n, n - 1, dtype=p.dtype).triu()  # below[j, i] = 1 where j <= i
    return torch.einsum("...i,i->...", ((p - q) @ below).abs(), grid.diff())


def grid_padded(p, q, grid):
    gaps = torch.cat([grid.diff(), grid.new_zeros(1)])
    return ((p.cumsum(-1) - q.cumsum(-1)).abs() * gaps).sum(-1)


def dual_loop(f, p, q, cost, bound=1.0):
    feasible = True
    for i in range(len(f)):
        for j in range(len(f)):
            if abs(float(f[i] - f[j])) > bound * float(cost[i, j]) + 1e-9:
                feasible = False
    return (torch.dot(p, f) - torch.dot(q, f)) / bound, feasible


def dual_signed(f, p, q, cost, bound=1.0):
    """Without an absolute value: every pair comes in both orders."""
    return (p * f).sum() / bound - (q * f).sum() / bound, (f.unsqueeze(1) - f.unsqueeze(0) - bound * cost).max() <= 1e-9


def dual_exact(f, p, q, cost, bound=1.0):
    return [f @ (p - q) / bound, bool(torch.all(torch.abs(f.reshape(-1, 1) - f) <= bound * cost))]


def dual_upper(f, p, q, cost, bound=1.0):
    i, j = torch.triu_indices(len(f), len(f), 1)
    return torch.sum((p - q) * f / bound), not bool(((f[i] - f[j]).abs() / bound > cost[i, j] + 1e-9).any())


def dual_ratio(f, p, q, cost, bound=1.0):
    apart = ~torch.eye(len(f), dtype=torch.bool)
    steepest = (torch.cdist(f[:, None], f[:, None], p=1)[apart] / cost[apart]).max()
    return (p @ f - q @ f) / bound, steepest.item() <= bound * (1 + 1e-12)


def clip_data(module, bound):
    for w in module.parameters():
        w.data.clamp_(-bound, bound)


def clip_new_data(module, c):
    for w in module.parameters():
        w.data = torch.clamp(w.data, min=-c, max=c)


@torch.no_grad()
def clip_copy(module, bound):
    for _, w in module.named_parameters():
        w.copy_(w.clip(-bound, bound))


def clip_by_masks(module, bound):
    with torch.no_grad():
        for w in module.parameters():
            w[w > bound] = bound
            w[w < -bound] = -bound


def clip_foreach(module, bound):
    weights = [w.detach() for w in module.parameters()]
    torch._foreach_clamp_min_(weights, -bound)
    torch._foreach_clamp_max_(weights, bound)


def clip_recursive(module, bound):
    with torch.no_grad():
        for child in module.children():
            clip_recursive(child, bound)
        for w in module.parameters(recurse=False):
            w.clamp_(min=-bound, max=bound)
    return module


def phase_no_grad(critic, model, optimizer, batches, latents, *, loss, clip, turns):
    losses = []
    for _ in range(turns):
        with torch.no_grad():
            fake = model(next(latents))
        optimizer.zero_grad(set_to_none=False)
        value = loss(critic(next(batches)), critic(fake))
        value.backward()
        optimizer.step()
        clip(critic)
        losses.append(float(value.detach()))
    return losses


def phase_autograd_grad(critic, model, optimizer, batches, latents, *, loss, clip, turns):
    phi, losses = list(critic.parameters()), []
    while len(losses) < turns:
        x, z = next(batches), next(latents)
        value = loss(critic(x), critic(model(z).detach()))
        for w, slope in zip(phi, torch.autograd.grad(value, phi), strict=True):
            w.grad = slope
        optimizer.step()
        clip(critic)
        losses.append(value.detach())
    return losses


def phase_one_pass(critic, model, optimizer, batches, latents, *, loss, clip, turns):
    losses = []
    for x, z in islice(zip(batches, latents, strict=False), turns):
        scores = critic(torch.cat([x, model(z).detach()]))
        value = loss(scores[: len(x)], scores[len(x) :])
        critic.zero_grad()
        value.backward()
        optimizer.step()
        clip(critic)
        losses += [value.item()]
    return losses


def phase_zip(critic, model, optimizer, batches, latents, *, loss, clip, turns):
    """zip asks for one batch more than it uses."""
    losses = []
    for x, z, _ in zip(batches, latents, range(turns), strict=False):
        optimizer.zero_grad()
        value = loss(critic(x), critic(model(z).detach()))
        value.backward()
        optimizer.step()
        clip(critic)
        losses.append(value.item())
    return losses


def phase_backward_inputs(critic, model, optimizer, batches, latents, *, loss, clip, turns):
    def turn():
        value = loss(critic(next(batches)), critic(model(next(latents))))
        optimizer.zero_grad()
        value.backward(inputs=list(critic.parameters()))
        optimizer.step()
        clip(critic)
        return value.item()

    return tuple(turn() for _ in range(turns))


def phase_closure(critic, model, optimizer, batches, latents, *, loss, clip, turns):
    losses = []
    for _ in range(turns):
        real, fake = next(batches), model(next(latents)).detach()

        def closure(real=real, fake=fake):
            optimizer.zero_grad()
            value = loss(critic(real), critic(fake))
            value.backward()
            return value

        losses.append(optimizer.step(closure).item())
        clip(critic)
    return losses


def bound_svdvals(mlp):
    bound = torch.tensor(1.0, dtype=torch.float64)
    for layer in mlp:
        if isinstance(layer, nn.Linear):
            bound = bound * torch.linalg.svdvals(layer.weight)[0]
        elif isinstance(layer, nn.LeakyReLU):
            bound = bound * max(1, abs(layer.negative_slope))
        elif isinstance(layer, nn.Sigmoid):
            bound = bound / 4
    return bound


def bound_eigenvalues(mlp):
    def slope(layer):
        match layer:
            case nn.Linear(weight=w):
                return torch.linalg.eigvalsh(w.T @ w)[-1].sqrt().item()
            case nn.LeakyReLU(negative_slope=s):
                return max(s, -s, 1.0)
            case nn.Sigmoid():
                return 0.25
        return 1.0

    return math.prod(slope(layer) for layer in mlp)


def bound_numpy(mlp):
    slopes = [np.linalg.norm(layer.weight.detach().numpy(), ord=2) for layer in mlp if hasattr(layer, "weight")]
    slopes += [max(1.0, abs(layer.negative_slope)) for layer in mlp if hasattr(layer, "negative_slope")]
    return np.prod(slopes) * 0.25 ** sum(type(layer) is nn.Sigmoid for layer in mlp)


def bound_logarithms(mlp):
    total = 0.0
    for layer in mlp.children():
        name = type(layer).__name__
        if name == "Linear":
            total += torch.linalg.norm(layer.weight, ord=2).log().item()
        if name == "LeakyReLU":
            total += math.log(max(1.0, abs(layer.negative_slope)))
        if name == "Sigmoid":
            total -= math.log(4)
    return math.exp(total)


def penalty_vmap(critic, real, fake, eps):
    def one(e, a, b):
        slope = torch.func.grad(lambda x: critic(x[None])[0])(e * a + (1 - e) * b)
        return (slope.flatten().norm() - 1) ** 2

    return torch.func.vmap(one)(eps, real, fake).mean()


def penalty_loop(critic, real, fake, eps):
    total = 0.0
    for e, a, b in zip(eps, real, fake, strict=True):
        x = (b + e * (a - b)).unsqueeze(0).requires_grad_()
        (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        total = total + ((slope**2).sum().sqrt() - 1) ** 2
    return total / len(eps)


def penalty_grad_outputs(critic, real, fake, eps):
    eps = eps.view(-1, *(1 for _ in real.shape[1:])).expand_as(real)
    mix = torch.lerp(fake, real, eps).requires_grad_()
    scores = critic(mix)
    slope = torch.autograd.grad(scores, mix, grad_outputs=torch.ones_like(scores), create_graph=True, retain_graph=True)[0]
    norms = slope.reshape(len(real), -1).norm(2, dim=1)
    return F.mse_loss(norms, torch.ones_like(norms))


def penalty_backward(critic, real, fake, eps):
    weight = eps[(...,) + (None,) * (real.dim() - 1)]
    x_hat = (weight * real + (1 - weight) * fake).requires_grad_(True)
    with warnings.catch_warnings():  # backward warns of a cycle between x_hat and its gradient
        warnings.simplefilter("ignore")
        critic(x_hat).sum().backward(create_graph=True, inputs=[x_hat])
    norms = torch.linalg.vector_norm(x_hat.grad, dim=tuple(range(1, real.ndim)))
    return ((1 - norms) ** 2).mean()


EQUIVALENTS = {
    "parallel_lines": {
        "arithmetic on the condition": lines_by_cases,
        "zero-dimensional tensors": lines_as_tensors,
        "two point masses, by the definitions": lines_by_two_points,
    },
    "w1_samples": {
        "searchsorted CDFs": samples_searchsorted,
        "quantile functions": samples_quantiles,
        "n * m points of equal weight": samples_repeated_exactly,
        "two pointers": samples_two_pointers,
        "CDFs by comparing all pairs": samples_all_pairs_of_cdfs,
    },
    "w1_grid": {
        "two cumulative sums": grid_two_cdfs,
        "a loop that carries earth": grid_loop,
        "sums from the right": grid_survival,
        "a triangular matrix": grid_triangle,
        "a last gap of length 0": grid_padded,
    },
    "kr_dual_value": {
        "two loops": dual_loop,
        "both orders instead of an absolute value": dual_signed,
        "no slack": dual_exact,
        "pairs above the diagonal": dual_upper,
        "the steepest ratio": dual_ratio,
    },
    "critic_loss": {
        "minus the gap": lambda real, fake: -(real.mean() - fake.mean()),
        "sums over lengths": lambda real, fake: fake.sum() / len(fake) - real.sum() / real.numel(),
        "one weighted sum": lambda real, fake: (
            torch.cat([real, fake]) @ torch.cat([torch.full_like(real, -1 / len(real)), torch.full_like(fake, 1 / len(fake))])
        ),
    },
    "wgan_generator_loss": {
        "mean of the negatives": lambda fake: (-fake).mean(),
        "sum over length": lambda fake: -fake.sum() / len(fake),
        "torch.mean, subtracted from zero": lambda fake: 0 - torch.mean(fake, dim=0),
    },
    "clip_weights_": {
        "w.data.clamp_": clip_data,
        "a new w.data": clip_new_data,
        "copy_ under a decorator": clip_copy,
        "masks": clip_by_masks,
        "foreach": clip_foreach,
        "recursion": clip_recursive,
    },
    "critic_phase": {
        "no_grad around the generator": phase_no_grad,
        "autograd.grad, tensors returned": phase_autograd_grad,
        "one pass and islice": phase_one_pass,
        "zip with a range": phase_zip,
        "backward with inputs, a tuple returned": phase_backward_inputs,
        "a closure for step": phase_closure,
    },
    "mlp_lipschitz_bound": {
        "svdvals, a tensor returned": bound_svdvals,
        "eigenvalues of W^T W": bound_eigenvalues,
        "numpy": bound_numpy,
        "logarithms": bound_logarithms,
    },
    "gradient_penalty": {
        "vmap of torch.func.grad": penalty_vmap,
        "a loop over pairs": penalty_loop,
        "grad_outputs and lerp": penalty_grad_outputs,
        "backward with create_graph": penalty_backward,
    },
}
