"""Other right answers to the exercises on densities, couplings and compositions: all earn full marks."""

import math
from functools import reduce

import torch
from torch.distributions import Independent, MultivariateNormal, Normal
from torch.nn import functional as F


def change_by_slogdet(x, f_inv, df_inv, log_pz):
    jacobians = df_inv(x)[:, None, None]  # (n, 1, 1)
    return log_pz(f_inv(x)) + torch.linalg.slogdet(jacobians).logabsdet


def change_by_square(x, f_inv, df_inv, log_pz):
    return 0.5 * df_inv(x).square().log() + log_pz(f_inv(x))


def change_by_sign(x, f_inv, df_inv, log_pz):
    slope = df_inv(x)
    return log_pz(f_inv(x)) + torch.log(torch.where(slope > 0, slope, -slope))


def change_by_autograd(x, f_inv, df_inv, log_pz):
    x = x if x.requires_grad else x.detach().requires_grad_()
    z = f_inv(x)
    (slope,) = torch.autograd.grad(z.sum(), x, create_graph=True)
    return log_pz(z) + slope.abs().log()


def change_by_vmap(x, f_inv, df_inv, log_pz):
    slope = torch.func.vmap(torch.func.grad(lambda v: f_inv(v[None])[0]))(x)
    return log_pz(f_inv(x)) - (1 / slope.abs()).log()


def change_in_a_loop(x, f_inv, df_inv, log_pz):
    return torch.stack([(log_pz(f_inv(v)) + abs(df_inv(v)).log())[0] for v in x.split(1)])


def couple_by_slices(z, net):
    d = (z.shape[-1] + 1) // 2
    log_s, t = net(z[..., :d])
    x = z.clone()
    x[..., d:] = t + torch.exp(log_s) * z[..., d:]
    return x, torch.einsum("n...->n", log_s)


def couple_by_scales(z, net):
    a, b = torch.tensor_split(z, [math.ceil(z.shape[-1] / 2)], dim=-1)
    scale = net(a)[0].exp()
    shift = net(a)[1]
    return torch.cat((a, torch.addcmul(shift, b, scale)), dim=-1), scale.log().reshape(len(z), -1).sum(-1)


def couple_of_all(z, net):
    a, _ = z.split([z.size(-1) - z.size(-1) // 2, z.size(-1) // 2], dim=-1)
    log_s, t = net(a)
    log_scales, shifts = (torch.cat([torch.zeros_like(a), v], -1) for v in (log_s, t))
    return z * log_scales.exp() + shifts, log_scales.sum(dim=tuple(range(1, z.ndim)))


def couple_as_a_list(z, net):
    a, b = z.chunk(2, dim=-1)
    s, t = net(a)
    return [torch.concatenate([a, math.e**s * b + t], dim=-1), torch.stack([row.sum() for row in s])]


def uncouple_by_division(x, net):
    a, b = x.chunk(2, -1)
    log_s, t = net(a)
    return torch.cat([a, (b - t) / log_s.exp()], -1), -log_s.sum(dim=list(range(1, x.dim())))


def uncouple_by_slices(x, net):
    d = x.shape[-1] - x.shape[-1] // 2
    log_s, t = net(x[..., :d])
    z = torch.empty_like(x)
    z[..., :d] = x[..., :d]
    z[..., d:] = torch.exp(-log_s) * (x[..., d:] - t)
    return z, (-log_s).flatten(start_dim=1).sum(dim=1)


def uncouple_expanded(x, net):
    a, b = torch.tensor_split(x, [(x.shape[-1] + 1) // 2], dim=-1)
    s = torch.exp(net(a)[0])
    return torch.cat((a, b / s - net(a)[1] / s), dim=-1), -s.log().reshape(len(x), -1).sum(1)


def uncouple_as_a_list(x, net):
    kept, changed = x.split((-(-x.shape[-1] // 2), x.shape[-1] // 2), -1)
    log_s, t = net(kept)
    return [torch.cat([kept, (changed - t).mul(log_s.neg().exp())], -1), 0 - torch.einsum("n...->n", log_s)]


def normal_in_a_loop(z):
    total = 0
    for entry in z.reshape(len(z), -1).unbind(1):
        total = total - (entry**2 + math.log(2 * math.pi)) / 2
    return total


def compose_recursively(x, fs):
    if len(fs) == 0:
        return x, x.new_zeros(x.shape[0])
    *rest, last = fs
    z, log_det = last.inverse(x)
    z, others = compose_recursively(z, rest)
    return z, log_det + others


def compose_by_index(x, fs):
    log_dets = [torch.zeros(len(x), dtype=x.dtype)]
    for k in range(len(fs) - 1, -1, -1):
        x, log_det = fs[k].inverse(x)
        log_dets.append(log_det)
    return x, torch.stack(log_dets).sum(0)


def compose_by_reduce(x, fs):
    def step(state, f):
        z, log_det = f.inverse(state[0])
        return z, state[1] + log_det

    return reduce(step, fs[::-1], (x, torch.zeros_like(x.flatten(1)[:, 0])))


def compose_from_the_other_side(x, fs):
    todo, total = list(fs), x.detach().flatten(1).sum(1) * 0
    while todo:
        f = todo.pop()
        x, _ = f.inverse(x)
        total = total - f(x)[1]
    return x, total


def log_prob_by_forward(x, f, base_log_prob):
    z, _ = f.inverse(x)
    return base_log_prob(z) - f(z)[1]


def log_prob_in_place(x, f, base_log_prob):
    z, total = f.inverse(x)
    total = total.clone()
    total += base_log_prob(z)
    return total


def log_prob_summed(x, f, base_log_prob):
    back = f.inverse(x)
    return torch.stack([back[1], base_log_prob(back[0])]).sum(0)


def sample_off_the_graph(n, f, base, *, temperature=1.0, generator=None):
    with torch.no_grad():
        return f(base.sample(n, generator=generator, temperature=temperature))[0]


def sample_by_keywords(n, f, base, **given):
    z_0 = base.sample(n, **given)
    x, *_ = f.forward(z_0)
    return x


def sample_unpacked(n, f, base, temperature=1.0, generator=None):
    x, _ = f(base.sample(n, temperature=temperature, generator=generator))
    return x.detach()


EQUIVALENTS = {
    "change_of_variables": {
        "slogdet of 1x1 matrices": change_by_slogdet,
        "half the logarithm of the square": change_by_square,
        "the sign taken off by hand": change_by_sign,
        "autograd's derivative": change_by_autograd,
        "minus the logarithm of the derivative of f": change_by_vmap,
        "a loop over points": change_in_a_loop,
    },
    "couple": {
        "slices of a copy": couple_by_slices,
        "scales, the network asked twice": couple_by_scales,
        "scale 1 and shift 0 for the half that stays": couple_of_all,
        "a list, rows summed one by one": couple_as_a_list,
    },
    "uncouple": {
        "a division": uncouple_by_division,
        "slices of an empty tensor": uncouple_by_slices,
        "the bracket expanded": uncouple_expanded,
        "a list and einsum": uncouple_as_a_list,
    },
    "normal_log_prob": {
        "torch.distributions": lambda z: Independent(Normal(torch.zeros_like(z), 1.0), z.ndim - 1).log_prob(z),
        "a multivariate normal": lambda z: MultivariateNormal(
            torch.zeros_like(z.flatten(1)[0]), torch.eye(z[0].numel(), dtype=z.dtype)
        ).log_prob(z.flatten(1)),
        "a loop over entries": normal_in_a_loop,
        "each entry first, then a sum over dimensions": lambda z: (-(z**2) / 2 - math.log(math.sqrt(2 * math.pi))).sum(
            dim=tuple(range(1, z.ndim))
        ),
        "a mean times D": lambda z: -0.5 * z[0].numel() * (z.pow(2).flatten(1).mean(1) + math.log(math.tau)),
        "gaussian_nll_loss": lambda z: (
            -F.gaussian_nll_loss(z, torch.zeros_like(z), torch.ones_like(z), full=True, reduction="none").flatten(1).sum(1)
        ),
    },
    "compose_inverse": {
        "recursion": compose_recursively,
        "indices and a list of log-dets": compose_by_index,
        "functools.reduce over fs[::-1]": compose_by_reduce,
        "pop from a copy, log-dets of forward subtracted": compose_from_the_other_side,
    },
    "flow_log_prob": {
        "log_det of forward subtracted": log_prob_by_forward,
        "added in place": log_prob_in_place,
        "stacked and summed": log_prob_summed,
    },
    "flow_sample": {
        "no_grad": sample_off_the_graph,
        "keywords passed through": sample_by_keywords,
        "unpacked and detached": sample_unpacked,
    },
}
