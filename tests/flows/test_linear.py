"""1x1 convolutions, permutations and affine maps: layers that are one matrix."""

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from pgmkit.flows import Affine, PlainConv1x1, PLUConv1x1, conv1x1, conv1x1_inverse
from pgmkit.flows import Permute as P
from pgmkit.rng import fresh, seeded

from .cases import randomise_

KINDS = pytest.mark.parametrize("kind", [PlainConv1x1, PLUConv1x1])
SIZES = pytest.mark.parametrize("channels", [1, 2, 3, 12])


def matrix_of(layer, channels):
    """W, from what the layer does to the unit vectors; the rows of z are its columns."""
    return layer.inverse(torch.eye(channels))[0].detach().T


def test_the_functions_are_pytorchs_convolution():
    x, weight = torch.randn(3, 4, 5, 6, generator=fresh(0)), torch.randn(6, 6, generator=fresh(1))
    z, log_det = conv1x1(x, weight)
    assert_close(z.permute(0, 3, 1, 2), F.conv2d(x.permute(0, 3, 1, 2), weight[:, :, None, None]))
    assert_close(log_det, (20 * weight.det().abs().log()).expand(3))
    back, log_det_back = conv1x1_inverse(z, weight)
    assert_close(back, x)
    assert_close(log_det_back, -log_det)


def test_row_i_of_the_matrix_makes_channel_i_of_z():
    z, _ = conv1x1(torch.tensor([[1.0, 10.0]]), torch.tensor([[2.0, 0.0], [3.0, 1.0]]))
    assert z.tolist() == [[2.0, 13.0]]


def test_a_negative_determinant_has_a_log_det():
    weight = torch.tensor([[0.0, 2.0], [3.0, 0.0]])
    assert_close(conv1x1(torch.zeros(1, 2), weight)[1], torch.tensor([6.0]).log())


@KINDS
@SIZES
def test_a_fresh_layer_is_a_rotation(kind, channels):
    with seeded(1):
        layer = kind(channels)
    weight = matrix_of(layer, channels)
    assert_close(weight @ weight.T, torch.eye(channels))
    assert_close(layer(torch.zeros(1, channels))[1], torch.zeros(1))


def test_one_seed_gives_both_kinds_the_same_rotation():
    layers = []
    for kind in (PlainConv1x1, PLUConv1x1):
        with seeded(2):
            layers.append(kind(5))
    assert_close(matrix_of(layers[0], 5), matrix_of(layers[1], 5))


@KINDS
@SIZES
def test_the_log_det_is_that_of_the_matrix(kind, channels):
    with seeded(1):
        layer = randomise_(kind(channels), 2)
    weight = matrix_of(layer, channels)
    for x, positions in ((torch.zeros(2, channels), 1), (torch.zeros(2, 3, 4, channels), 12)):
        wanted = (positions * torch.linalg.slogdet(weight).logabsdet).expand(2)
        assert_close(layer.inverse(x)[1], wanted)
        assert_close(layer(x)[1], -wanted)
    x = torch.randn(4, channels, generator=fresh(0))
    assert_close(layer.inverse(x)[0], x @ weight.T)


def test_plu_keeps_its_triangles_whatever_the_parameters_hold():
    """Entries of L on and above the diagonal, and of U on and below it, are no parameters: they change nothing."""
    with seeded(0):
        layer = PLUConv1x1(4)
    before = matrix_of(layer, 4)
    with torch.no_grad():
        layer.lower.add_(torch.ones(4, 4).triu())
        layer.upper.add_(torch.ones(4, 4).tril())
    assert_close(matrix_of(layer, 4), before)


def test_plu_can_only_learn_what_keeps_its_sign():
    with seeded(0):
        layer = PLUConv1x1(4)
    sign = matrix_of(layer, 4).det().sign()
    for seed in range(10):
        assert matrix_of(randomise_(layer, seed, 1.0), 4).det().sign() == sign


def test_permute_and_affine_by_hand():
    z = torch.tensor([[1.0, 2.0, 3.0]])
    assert P([2, 0, 1])(z)[0].tolist() == [[3.0, 1.0, 2.0]]
    assert P((1, 0, 2)).inverse(z)[0].tolist() == [[2.0, 1.0, 3.0]]
    x, log_det = Affine(torch.tensor([2.0, 0.5, 1.0]).log(), torch.tensor([0.0, 1.0, -1.0]))(z)
    assert_close(x, torch.tensor([[2.0, 2.0, 2.0]]))
    assert_close(log_det, torch.zeros(1))


def test_affine_has_parameters_of_its_own():
    log_s = torch.zeros(2)
    layer = Affine(log_s, log_s)
    with torch.no_grad():
        layer.log_s.add_(1.0)
    assert not log_s.any()
    assert not layer.b.any()
