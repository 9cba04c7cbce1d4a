"""Problem set 3: slips that students make, written as they write them, are called by their names."""

import math

import pytest
import torch
from claims import is_named, is_told, take
from torch.nn import functional as F

from pgmkit.flows import jacobian_log_det


def cut_by_two(z, net):
    d = z.shape[-1] // 2
    log_s, t = net(z[..., :d])
    return torch.cat([z[..., :d], z[..., d:] * log_s.exp() + t], -1), log_s.flatten(1).sum(1)


def cut_in_dimension_one(z, net):
    d = z.shape[1] // 2
    log_s, t = net(z[:, :d])
    return torch.cat([z[:, :d], z[:, d:] * log_s.exp() + t], 1), log_s.flatten(1).sum(1)


def bracket_forgotten(x, net):
    a, b = x.chunk(2, -1)
    log_s, t = net(a)
    return torch.cat([a, b - t * torch.exp(-log_s)], -1), -log_s.flatten(1).sum(1)


def reversed_for_good(x, fs):
    total = x.new_zeros(len(x))
    fs.reverse()
    for f in fs:
        x, log_det = f.inverse(x)
        total = total + log_det
    return x, total


def popped(x, fs):
    total = x.new_zeros(len(x))
    while len(fs):
        x, log_det = fs.pop(-1).inverse(x)
        total = total + log_det
    return x, total


def no_map_no_zeros(x, fs):
    log_dets = []
    for f in list(fs)[::-1]:
        x, log_det = f.inverse(x)
        log_dets.append(log_det)
    return x, sum(log_dets)


@torch.no_grad()
def as_one_writes_it_first(layer, x):
    if layer.training and not layer.initialised and x.numel() > 0:
        rows = x.reshape(-1, x.shape[-1])
        layer.b.copy_(rows.mean(0))
        layer.log_s.copy_((rows.var(0, correction=0) + 1e-5).sqrt().log())
        layer.initialised.fill_(True)


@torch.no_grad()
def log_of_std(layer, x):
    if layer.training and not layer.initialised and len(x):
        rows = x.reshape(-1, x.shape[-1])
        layer.b.copy_(rows.mean(0))
        layer.log_s.copy_(rows.std(0).log())
        layer.initialised.fill_(True)


@torch.no_grad()
def flag_as_bool(layer, x):
    if layer.training and not layer.initialised and len(x):
        layer.initialised = True


def without_the_decorator(layer, x):
    if layer.training and not layer.initialised and len(x):
        layer.b.copy_(x.flatten(0, -2).mean(0))


@torch.no_grad()
def assigned(layer, x):
    if layer.training and not layer.initialised and len(x):
        layer.b = x.flatten(0, -2).mean(0)


def unshuffled(x):
    return F.pixel_unshuffle(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)


def default_tolerance(f, z, *, tolerance=1e-6):
    x, log_det = f(z)
    back, log_det_back = f.inverse(x)
    wanted = jacobian_log_det(lambda z: f(z)[0], z)
    shapes = log_det.shape == log_det_back.shape == wanted.shape
    return shapes and torch.allclose(back, z) and torch.allclose(log_det, wanted) and torch.allclose(log_det_back, -wanted)


def round_trip(f, z, *, tolerance=1e-6):
    return bool((f.inverse(f(z)[0])[0] - z).abs().max() < tolerance)


SLIPS = {
    "clamp": ("change_of_variables", lambda x, f, df, lp: lp(f(x)) + df(x).clamp(1e-12).log(), "A negative derivative is clamped"),
    "item": (
        "change_of_variables",
        lambda x, f, df, lp: torch.tensor([lp(f(v[None])).item() + math.log(abs(df(v[None]).item())) for v in x]).double(),
        "The result is detached",
    ),
    "d // 2": ("couple", cut_by_two, "Where d is odd, the network is shown a half of the wrong size"),
    "[:, :d]": ("couple", cut_in_dimension_one, "The wrong dimension is sliced"),
    "no bracket": ("uncouple", bracket_forgotten, "The bracket is missing: x_b - t e^{-log_s}"),
    "sum(-1)": ("normal_log_prob", lambda z: torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1), "Only the last dimension is summed"),
    "reverse()": ("compose_inverse", reversed_for_good, "fs.reverse() wants a list"),
    "pop": ("compose_inverse", popped, "The list of maps is changed"),
    "sum of a list": ("compose_inverse", no_map_no_zeros, "The total is a plain 0"),
    "T outside": (
        "flow_sample",
        lambda n, f, base, *, temperature=1.0, generator=None: f(temperature * base.sample(n, generator=generator))[0],
        "The temperature multiplies the draws outside the base",
    ),
    "BatchNorm's epsilon": ("initialise_", as_one_writes_it_first, "An epsilon is added to the variance"),
    "std(0).log()": ("initialise_", log_of_std, "The deviation divides by n - 1, and a constant channel gets log 0"),
    "initialised = True": ("initialise_", flag_as_bool, "A plain True in place of the flag"),
    "no decorator": ("initialise_", without_the_decorator, "The decorator is gone"),
    "layer.b = mean": ("initialise_", assigned, "Tensors are assigned in the place of parameters"),
    "torch.logdet": (
        "conv1x1",
        lambda x, w: (x @ w.T, (math.prod(x.shape[1:-1]) * torch.logdet(w)).expand(len(x))),
        "The logarithm of a determinant without its absolute value",
    ),
    "W^T": (
        "conv1x1_inverse",
        lambda z, w: (z @ w, -(math.prod(z.shape[1:-1]) * torch.linalg.slogdet(w)[1]).expand(len(z))),
        "The transpose in place of the inverse",
    ),
    "pixel_unshuffle": ("squeeze", unshuffled, "The channel comes before the pixel of the block"),
    "reshape": ("squeeze", lambda x: x.reshape(len(x), x.shape[1] // 2, x.shape[2] // 2, -1), "A plain reshape"),
    "nats": ("bits_per_dim", lambda log_px, dims, bins: -(log_px - dims * math.log(bins)) / dims, "Nats, not bits"),
    "rand_like": ("dequantise", lambda k, bins, *, generator=None: (k + torch.rand_like(k)) / bins, "The generator is ignored"),
    "round trip": ("keeps_contract", round_trip, "Only the round trip is tested"),
    "allclose's own tolerance": ("keeps_contract", default_tolerance, "The tolerance that came is ignored"),
}


@pytest.mark.parametrize("name, answer, title", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_named_however_it_is_written(name, answer, title):
    is_named(name, answer, title)


CRASHES = {
    "a pair not taken apart": ("keeps_contract", lambda f, z, *, tolerance=1e-6: f(z).shape == z.shape, "take it apart first"),
    "x on the right": ("conv1x1", lambda x, w: (w @ x, torch.linalg.slogdet(w)[1].expand(len(x))), "In A @ B"),
    "a half changed in place": ("couple", lambda z, net: z.chunk(2, -1)[1].mul_(net(z.chunk(2, -1)[0])[0].exp()), "changed in place"),
}


@pytest.mark.parametrize("name, answer, words", CRASHES.values(), ids=CRASHES)
def test_a_crash_is_told_in_other_words(name, answer, words):
    is_told(name, answer, words)


def test_one_draw_at_a_time_is_a_right_way_to_sample():
    def one_by_one(n, f, base, *, temperature=1.0, generator=None):
        return torch.cat([f(base.sample(1, temperature=temperature, generator=generator))[0] for _ in range(n)])

    assert take("flow_sample", one_by_one).score == 1.5
