"""Four ways to hold a critic, on one fixed pair of distributions: a ring and an off-centre blob. Lecture 3, sections 5 and 6."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.optim import RMSprop

from pgmkit import plots
from pgmkit.data.batches import stream
from pgmkit.data.toy2d import GaussianMixture, ring
from pgmkit.gan import clip_weights_, critic_loss, gradient_penalty, mlp_lipschitz_bound
from pgmkit.nets import score_mlp
from pgmkit.rng import fresh, rand, seeded
from pgmkit.train import Player, play

BOUNDS = [0.05, 0.1, 0.2, 0.4]
ROUNDS = 400
EXTENT = 3.0
SHOWN = 256


@dataclass(frozen=True)
class Hold:
    """A way to hold the critic: what happens before and after each step, given c, and the weight of the gradient penalty."""

    before: Callable[[nn.Module, float], None] = lambda net, c: None
    after: Callable[[nn.Module, float], None] = lambda net, c: None
    penalty: float = 0.0
    uses_c: bool = False


def clip_gradient_(net: nn.Module, bound: float) -> None:
    """Scale the gradient so that its norm over all parameters is at most `bound`: bounds the step, not the function."""
    nn.utils.clip_grad_norm_(net.parameters(), bound)


HOLDS = {
    "none": Hold(),
    "gradient clip": Hold(before=clip_gradient_, uses_c=True),
    "weight clip": Hold(after=clip_weights_, uses_c=True),
    "penalty": Hold(penalty=10.0),
}


@dataclass(frozen=True)
class Fitted:
    """A trained critic, its data and samples (n, 2), the last critic value E_data[D] - E_g[D], and the spectral product."""

    critic: nn.Module
    real: Tensor
    fake: Tensor
    value: float
    product: float

    def slopes(self, x: Tensor) -> Tensor:
        """grad_x D at x, shape (n, 2): what the generator's samples feel."""
        x = x.detach().requires_grad_()
        return torch.autograd.grad(self.critic(x).sum(), x)[0]


def problem() -> tuple[GaussianMixture, GaussianMixture]:
    """Data: eight Gaussians on a ring of radius 2. Model: one blob around (0.6, 0.3)."""
    centers = ring(8, radius=2.0).centers.double()
    return GaussianMixture(centers, 0.05), GaussianMixture(centers.new_tensor([[0.6, 0.3]]), 0.4)


def fit(hold: str, bound: float) -> Fitted:
    """A critic trained for `ROUNDS` steps of RMSprop under one hold; cached, and the same for every c where c is not used."""
    return _fit(hold, bound if HOLDS[hold].uses_c else BOUNDS[0])


@cache
def _fit(name: str, bound: float) -> Fitted:
    hold, generator = HOLDS[name], fresh(1)
    data, model = problem()
    with seeded(0):
        critic = score_mlp(2, 64, 64).double()
    optimizer = RMSprop(critic.parameters(), lr=1e-3)
    optimizer.register_step_pre_hook(lambda *_: hold.before(critic, bound))

    def loss(x: Tensor) -> Tensor:
        fake = model.sample(len(x), generator=generator)
        total = critic_loss(critic(x), critic(fake))
        if hold.penalty > 0:
            total = total + hold.penalty * gradient_penalty(critic, x, fake, rand(len(x), generator=generator, like=x))
        return total

    turn = Player("critic", loss, optimizer, after=lambda: hold.after(critic, bound))
    play([turn], stream(data, 128, generator=generator), ROUNDS, progress=False)
    real, fake = data.sample(SHOWN, generator=fresh(2)), model.sample(SHOWN, generator=fresh(3))
    with torch.no_grad():
        value = float(critic(real).mean() - critic(fake).mean())
    return Fitted(critic, real, fake, value, mlp_lipschitz_bound(critic))


def draw_surface(ax: Axes, fitted: Fitted) -> Axes:
    """The critic as a map, data and samples on it, and the direction of grad_x D at some samples."""
    plots.heatmap(ax, lambda x: fitted.critic(x.to(fitted.real)), extent=EXTENT, points=40)
    plots.scatter(ax, fitted.real[:120], size=22)
    plots.scatter(ax, fitted.fake[:60], color=plots.MODEL, marker="x", size=16)
    plots.arrows(ax, fitted.fake[:20], fitted.slopes(fitted.fake[:20]), color="black", length=0.8)
    return plots.plane(ax, EXTENT)


def draw_weights(ax: Axes, fitted: Fitted) -> Axes:
    """Histogram of all weights and biases of the critic."""
    weights = torch.cat([p.detach().flatten() for p in fitted.critic.parameters()])
    ax.hist(weights.numpy(), bins=41, color=plots.DISCRIMINATOR)
    ax.set(yscale="log", xlabel="weight or bias", ylabel="how many")
    ax.minorticks_off()
    return ax


def label(name: str, bound: float) -> str:
    """The hold, with c where it matters."""
    return f"{name}, c = {bound:g}" if HOLDS[name].uses_c else name


def picture(hold: str, bound: float) -> Figure:
    """Critic surface with the slopes at the samples, and the weights, for one hold and one c."""
    fitted = fit(hold, bound)
    slope = float(fitted.slopes(fitted.fake).norm(dim=1).mean())
    fig, axes = plots.figure(1, 2, width=5.0, height=4.0)
    draw_surface(axes[0], fitted).set_title(label(hold, bound))
    draw_weights(axes[1], fitted)
    axes[1].set_title(f"critic value {fitted.value:.3g}, spectral product {fitted.product:.3g},\nmean slope at samples {slope:.3g}")
    return fig


def fallback() -> Figure:
    """Small multiples: the four holds at c = 0.1."""
    fig, axes = plots.figure(1, 4, width=2.9, height=2.6)
    for ax, name in zip(axes, HOLDS, strict=True):
        fitted = fit(name, 0.1)
        draw_surface(ax, fitted).set_title(f"{label(name, 0.1)}\nspectral product {fitted.product:.3g}", fontsize=10)
    return fig
