"""The widgets and questions of lecture 3: every state draws, and the numbers behind the pictures agree with oracles."""

import itertools
import math

import pytest
import torch
from matplotlib.figure import Figure
from scipy.stats import norm, wasserstein_distance
from torch.testing import assert_close

from pgmkit import plots
from pgmkit.gan import mlp_lipschitz_bound
from pgmkit.labs import wgan_clipping, wgan_lines, wgan_moving


def drawn(fig):
    assert isinstance(fig, Figure)
    assert all(math.isfinite(v) for ax in fig.axes for v in (*ax.get_xlim(), *ax.get_ylim()))
    return fig


@pytest.mark.parametrize("theta, noise", list(itertools.product(wgan_lines.THETAS, wgan_lines.NOISES)))
def test_lines_picture_draws_in_every_state(theta, noise):
    drawn(wgan_lines.picture(theta, noise))


@pytest.mark.parametrize("pair, step", list(itertools.product(wgan_moving.PAIRS, wgan_moving.STEPS)))
def test_moving_picture_draws_in_every_state(pair, step):
    drawn(wgan_moving.picture(pair, step))


@pytest.mark.parametrize("hold, bound", list(itertools.product(wgan_clipping.HOLDS, wgan_clipping.BOUNDS)))
def test_clipping_picture_draws_in_every_state(hold, bound):
    drawn(wgan_clipping.picture(hold, bound))


@pytest.mark.parametrize("lab", [wgan_lines, wgan_moving, wgan_clipping], ids=lambda lab: lab.__name__.rpartition(".")[2])
def test_fallback_renders_to_a_png(lab):
    assert plots.png(drawn(lab.fallback())).startswith(b"\x89PNG")


def test_pictures_also_draw_when_the_lecture_has_switched_to_float32():
    torch.set_default_dtype(torch.float32)
    drawn(wgan_lines.picture(0.4, 0.1))
    drawn(wgan_moving.picture("swap", 4))
    drawn(wgan_clipping.picture("weight clip", 0.1))


@pytest.mark.parametrize("theta", [-1.0, -0.2, 0.05, 0.7])
@pytest.mark.parametrize("noise", [0.05, 0.1, 0.4])
def test_noisy_lines_against_integration(theta, noise):
    x = torch.linspace(-6, 6, 240001)
    log_p, log_q = (torch.from_numpy(norm.logpdf(x.numpy(), m, noise)) for m in (0.0, theta))
    log_m = torch.logaddexp(log_p, log_q) - math.log(2)
    kl = torch.trapezoid(log_p.exp() * (log_p - log_q), x)
    js = torch.trapezoid(log_p.exp() * (log_p - log_m) + log_q.exp() * (log_q - log_m), x) / 2
    tv = torch.trapezoid((log_p.exp() - log_q.exp()).abs(), x) / 2
    cdf_gap = torch.from_numpy(norm.cdf(x.numpy(), 0.0, noise) - norm.cdf(x.numpy(), theta, noise))
    w1 = torch.trapezoid(cdf_gap.abs(), x)
    got = wgan_lines.noisy_lines(theta, noise)
    for key, want in (("kl", kl), ("js", js), ("tv", tv), ("w1", w1)):
        assert got[key] == pytest.approx(float(want), rel=1e-6, abs=1e-7), key


def test_noisy_lines_at_the_edges():
    assert wgan_lines.noisy_lines(0.3, 0.0) == {"kl": math.inf, "js": math.log(2), "tv": 1.0, "w1": 0.3}
    assert all(abs(v) < 1e-9 for v in wgan_lines.noisy_lines(0.0, 0.1).values())
    far = wgan_lines.noisy_lines(1.0, 0.02)
    assert far["js"] == pytest.approx(math.log(2)) and far["tv"] == pytest.approx(1.0)


@pytest.mark.parametrize("theta, noise", [(0.3, 0.2), (-0.5, 0.4), (0.2, 0.1)])
def test_gradients_against_autograd_on_a_grid(theta, noise):
    t = torch.linspace(-12, 12, 48001)
    phi = torch.exp(-t.square() / 2) / math.sqrt(2 * math.pi)
    moving = torch.tensor(theta, requires_grad=True)
    x = moving + noise * t
    logit = (theta**2 - 2 * theta * x) / (2 * noise**2)  # D* at the current theta, frozen
    losses = {
        "saturating": -torch.nn.functional.softplus(logit),
        "non-saturating": torch.nn.functional.softplus(-logit),
        "critic": math.copysign(1.0, theta) * x,
    }
    got = wgan_lines.gradients(theta, noise)
    for name, loss in losses.items():
        (want,) = torch.autograd.grad(torch.trapezoid(loss * phi, t), moving, retain_graph=True)
        assert got[name] == pytest.approx(float(want), rel=1e-6), name


def test_saturating_gradient_dies_as_the_noise_goes_to_zero():
    slopes = [wgan_lines.gradients(0.5, noise)["saturating"] for noise in (0.2, 0.1, 0.05, 0.02)]
    assert slopes == sorted(slopes, reverse=True) and slopes[-1] < 1e-12


@pytest.mark.parametrize("pair", wgan_moving.PAIRS)
def test_running_cost_ends_at_w1_and_earth_is_kept(pair):
    p, q = wgan_moving.histograms(pair)
    places = torch.arange(wgan_moving.PLACES).numpy()
    want = wasserstein_distance(places, places, p.numpy(), q.numpy())
    passes = [wgan_moving.bulldoze(p, q, step) for step in wgan_moving.STEPS]
    assert float(passes[-1].cost) == pytest.approx(want) == pytest.approx(float(wgan_moving.best_plan(pair).value))
    assert_close(passes[0].earth, p)
    assert_close(passes[-1].earth, q)
    assert all(float(now.earth.sum()) == pytest.approx(1.0) for now in passes)
    assert all(a.cost <= b.cost for a, b in itertools.pairwise(passes))


def test_the_holds_do_what_they_say():
    clipped = wgan_clipping.fit("weight clip", 0.1).critic
    assert max(float(p.detach().abs().max()) for p in clipped.parameters()) <= 0.1
    free, gradient = wgan_clipping.fit("none", 0.1), wgan_clipping.fit("gradient clip", 0.1)
    assert min(free.product, gradient.product) > 20 * wgan_clipping.fit("weight clip", 0.1).product
    assert wgan_clipping.fit("penalty", 0.1) is wgan_clipping.fit("penalty", 0.4)


@pytest.mark.parametrize("hold", list(wgan_clipping.HOLDS))
def test_slopes_stay_below_the_spectral_product(hold):
    fitted = wgan_clipping.fit(hold, 0.2)
    assert fitted.product == mlp_lipschitz_bound(fitted.critic)
    assert float(fitted.slopes(torch.cat([fitted.real, fitted.fake])).norm(dim=1).max()) <= fitted.product


def test_slopes_against_finite_differences():
    fitted, h = wgan_clipping.fit("penalty", 0.1), 1e-6
    x = fitted.fake[:8]
    for axis in range(2):
        e = torch.eye(2)[axis] * h
        with torch.no_grad():
            want = (fitted.critic(x + e) - fitted.critic(x - e)) / (2 * h)
        assert_close(fitted.slopes(x)[:, axis], want, rtol=1e-4, atol=1e-5)


def test_clipping_scale_follows_the_cube_of_c():
    values = [wgan_clipping.fit("weight clip", c).value for c in wgan_clipping.BOUNDS]
    assert all(5 < b / a < 12 for a, b in itertools.pairwise(values))


def test_the_replies_state_true_numbers():
    assert wgan_lines.noisy_lines(0.001, 0.0)["js"] == pytest.approx(0.693, abs=5e-4)
    assert wasserstein_distance([0.0], [1.0, 5.0]) == pytest.approx(3.0)
