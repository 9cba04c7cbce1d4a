import pytest
import torch
from torch import nn

from pgmkit.nets import mlp, score_mlp
from pgmkit.rng import seeded


def test_layers_in_order_and_no_activation_at_the_end():
    net = mlp(2, 5, 4, 3, activation=nn.Tanh)
    assert [type(layer) for layer in net] == [nn.Linear, nn.Tanh, nn.Linear, nn.Tanh, nn.Linear]
    assert [(layer.in_features, layer.out_features) for layer in net[::2]] == [(2, 5), (5, 4), (4, 3)]


def test_two_widths_make_one_linear_map():
    net = mlp(3, 2)
    x = torch.randn(4, 3)
    assert len(net) == 1
    torch.testing.assert_close(net(x), x @ net[0].weight.T + net[0].bias)


def test_default_activation_is_relu_and_each_place_has_its_own_module():
    net = mlp(2, 3, 3, 1, activation=nn.PReLU)
    assert net[1] is not net[3]
    assert isinstance(mlp(2, 3, 1)[1], nn.ReLU)


def test_an_activation_with_arguments_comes_as_a_function():
    assert mlp(2, 3, 1, activation=lambda: nn.LeakyReLU(0.2))[1].negative_slope == 0.2


@pytest.mark.parametrize("n", [1, 6])
def test_score_is_one_number_for_each_row(n):
    with seeded(0):
        net, plain = score_mlp(2, 8, 8), None
    with seeded(0):
        plain = mlp(2, 8, 8, 1)
    x = torch.randn(n, 2)
    assert net(x).shape == (n,)
    torch.testing.assert_close(net(x), plain(x)[:, 0])


def test_parameters_take_the_default_dtype():
    assert {p.dtype for p in mlp(2, 3, 1).parameters()} == {torch.float64}
    torch.set_default_dtype(torch.float32)
    assert {p.dtype for p in score_mlp(2, 3).parameters()} == {torch.float32}
