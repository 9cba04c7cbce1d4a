import pytest
import torch
from torch import nn

from pgmkit.gan import clip_weights_, critic_loss, gradient_penalty, mlp_lipschitz_bound, wgan_generator_loss
from pgmkit.nets import mlp, score_mlp
from pgmkit.rng import fresh, seeded


def draw(*shape, seed=0):
    return torch.randn(shape, generator=fresh(seed))


def test_losses_are_the_formulas():
    real, fake = draw(5), draw(3, seed=1)
    torch.testing.assert_close(critic_loss(real, fake), fake.sum() / 3 - real.sum() / 5)
    torch.testing.assert_close(wgan_generator_loss(fake), -fake.sum() / 3)


def test_losses_pull_against_each_other():
    real, fake = draw(5).requires_grad_(), draw(4, seed=1).requires_grad_()
    up, down = torch.autograd.grad(critic_loss(real, fake), (real, fake))
    (raised,) = torch.autograd.grad(wgan_generator_loss(fake), fake)
    torch.testing.assert_close(up, torch.full((5,), -1 / 5))
    torch.testing.assert_close(down, torch.full((4,), 1 / 4))
    torch.testing.assert_close(raised, -down)


def test_losses_at_extreme_scores():
    far = torch.tensor([1e30, -1e30, 1000.0], requires_grad=True)
    for value in (critic_loss(far, far.detach()), wgan_generator_loss(far)):
        assert value.isfinite()
        assert torch.autograd.grad(value, far)[0].isfinite().all()


@pytest.mark.parametrize("bound", [0.01, 0.3, 5])
def test_clip_clamps_every_parameter(bound):
    with seeded(0):
        net = score_mlp(2, 16, 16)
    before = [p.detach().clone() for p in net.parameters()]
    assert clip_weights_(net, bound) is None
    for old, new in zip(before, net.parameters(), strict=True):
        torch.testing.assert_close(new.detach(), old.clamp(-bound, bound), rtol=0, atol=0)


def test_clip_keeps_parameters_gradients_and_buffers():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    net[1].running_mean.fill_(9.0)
    net(5 * draw(6, 2)).sum().backward()
    parameters = list(net.parameters())
    places, gradients = [p.data_ptr() for p in parameters], [p.grad.clone() for p in parameters]
    buffers = {name: b.clone() for name, b in net.named_buffers()}
    clip_weights_(net, 0.1)
    assert all(old is new for old, new in zip(parameters, net.parameters(), strict=True))
    assert [p.data_ptr() for p in net.parameters()] == places
    for p, gradient in zip(parameters, gradients, strict=True):
        assert p.requires_grad
        assert p.is_leaf
        assert torch.equal(p.grad, gradient)
    assert all(torch.equal(b, buffers[name]) for name, b in net.named_buffers())
    assert float(net[1].weight.detach().max()) == 0.1


def test_clip_lets_an_optimizer_go_on():
    net = nn.Linear(1, 1, bias=False)
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    for _ in range(3):
        optimizer.zero_grad()
        (-net(torch.ones(1, 1))).sum().backward()
        optimizer.step()
        clip_weights_(net, 0.5)
    assert float(net.weight.detach()) == 0.5


@pytest.mark.parametrize("slope", [5.0, 1.0, 0.25])  # steep, right, and flat: both sides of 1 pay
def test_penalty_of_a_linear_critic(slope):
    w = (slope * torch.tensor([0.6, -0.8])).requires_grad_()
    came = gradient_penalty(lambda x: x @ w, draw(6, 2), draw(6, 2, seed=1), torch.rand(6, generator=fresh(2)))
    assert came.item() == pytest.approx((slope - 1) ** 2)
    torch.testing.assert_close(torch.autograd.grad(came, w)[0], 2 * (slope - 1) * w.detach() / slope)


@pytest.mark.parametrize("shape", [(3,), (2, 2, 2)])
def test_penalty_of_a_quadratic_critic_at_the_mixed_points(shape):
    """D(x) = |x|^2 / 2 has gradient x, so the penalty is E[(|x_hat| - 1)^2] at x_hat = eps real + (1 - eps) fake."""
    real, fake = draw(5, *shape), 3 * draw(5, *shape, seed=1) + 1
    eps = torch.tensor([0.0, 1.0, 0.5, 0.2, 0.9])
    x_hat = torch.stack([e * r + (1 - e) * f for e, r, f in zip(eps, real, fake, strict=True)])
    wanted = (x_hat.flatten(1).norm(dim=1) - 1).square().mean()
    torch.testing.assert_close(gradient_penalty(lambda x: x.flatten(1).square().sum(1) / 2, real, fake, eps), wanted)


def test_penalty_gives_nothing_to_its_samples():
    w = torch.ones(2, requires_grad=True)
    real, fake = draw(4, 2).requires_grad_(), draw(4, 2, seed=1).requires_grad_()
    gradient_penalty(lambda x: (w * x.square()).sum(1), real, fake, torch.full((4,), 0.5)).backward()
    assert (real.grad, fake.grad) == (None, None)
    assert w.grad.any()


def test_penalty_gradcheck():
    with seeded(0):
        net = nn.Sequential(*mlp(2, 5, 1, activation=nn.Tanh), nn.Flatten(0))
    real, fake, eps = draw(4, 2), draw(4, 2, seed=1), torch.rand(4, generator=fresh(0))

    def penalty(weight):
        return gradient_penalty(lambda x: torch.func.functional_call(net, {"0.weight": weight}, x), real, fake, eps)

    assert torch.autograd.gradcheck(penalty, (net[0].weight.detach().clone().requires_grad_(),))


ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky": lambda: nn.LeakyReLU(0.2),
    "steep leaky": lambda: nn.LeakyReLU(-3.0),
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
    "identity": nn.Identity,
}


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=list(ACTIVATIONS))
@pytest.mark.parametrize("seed", range(3))
def test_bound_is_above_every_sampled_slope(activation, seed):
    with seeded(seed):
        net = score_mlp(3, 8, 8, activation=activation)
    x, y = 3 * draw(500, 3, seed=seed), 3 * draw(500, 3, seed=seed + 1)
    y[:250] = x[:250] + 1e-3 * y[:250]  # near pairs, where slopes are steepest
    with torch.no_grad():
        slopes = (net(x) - net(y)).abs() / (x - y).norm(dim=1)
    bound = mlp_lipschitz_bound(net)
    assert float(slopes.max()) <= bound * (1 + 1e-9)
    assert float(slopes.max()) > 0


def test_bound_is_tight_for_one_linear_layer():
    net = mlp(4, 3)
    _, values, right = torch.linalg.svd(net[0].weight.detach())
    assert mlp_lipschitz_bound(net) == pytest.approx(float(values[0]))
    step = (net(right[:1]) - net(torch.zeros(1, 4))).detach()[0]
    assert float(step.norm()) == pytest.approx(mlp_lipschitz_bound(net))


@pytest.mark.parametrize(
    ("activation", "at", "slope"),
    [(nn.ReLU(), 1.0, 1), (nn.Tanh(), 0.0, 1), (nn.Sigmoid(), 0.0, 0.25), (nn.LeakyReLU(3.0), -1.0, 3), (nn.Softplus(), 30.0, 1)],
    ids=["relu", "tanh", "sigmoid", "leaky", "softplus"],
)
def test_slopes_of_activations_are_reached(activation, at, slope):
    x = torch.tensor(at, requires_grad=True)
    (steepest,) = torch.autograd.grad(activation(x), x)
    assert float(steepest) == pytest.approx(slope)
    assert mlp_lipschitz_bound(nn.Sequential(activation)) == slope


def test_bound_is_a_product_and_clipping_caps_it():
    with seeded(1):
        net = score_mlp(2, 16, 16)
    norms = [float(torch.linalg.svdvals(layer.weight.detach())[0]) for layer in net if isinstance(layer, nn.Linear)]
    assert mlp_lipschitz_bound(net) == pytest.approx(norms[0] * norms[1] * norms[2])
    assert isinstance(mlp_lipschitz_bound(net), float)
    clip_weights_(net, 0.01)
    frobenius = 0.01**3 * (2 * 16 * 16 * 16 * 16) ** 0.5
    assert mlp_lipschitz_bound(net) <= frobenius * (1 + 1e-9)
