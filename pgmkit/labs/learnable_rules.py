"""Switch the rule that moves the constraint, step, and watch f, q and p in the world of small figures. Lecture 10, section 6."""

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit import plots
from pgmkit.labs.layout import side_by_side
from pgmkit.labs.learnable_world import PLACES, SEES, UPDATES, kl, path, world

RULES = list(UPDATES)
VIEWS = list(SEES)
OWNS = [0.0, 1.0]
STEPS = [0, 1, 2, 5, 10, 20, 50, 100, 200]
STYLES = {"learned": ("-", plots.CONSTRAINT), "naive": ("--", "black"), "fixed": (":", plots.DISCRIMINATOR), "oracle": ("-.", plots.DATA)}


def table(ax: Axes, values: Tensor, *, cmap: str, title: str, low: float = 0.0, high: float | None = None) -> Axes:
    """One number for each figure: shoulder to the right, hand upwards."""
    ax.imshow(values.reshape(PLACES, PLACES).T.numpy(), origin="lower", cmap=cmap, vmin=low, vmax=high)
    ax.set(xticks=range(PLACES), yticks=range(PLACES), xlabel="shoulder", ylabel="hand")
    ax.set_title(title, fontsize=11)
    return ax


def score(ax: Axes, f: Tensor) -> Axes:
    """f on the 25 figures, centred, dark where it is high, with its range in the title."""
    spread = float(f.max() - f.min())
    table(ax, f - f.min(), cmap="Oranges", title=f"f: from worst to best {spread:.1f}", high=max(spread, 1e-9))
    return ax


def curves(ax: Axes, rule: str, sees: str, own: float, step: int) -> Axes:
    """KL(p_data || p) and KL(p_data || q) over the steps, cut at 0.001, with a mark at `step`."""
    log_p_data, run = world(1).log_p_data, path(rule, sees, own)
    for values, color, style, name in ((run.log_p, plots.MODEL, "-", "p"), (run.log_q, "black", "--", "q")):
        gap = kl(log_p_data, values).clamp(min=1e-3)
        ax.plot(gap, style, color=color, label=f"KL(data || {name})")
        ax.plot([step], [gap[step]], "o", color=color)
    ax.set(yscale="log", ylim=(7e-4, 2e4), xlabel="step", ylabel="nats")
    ax.minorticks_off()
    ax.legend(fontsize=8, loc="upper right")
    return ax


def panels(axes: list[Axes], rule: str, sees: str, own: float, step: int) -> None:
    """f, q, p and the curves."""
    run, log_p_data = path(rule, sees, own), world(1).log_p_data
    score(axes[0], run.f[step])
    high = 1.2 * float(log_p_data.exp().max())
    for ax, log_p, cmap, name in ((axes[1], run.log_q, "Greys", "q"), (axes[2], run.log_p, "Purples", "p")):
        gap = float(kl(log_p_data, log_p[step]))
        table(ax, log_p[step].exp(), cmap=cmap, title=f"{name}: KL from data {gap if gap > 1e-9 else 0:.2g}", high=high)
    curves(axes[3], rule, sees, own, step)


def picture(rule: str, sees: str, own: float, step: int) -> Figure:
    """The data, then f, q and p after some steps of the rule, and both divergences over all steps."""
    fig, axes = plots.figure(1, 5, width=2.7, height=3.0)
    table(axes[0], world(1).log_p_data.exp(), cmap="Greens", title="data", high=1.2 * float(world(1).log_p_data.exp().max()))
    panels(axes[1:], rule, sees, own, step)
    return side_by_side(fig, axes, left=0.04, step=0.197, width=0.145, bottom=0.17, height=0.7)


def fallback() -> Figure:
    """Small multiples: the four rules after 50 steps, with the model's own loss, f sees the length."""
    fig, axes = plots.figure(4, 4, width=2.4, height=2.0)
    for i, rule in enumerate(RULES):
        panels(axes[4 * i : 4 * i + 4], rule, "length", 1.0, 50)
        axes[4 * i].set_ylabel(f"{rule}\nhand")
        if i > 0:
            axes[4 * i + 3].get_legend().remove()
    return fig


def triangle(p: Tensor) -> Tensor:
    """Distributions over three values, shape (n, 3), as points of a triangle, shape (n, 2)."""
    return p @ torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.5, 3**0.5 / 2]], dtype=p.dtype)
