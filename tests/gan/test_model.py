import pytest
import torch
from torch import nn

from pgmkit.gan import Implicit
from pgmkit.nets import mlp
from pgmkit.rng import fresh, randn


def test_sample_is_the_net_at_the_latents():
    model = Implicit(mlp(3, 4, 2), 3)
    z = model.latent(6, generator=fresh(1))
    assert torch.equal(z, randn(6, 3, generator=fresh(1), like=torch.zeros(())))
    x = model.sample(6, generator=fresh(1))
    torch.testing.assert_close(x, model.net(z))
    torch.testing.assert_close(model(z), x)


def test_samples_are_on_the_graph_of_theta():
    model = Implicit(nn.Linear(2, 2), 2)
    model.sample(5, generator=fresh(0)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    assert not model.latent(5).requires_grad


def test_theta_is_the_net_alone():
    net = nn.Linear(2, 2)
    model = Implicit(net, 2)
    assert list(model.parameters()) == list(net.parameters())
    assert set(model.state_dict()) == {"net.weight", "net.bias"}


def test_latents_follow_the_model_to_another_dtype():
    model = Implicit(nn.Linear(2, 3), 2)
    wanted = model.sample(4, generator=fresh(0))
    model = model.float()
    assert model.latent(4).dtype == torch.float32
    torch.testing.assert_close(model.sample(4, generator=fresh(0)).double(), wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("n", [1, 5])
def test_samples_may_have_any_shape(n):
    model = Implicit(nn.Sequential(nn.Linear(2, 12), nn.Unflatten(1, (3, 2, 2))), 2)
    assert model.sample(n).shape == (n, 3, 2, 2)
