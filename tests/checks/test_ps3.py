"""Problem set 3: what must be caught has a name, borrowing in a roundabout way earns nothing, and credit is partial."""

import inspect
import math

import pytest
import torch
from claims import has_points, is_borrowed, lost, names_mistakes, take

from pgmkit import flows
from pgmkit.checks import PROBLEM_SETS
from pgmkit.checks.flows.contract_probe import both, ways

PS3 = {exam.name: exam for exam in PROBLEM_SETS["ps3"]}
POINTS = {
    "change_of_variables": 5,
    "couple": 5,
    "uncouple": 4,
    "normal_log_prob": 2,
    "compose_inverse": 3,
    "flow_log_prob": 1.5,
    "flow_sample": 1.5,
    "initialise_": 4,
    "normalise": 3,
    "conv1x1": 4,
    "conv1x1_inverse": 3,
    "squeeze": 3,
    "unsqueeze": 2,
    "bits_per_dim": 3,
    "dequantise": 2,
    "keeps_contract": 4,
}
MUST_CATCH = {
    "change_of_variables": ("absolute value is missing", "subtracted", "at z", "derivative of f in place"),
    "couple": ("sign of the inverse", "summed over the batch", "Both halves change", "sees the half that changes", "not exponentiated"),
    "uncouple": ("sign of couple", "summed over the batch", "Both halves change", "sees the half that changed", "not exponentiated"),
    "normal_log_prob": ("not summed", "log(2 pi) is missing"),
    "compose_inverse": ("E4", "log-dets are subtracted"),
    "flow_log_prob": ("log_det is subtracted",),
    "flow_sample": ("temperature is put on x", "generator is ignored"),
    "initialise_": ("with every batch", "evaluation mode", "last dimension", "One number for all channels", "flag is never set"),
    "normalise": ("number of positions",),
    "conv1x1": ("number of positions", "without its absolute value", "leaves floating point"),
    "conv1x1_inverse": ("transpose in place of the inverse", "number of positions", "without its absolute value", "leaves floating point"),
    "squeeze": ("plain reshape", "channel comes before", "Height and width"),
    "unsqueeze": ("plain reshape", "come before", "Height and width"),
    "bits_per_dim": ("Nats", "added", "log2(bins) is missing", "size of the batch"),
    "dequantise": ("[-1/2, 1/2)", "[-1, 1)", "One noise for the whole batch"),
    "keeps_contract": ("Only the round trip is tested", "log-dets cancel", "too loose", "first row", "z = 0", "absolute value"),
}
norm_by_another_name = flows.normal_log_prob


def test_points_and_order():
    has_points("ps3", POINTS)


@pytest.mark.parametrize("name", PS3)
def test_what_the_syllabus_wants_caught_has_a_name(name):
    names_mistakes(name, MUST_CATCH[name])


class Half(torch.nn.Module):
    """A conditioner as a module, from one that is only a function."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, a):
        return self.net(a)


def start(layer, x):
    twin = flows.ActNorm(x.shape[-1]).double()
    twin(x) if layer.initialised else twin.inverse(x)
    layer.b.data, layer.log_s.data = twin.b.data, twin.log_s.data


BORROWERS = {
    "an alias imported before": ("normal_log_prob", lambda z: norm_by_another_name(z)),
    "the base's own method": ("normal_log_prob", lambda z: flows.StandardNormal(*z.shape[1:]).log_prob(z)),
    "a coupling layer": ("couple", lambda z, net: flows.AffineCoupling(Half(net))(z)),
    "a layer of couplings": ("couple", lambda z, net: flows.Couplings(Half(net))(z)),
    "couplings undone": ("uncouple", lambda x, net: flows.Couplings(Half(net)).inverse(x)),
    "the composition forward, of inverses": (
        "compose_inverse",
        lambda x, fs: flows.compose_forward(x, [lambda v, f=f: f.inverse(v) for f in reversed(fs)]),
    ),
    "an affine layer": ("normalise", lambda x, log_s, b: flows.Affine(log_s, b).inverse(x)),
    "denormalise turned round": ("normalise", lambda x, log_s, b: flows.denormalise(x - b, -log_s, 0 * b)),
    "an actnorm layer": ("initialise_", start),
    "the inverse as a convolution": ("conv1x1_inverse", lambda z, weight: flows.conv1x1(z, weight.inverse())),
    "a squeeze layer": ("squeeze", lambda x: flows.Squeeze().inverse(x)[0]),
    "a squeeze layer forward": ("unsqueeze", lambda z: flows.Squeeze()(z)[0]),
}


@pytest.mark.parametrize("name, answer", BORROWERS.values(), ids=BORROWERS)
def test_borrowed_through_another_function(name, answer):
    is_borrowed(name, answer)


def test_the_library_answers_again_after_an_exam():
    take("normal_log_prob", norm_by_another_name)
    take("initialise_", flows.initialise_)
    assert norm_by_another_name(torch.zeros(1, 2)).item() == pytest.approx(-math.log(2 * math.pi))
    layer = flows.ActNorm(2)
    flows.initialise_(layer, torch.tensor([[1.0, 0.0], [5.0, 0.0]]))
    assert layer.b.tolist() == [3, 0] and layer.initialised


def bits(log_px, dims, bins):
    return math.log2(bins) - log_px / (dims * math.log(2))


def halves(z, net, *, log_det=lambda log_s: log_s.flatten(1).sum(1)):
    a, b = z.chunk(2, -1)
    log_s, t = net(a)
    return torch.cat([a, b * log_s.exp() + t], -1), log_det(log_s)


PARTIAL = {
    "increasing maps only": ("change_of_variables", lambda x, f, df, lp: lp(f(x)) + df(x).log(), 3.5),
    "right but detached": ("change_of_variables", lambda x, f, df, lp: (lp(f(x)) + df(x).abs().log()).detach(), 3.5),
    "x alone": ("couple", lambda z, net: (halves(z, net)[0], None), 2.5),
    "log_det alone": ("couple", lambda z, net: (None, halves(z, net)[1]), 2.5),
    "vectors only": ("couple", lambda z, net: halves(z, net, log_det=lambda log_s: log_s.sum(1)), 4.25),
    "no log-det of 64 channels": (
        "conv1x1",
        lambda x, w: (x @ w.T, (math.prod(x.shape[1:-1]) * w.det().abs().log()).expand(len(x))),
        3.5,
    ),
    "256 always": ("bits_per_dim", lambda log_px, dims, bins: bits(log_px, dims, 256), 1.5),
    "detached bits": ("bits_per_dim", lambda log_px, dims, bins: bits(log_px, dims, bins).detach(), 2.5),
}


@pytest.mark.parametrize("name, answer, points", PARTIAL.values(), ids=PARTIAL)
def test_partial_credit(name, answer, points):
    for seed in (0, 3):
        assert take(name, answer, seed).score == points


def crash_on_call(name, k):
    """The reference's own code, except that its k-th call fails."""
    original, count = inspect.unwrap(PS3[name].reference), [0]
    right = type(original)(original.__code__, original.__globals__, name, original.__defaults__, original.__closure__)
    right.__kwdefaults__ = original.__kwdefaults__

    def answer(*args, **kwargs):
        count[0] += 1
        if count[0] == k:
            raise RuntimeError("this call failed")
        with torch.set_grad_enabled(name != "initialise_"):
            return right(*args, **kwargs)

    return answer


@pytest.mark.parametrize("name", PS3)
def test_one_crash_costs_one_observation(name):
    verdict = take(name, crash_on_call(name, 2))
    assert len(lost(verdict)) == 1
    assert 0 < verdict.score < verdict.points


def test_no_layer_of_the_contract_tells_by_its_code_what_it_is():
    reports = [report for pair in [both(), *ways().values()] for report in pair]
    assert len({report.__code__ for report in reports}) == 1 and len({report.__qualname__ for report in reports}) == 1
