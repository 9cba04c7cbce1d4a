import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from pgmkit.flows import AffineCoupling, Compose, Permute, ScaleShift, couple, uncouple
from pgmkit.flows.glow import conv_conditioner, conv_prior
from pgmkit.nets import mlp
from pgmkit.rng import fresh, seeded

from .cases import conditioner, couplings, randomise_


def by_hand(a):
    return a[..., :1] * 2, a[..., 1:] + 1


def test_couple_by_hand():
    """d = 3: the larger half (1, 5) stays; log_s = 2, t = 6."""
    x, log_det = couple(torch.tensor([[1.0, 5.0, 10.0]]), by_hand)
    assert_close(x, torch.tensor([[1.0, 5.0, 10 * math.exp(2) + 6]]))
    assert_close(log_det, torch.tensor([2.0]))
    z, log_det_back = uncouple(x, by_hand)
    assert_close(z, torch.tensor([[1.0, 5.0, 10.0]]))
    assert_close(log_det_back, torch.tensor([-2.0]))


def test_log_det_sums_over_every_position_of_an_image():
    z = torch.randn(2, 3, 4, 2, generator=fresh(0))
    _, log_det = couple(z, lambda a: (a, a))
    assert_close(log_det, z[..., 0].sum((1, 2)))


@pytest.mark.parametrize("run", [couple, uncouple])
def test_the_first_half_stays(run):
    z = torch.randn(4, 5, generator=fresh(0))
    with seeded(0):
        net = randomise_(conditioner(3, 2), 0)
    assert torch.equal(run(z, net)[0][:, :3], z[:, :3])


def test_a_fresh_coupling_is_the_identity():
    z = torch.randn(4, 6, generator=fresh(0))
    for f in (AffineCoupling(conditioner(3, 3)), couplings(6, 4), couplings(6, 3)):
        for run in (f, f.inverse):
            value, log_det = run(z)
            assert torch.equal(value, z)
            assert not log_det.any()


@pytest.mark.parametrize("count", [1, 2, 5, 6])
def test_couplings_are_couplings_and_swaps(count):
    with seeded(0):
        f = randomise_(couplings(4, count), 1)
    swap = Permute([2, 3, 0, 1])
    layers = []
    for i, net in enumerate(f.nets):
        layers += [AffineCoupling(net)] if i % 2 == 0 else [swap, AffineCoupling(net), swap]
    z = torch.randn(3, 4, generator=fresh(0))
    for run, slow in ((f, Compose(*layers)), (f.inverse, Compose(*layers).inverse)):
        for came, wanted in zip(run(z), slow(z), strict=True):
            assert_close(came, wanted)


def convolutions(net):
    return [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)]


@pytest.mark.parametrize("bound", [0.5, 2.0, 7.0])
def test_log_scales_are_bounded(bound):
    """bound tanh(r) on vectors, bound tanh(r / 2) on images."""
    net = nn.Linear(1, 2)
    vectors, images = ScaleShift(nn.Sequential(net), bound=bound), conv_prior(1, 1, bound=bound)
    (conv,) = convolutions(images)
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[1.0], [3.0]]))
        conv.weight[:, 0, 1, 1].copy_(torch.tensor([1.0, 3.0]))
    r = torch.linspace(-60, 60, 101)[:, None]
    for (log_s, t), wanted in ((vectors(r), r), ([v[:, 0, 0] for v in images(r[:, None, None])], r / 2)):
        assert_close(log_s, bound * wanted.tanh())
        assert_close(t, 3 * r)
        assert log_s.abs().max() <= bound


def test_the_last_layer_starts_at_zero_and_the_others_do_not():
    for first, *_, last in (ScaleShift(mlp(2, 4, 6)).net, convolutions(conv_conditioner(2, 3, hidden=4))):
        assert not last.weight.any()
        assert not last.bias.any()
        assert first.weight.all()


def test_a_convolution_sees_the_channels_last_as_channels():
    made = randomise_(conv_prior(3, 2), 0)
    (conv,) = convolutions(made)
    a = torch.randn(2, 5, 4, 3, generator=fresh(1))
    r, t = conv(a.permute(0, 3, 1, 2)).chunk(2, 1)
    log_s, shift = made(a)
    assert_close(log_s.permute(0, 3, 1, 2), 2 * (r / 2).tanh())
    assert_close(shift.permute(0, 3, 1, 2), t)


def test_a_conditioner_of_images_is_three_convolutions():
    """3x3, ReLU, 1x1, ReLU, 3x3: what stands in the paper, by PyTorch's convolutions."""
    made = randomise_(conv_conditioner(2, 3, hidden=4), 0)
    first, last = convolutions(made)[0], convolutions(made)[-1]
    weight, bias = (p for p in made.parameters() if p.shape[:2] in {(4, 4), (4,)} and all(p is not q for q in first.parameters()))
    a = torch.randn(2, 5, 4, 2, generator=fresh(1))
    hidden = nn.functional.conv2d(first(a.permute(0, 3, 1, 2)).relu(), weight.reshape(4, 4, 1, 1), bias).relu()
    r, t = last(hidden).chunk(2, 1)
    log_s, shift = made(a)
    assert_close(log_s.permute(0, 3, 1, 2), 2 * (r / 2).tanh())
    assert_close(shift.permute(0, 3, 1, 2), t)
