import math
from itertools import product

import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr

from pgmkit.gan import (
    game_value,
    gan_value_at_optimum,
    generator_kl_view,
    js_divergence,
    kl_divergence,
    optimal_discriminator,
)

SEEDS = range(5)


def draw(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def pair(*shape, seed=0):
    """Two random distributions over the last dimension."""
    return (2 * draw(2, *shape, seed=seed)).softmax(-1)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_discriminator_on_a_fine_grid_beats_the_optimal_one(seed):
    """V splits over x, so the best grid value is reached by enumerating D(x) for each x on its own."""
    p, q = pair(4, seed=seed)
    best = optimal_discriminator(p.log(), q.log())
    levels = torch.linspace(0.001, 0.999, 999)
    for x in range(4):
        others = best.repeat(len(levels), 1)
        others[:, x] = levels
        values = game_value(p.expand(999, 4), q.expand(999, 4), others)
        assert (values <= game_value(p, q, best) + 1e-12).all()
        assert abs(levels[values.argmax()] - best[x]) <= 0.0006


def test_no_discriminator_on_a_joint_grid_beats_the_optimal_one():
    p, q = pair(3)
    rivals = torch.tensor(list(product(torch.linspace(0.02, 0.98, 33).tolist(), repeat=3)))
    values = game_value(p.expand_as(rivals), q.expand_as(rivals), rivals)
    assert values.max() <= gan_value_at_optimum(p, q)
    assert values.max() > gan_value_at_optimum(p, q) - 0.01


def test_optimal_discriminator_is_the_ratio_and_swaps():
    p, q = pair(6)
    best = optimal_discriminator(p.log(), q.log())
    torch.testing.assert_close(best, p / (p + q))
    torch.testing.assert_close(optimal_discriminator(q.log(), p.log()), 1 - best)


def test_optimal_discriminator_where_densities_under_and_overflow():
    log_p, log_q = torch.tensor([-2000.0, 900.0, -5000.0, -math.inf]), torch.tensor([-2001.0, 900.0, 0.0, 0.0])
    wanted = torch.tensor([1 / (1 + math.exp(-1)), 0.5, 0.0, 0.0])
    torch.testing.assert_close(optimal_discriminator(log_p, log_q), wanted)


def test_optimal_discriminator_gradcheck():
    assert torch.autograd.gradcheck(optimal_discriminator, (draw(5).requires_grad_(), draw(5, seed=1).requires_grad_()))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shape", [(2,), (7,), (3, 4)])
def test_divergences_against_scipy(shape, seed):
    p, q = pair(*shape, seed=seed)
    torch.testing.assert_close(kl_divergence(p, q), torch.tensor(rel_entr(p.numpy(), q.numpy()).sum(-1)))
    torch.testing.assert_close(js_divergence(p, q), torch.tensor(jensenshannon(p.numpy(), q.numpy(), axis=-1) ** 2))
    torch.testing.assert_close(js_divergence(p, q), js_divergence(q, p))


def test_divergences_with_zeros():
    p, q = torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.0, 0.25, 0.75])
    assert float(kl_divergence(p, q)) == math.inf
    assert float(kl_divergence(p, p)) == 0
    assert float(js_divergence(p, q)) == pytest.approx(jensenshannon(p.numpy(), q.numpy()) ** 2)
    assert float(js_divergence(p, p)) == pytest.approx(0, abs=1e-15)
    assert float(js_divergence(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]))) == pytest.approx(math.log(2))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shape", [(2,), (6,), (4, 3)])
def test_value_at_the_optimum_is_the_value_of_the_optimum(shape, seed):
    p, q = pair(*shape, seed=seed)
    value = gan_value_at_optimum(p, q)
    assert value.shape == shape[:-1]
    torch.testing.assert_close(value, game_value(p, q, optimal_discriminator(p.log(), q.log())))
    torch.testing.assert_close(value, 2 * js_divergence(p, q) - math.log(4))


def test_value_at_the_optimum_between_its_bounds():
    p, q = torch.tensor([0.5, 0.5, 0.0, 0.0]), torch.tensor([0.0, 0.0, 0.5, 0.5])
    assert float(gan_value_at_optimum(p, p)) == pytest.approx(-math.log(4))
    assert float(gan_value_at_optimum(p, q)) == pytest.approx(0)
    assert float(game_value(p, q, (p > 0).double())) == 0


def test_game_value_is_the_formula():
    p, q = pair(5)
    d = draw(5, seed=3).sigmoid()
    assert float(game_value(p, q, d)) == pytest.approx(float((p * d.log() + q * (1 - d).log()).sum()))
    assert float(game_value(p, q, torch.full_like(p, 0.5))) == pytest.approx(-math.log(4))


def test_gradient_of_the_divergence_in_the_generator():
    """d 2 JSD(p, q_theta) / d theta against finite differences through the softmax."""
    p = pair(4)[0]
    assert torch.autograd.gradcheck(lambda t: js_divergence(p, t.softmax(-1)), (draw(4, seed=2).requires_grad_(),))
    assert torch.autograd.gradcheck(lambda t: gan_value_at_optimum(p, t.softmax(-1)), (draw(4, seed=2).requires_grad_(),))


def slope(value, theta):
    return torch.autograd.grad(value, theta, retain_graph=True)[0]


def hu(seed, *, optimal):
    """A random softmax generator, random data, a random or the optimal D, and the gradients of both generator losses."""
    theta = draw(6, seed=seed).requires_grad_()
    p_g, p_data = theta.softmax(0), draw(6, seed=seed + 100).softmax(0)
    d = optimal_discriminator(p_data.log(), p_g.detach().log()) if optimal else draw(6, seed=seed + 200).sigmoid()
    view = generator_kl_view(p_g, p_data, d)
    return theta, view, slope(-(p_g * d.log()).sum() / 2, theta), slope((p_g * (1 - d).log()).sum() / 2, theta)


@pytest.mark.parametrize("optimal", [False, True], ids=["any D", "optimal D"])
@pytest.mark.parametrize("seed", range(20))
def test_hu_identity_holds_only_with_jsd_and_only_without_saturation(seed, optimal):
    theta, view, step, saturating = hu(seed, optimal=optimal)
    total = slope(view.total, theta)
    assert (total - step).norm() < 1e-10
    without = slope(view.total + view.jsd, theta)
    assert (without - step).norm() > 1e-4
    assert (total - saturating).norm() > 1e-4


def test_kl_view_parts():
    p_g, p_data = pair(5)
    d = draw(5, seed=9).sigmoid()
    view = generator_kl_view(p_g, p_data, d)
    p_0 = (p_g + p_data) / 2
    q_0, q_1 = d * p_0 / (d * p_0).sum(), (1 - d) * p_0 / ((1 - d) * p_0).sum()
    torch.testing.assert_close(view.kl_generated, (p_g * (p_g / q_0).log()).sum())
    torch.testing.assert_close(view.kl_data, (p_data * (p_data / q_1).log()).sum())
    torch.testing.assert_close(view.total, (view.kl_generated + view.kl_data) / 2 - view.jsd)


def test_at_the_optimal_discriminator_the_target_is_the_data():
    """q^r_0, proportional to D* p_0, is p_data: so the first term of the view is KL(p_g || p_data)."""
    p_g, p_data = pair(5)
    d = optimal_discriminator(p_data.log(), p_g.log())
    target = d * (p_g + p_data) / 2
    torch.testing.assert_close(target / target.sum(), p_data, rtol=0, atol=1e-15)
    torch.testing.assert_close(generator_kl_view(p_g, p_data, d).kl_generated, kl_divergence(p_g, p_data), rtol=0, atol=1e-14)


def test_kl_view_freezes_the_middle():
    """With p_0 on the graph the gradient would be another one: the stop is part of the statement."""
    theta, _, step, _ = hu(0, optimal=False)
    p_g, p_data = theta.softmax(0), draw(6, seed=100).softmax(0)
    d = draw(6, seed=200).sigmoid()
    p_0 = (p_g + p_data) / 2
    moving = (
        kl_divergence(p_g, d * p_0 / (d * p_0).sum()) / 2
        + kl_divergence(p_data, (1 - d) * p_0 / ((1 - d) * p_0).sum()) / 2
        - js_divergence(p_g, p_data)
    )
    assert (slope(moving, theta) - step).norm() > 1e-3
