import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from pgmkit.gan import discriminator_loss, generator_loss, r1_penalty

EXTREME = [-1000.0, -200.0, 0.0, 200.0, 1000.0]


def logits(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(1)).requires_grad_()


@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 3)])
def test_discriminator_loss_is_the_formula(n, m):
    real, fake = logits(n), 2 * logits(m)
    wanted = -real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()
    torch.testing.assert_close(discriminator_loss(real, fake), wanted)


def test_discriminator_loss_is_two_cross_entropies():
    real, fake = logits(5), -logits(7)
    wanted = binary_cross_entropy_with_logits(real, torch.ones(5)) + binary_cross_entropy_with_logits(fake, torch.zeros(7))
    torch.testing.assert_close(discriminator_loss(real, fake), wanted)


def test_at_logits_zero():
    zero = torch.zeros(4)
    assert float(discriminator_loss(zero, zero)) == pytest.approx(2 * math.log(2))
    assert float(generator_loss(zero)) == pytest.approx(math.log(2))
    assert float(generator_loss(zero, saturating=True)) == pytest.approx(-math.log(2))


def test_generator_losses_are_the_formulas():
    fake = logits(6)
    torch.testing.assert_close(generator_loss(fake), -fake.sigmoid().log().mean())
    torch.testing.assert_close(generator_loss(fake, saturating=True), (1 - fake.sigmoid()).log().mean())


def test_saturating_and_other_pull_the_same_way_with_different_strength():
    fake = torch.full((1,), -8.0, requires_grad=True)  # D is sure that this sample is false
    (weak,) = torch.autograd.grad(generator_loss(fake, saturating=True), fake)
    (strong,) = torch.autograd.grad(generator_loss(fake), fake)
    assert -1e-3 < float(weak) < 0
    assert float(strong) == pytest.approx(-1, abs=1e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    "loss",
    [discriminator_loss, lambda r, f: generator_loss(f), lambda r, f: generator_loss(f, saturating=True)],
    ids=["discriminator", "generator", "saturating"],
)
def test_finite_with_finite_gradients_at_extreme_logits(loss, dtype):
    real, fake = (torch.tensor(EXTREME, dtype=dtype, requires_grad=True) for _ in range(2))
    value = loss(real, fake)
    value.backward()
    assert value.dtype == dtype
    assert value.isfinite()
    assert fake.grad.isfinite().all()
    assert fake.grad.any()


def test_a_sure_and_wrong_discriminator_pays_in_proportion():
    far = torch.tensor([1000.0])
    assert float(discriminator_loss(-far, far)) == pytest.approx(2000)
    assert float(discriminator_loss(far, -far)) == 0
    assert float(generator_loss(-far)) == pytest.approx(1000)
    assert float(generator_loss(far, saturating=True)) == pytest.approx(-1000)


def test_gradcheck():
    assert torch.autograd.gradcheck(discriminator_loss, (logits(4), logits(3)))
    assert torch.autograd.gradcheck(generator_loss, (logits(4),))
    assert torch.autograd.gradcheck(lambda f: generator_loss(f, saturating=True), (logits(4),))


def test_r1_of_a_known_gradient():
    """D(x) = sum_i a_i x_i^2, so that |grad D|^2 = 4 sum_i a_i^2 x_i^2."""
    a = torch.tensor([1.0, -2.0, 0.5], requires_grad=True)
    x = logits(6, 3)
    wanted = 4 * (a.square() * x.square()).sum(1).mean() / 2
    came = r1_penalty(x, (a * x.square()).sum(1))
    torch.testing.assert_close(came, wanted)
    torch.testing.assert_close(torch.autograd.grad(came, a)[0], torch.autograd.grad(wanted, a)[0])


def test_r1_takes_the_norm_over_all_dimensions_of_one_x():
    x = logits(4, 2, 3)
    assert float(r1_penalty(x, 3 * x.sum((1, 2)))) == pytest.approx(9 * 6 / 2)


def test_r1_gradcheck():
    net = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1), torch.nn.Flatten(0))
    x = logits(3, 2)

    def penalty(weight):
        return r1_penalty(x, torch.func.functional_call(net, {"0.weight": weight}, x))

    assert torch.autograd.gradcheck(penalty, (net[0].weight.detach().clone().requires_grad_(),))
