"""Other right answers to the exercises on actnorm, 1x1 convolutions and squeezing: all earn full marks."""

import math

import numpy as np
import torch
from torch.nn import functional as F


@torch.no_grad()
def start_by_dimensions(layer, x):
    if layer.training and not layer.initialised and len(x) > 0:
        over = tuple(range(x.ndim - 1))
        std = x.std(dim=over, unbiased=False)
        std[std == 0] = 1
        layer.b.copy_(x.mean(dim=over))
        layer.log_s.copy_(std.log())
        layer.initialised.fill_(True)


def start_by_data(layer, x):
    if not layer.training or layer.initialised.item() or not x.numel():
        return None
    rows = x.detach().reshape(-1, x.shape[-1])
    var, mean = torch.var_mean(rows, dim=0, correction=0)
    layer.b.data = mean
    layer.log_s.data = torch.where(var > 0, var.log() / 2, torch.zeros_like(var))
    layer.initialised = torch.tensor(True)
    return layer


def start_by_moments(layer, x):
    rows = x.detach().flatten(0, -2)
    if layer.initialised or not layer.training or rows.shape[0] == 0:
        return
    with torch.no_grad():
        mean = rows.sum(0) / len(rows)
        var = ((rows - mean) ** 2).sum(0) / len(rows)
        layer.b[:] = mean
        layer.log_s[:] = 0.5 * var.masked_fill(var == 0, 1).log()
    layer.initialised |= True


@torch.no_grad()
def start_in_numpy(layer, x):
    if layer.training and not bool(layer.initialised) and x.nelement() > 0:
        rows = x.detach().numpy().reshape(-1, x.shape[-1])
        std = np.std(rows, axis=0)
        layer.b.set_(torch.from_numpy(np.mean(rows, axis=0)))
        layer.log_s.set_(torch.from_numpy(np.log(np.where(std > 0, std, 1))))
        layer.initialised.copy_(torch.tensor(True))


@torch.no_grad()
def start_channel_by_channel(layer, x):
    if not layer.training or layer.initialised or len(x) == 0:
        return
    for i in range(x.shape[-1]):
        values = x[..., i].flatten()
        std = values.std(correction=0).item()
        layer.b[i] = values.mean()
        layer.log_s[i] = math.log(std) if std > 0 else 0.0
    layer.initialised.logical_not_()


def normalise_by_division(x, log_s, b):
    positions = x[0, ..., 0].numel()
    return (x - b) / log_s.exp(), torch.full_like(x.detach().flatten(1)[:, 0], -positions) * log_s.sum()


def normalise_every_entry(x, log_s, b):
    log_scales = -log_s.expand_as(x)
    return log_scales.exp() * (x - b), log_scales.flatten(1).sum(1)


def normalise_as_a_matrix(x, log_s, b):
    scales = torch.diag(torch.exp(-log_s))
    times = math.prod(x.shape[1:]) // x.shape[-1]
    return (x - b) @ scales, times * torch.linalg.slogdet(scales).logabsdet.repeat(len(x))


def normalise_affine(x, log_s, b):
    scale = torch.exp(-log_s)
    log_det = scale.log().sum() * (x.shape[1] * x.shape[2] if x.ndim == 4 else 1)
    return torch.addcmul(-b * scale, x, scale), log_det + torch.zeros(len(x), dtype=x.dtype)


def conv_by_einsum(x, weight):
    positions = x.numel() // (len(x) * x.shape[-1])
    return torch.einsum("ij,n...j->n...i", weight, x), positions * torch.linalg.slogdet(weight)[1].repeat(len(x))


def conv_by_conv2d(x, weight):
    image = x[:, None, None, :] if x.ndim == 2 else x  # (n, h, w, c)
    z = F.conv2d(image.permute(0, 3, 1, 2), weight[:, :, None, None]).permute(0, 2, 3, 1)
    log_det = image.shape[1] * image.shape[2] * torch.slogdet(weight).logabsdet
    return z.reshape(x.shape), log_det.expand(x.shape[0])


def conv_by_linear(x, weight):
    log_det = 0.5 * torch.logdet(weight @ weight.T)  # log|det W| = log det(W W^T) / 2
    return F.linear(x, weight), math.prod(x.shape[1:-1]) * log_det * torch.ones(len(x), dtype=x.dtype)


def conv_by_singular_values(x, weight):
    positions = x[0].numel() // x.shape[-1]
    return (weight @ x[..., None])[..., 0], torch.linalg.svdvals(weight).log().sum().mul(positions).expand(len(x))


def conv_by_lu(x, weight):
    _, _, upper = torch.linalg.lu(weight)
    log_det = upper.diagonal().abs().log().sum()
    return torch.tensordot(x, weight, dims=([-1], [1])), torch.stack([x[0, ..., 0].numel() * log_det] * len(x))


def unconv_by_solve(z, weight):
    x = torch.linalg.solve(weight, z.reshape(-1, z.shape[-1]).T).T.reshape(z.shape)
    return x, -z[0, ..., 0].numel() * torch.linalg.slogdet(weight).logabsdet.repeat(len(z))


def unconv_by_inverse_determinant(z, weight):
    inverse = torch.linalg.inv(weight)
    return torch.einsum("ij,n...j->n...i", inverse, z), (math.prod(z.shape[1:-1]) * torch.linalg.slogdet(inverse)[1]).expand(len(z))


def unconv_from_the_right(z, weight):
    x = torch.linalg.solve(weight.T, z, left=False) if z.ndim > 2 else torch.linalg.solve(weight, z[..., None])[..., 0]
    return x, -math.prod(z.shape[1:-1]) * torch.linalg.svdvals(weight).log().sum() * torch.ones(len(z), dtype=z.dtype)


def unconv_by_adjoint(z, weight):
    pseudo = torch.linalg.solve(weight.T @ weight, weight.T)  # (W^T W)^{-1} W^T
    log_det = -0.5 * torch.logdet(weight.T @ weight)
    return F.linear(z, pseudo), log_det.expand(len(z)) * (z.shape[1] * z.shape[2] if z.ndim == 4 else 1)


def squeeze_by_slices(x):
    return torch.cat([x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], dim=-1)


def squeeze_by_unshuffle(x):
    n, h, w, c = x.shape
    blocks = F.pixel_unshuffle(x.permute(0, 3, 1, 2), 2)  # (n, 4c, h/2, w/2), the channel slowest
    return blocks.reshape(n, c, 4, h // 2, w // 2).permute(0, 3, 4, 2, 1).reshape(n, h // 2, w // 2, 4 * c)


def squeeze_by_unflatten(x):
    return x.unflatten(1, (-1, 2)).unflatten(3, (-1, 2)).permute(0, 1, 3, 2, 4, 5).flatten(3)


def squeeze_by_unfold(x):
    return x.unfold(1, 2, 2).unfold(2, 2, 2).permute(0, 1, 2, 4, 5, 3).flatten(start_dim=3)


def squeeze_pixel_by_pixel(x):
    n, h, w, c = x.shape
    rows = [[x[:, y : y + 2, k : k + 2].reshape(n, 4 * c) for k in range(0, w, 2)] for y in range(0, h, 2)]
    return torch.stack([torch.stack(row, 1) for row in rows], 1)


def unsqueeze_by_slices(z):
    n, h, w, c = z.shape
    x = z.new_empty(n, 2 * h, 2 * w, c // 4)
    for p, part in enumerate(z.chunk(4, -1)):
        x[:, p // 2 :: 2, p % 2 :: 2] = part
    return x


def unsqueeze_by_shuffle(z):
    n, h, w, c = z.shape
    blocks = z.reshape(n, h, w, 4, c // 4).permute(0, 4, 3, 1, 2).reshape(n, c, h, w)
    return F.pixel_shuffle(blocks, 2).permute(0, 2, 3, 1)


def unsqueeze_by_stacks(z):
    a, b, c, d = z.chunk(4, -1)
    top, bottom = torch.stack([a, b], 3).flatten(2, 3), torch.stack([c, d], 3).flatten(2, 3)
    return torch.stack([top, bottom], 2).flatten(1, 2)


def unsqueeze_by_unflatten(z):
    return z.unflatten(3, (2, 2, -1)).permute(0, 1, 3, 2, 4, 5).flatten(3, 4).flatten(1, 2)


EQUIVALENTS = {
    "initialise_": {
        "reduced over dimensions": start_by_dimensions,
        "new data, var_mean, a new flag": start_by_data,
        "moments by hand, slices written": start_by_moments,
        "numpy": start_in_numpy,
        "channel by channel": start_channel_by_channel,
    },
    "normalise": {
        "a division": normalise_by_division,
        "every entry's log-scale": normalise_every_entry,
        "a diagonal matrix": normalise_as_a_matrix,
        "the bracket expanded": normalise_affine,
    },
    "conv1x1": {
        "einsum": conv_by_einsum,
        "F.conv2d": conv_by_conv2d,
        "F.linear, logdet of W W^T": conv_by_linear,
        "a column for each position, singular values": conv_by_singular_values,
        "tensordot, LU by hand": conv_by_lu,
    },
    "conv1x1_inverse": {
        "solve": unconv_by_solve,
        "the determinant of the inverse": unconv_by_inverse_determinant,
        "solve from the right": unconv_from_the_right,
        "normal equations": unconv_by_adjoint,
    },
    "squeeze": {
        "slices with steps": squeeze_by_slices,
        "pixel_unshuffle, its channels reordered": squeeze_by_unshuffle,
        "unflatten": squeeze_by_unflatten,
        "unfold": squeeze_by_unfold,
        "block by block": squeeze_pixel_by_pixel,
    },
    "unsqueeze": {
        "slices with steps": unsqueeze_by_slices,
        "pixel_shuffle, its channels reordered": unsqueeze_by_shuffle,
        "stacks": unsqueeze_by_stacks,
        "unflatten": unsqueeze_by_unflatten,
    },
}
