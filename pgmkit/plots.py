"""Figures in one style: each function takes data and an `ax` and returns the `ax`; it trains nothing and shows nothing.

Data is green, the model purple, the discriminator blue, the constraint orange (Okabe-Ito tones, told apart by
colour-blind readers); markers and line styles differ too, so that a grey print can be read.
"""

import io
from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit.errors import (
    want_callable,
    want_count,
    want_instance,
    want_nonempty,
    want_nonnegative,
    want_positive,
    want_same_shape,
    want_tensor,
    want_text,
)

DATA, MODEL, DISCRIMINATOR, CONSTRAINT, NEUTRAL = "#009E73", "#8E4FA8", "#0072B2", "#E69F00", "#555555"
STYLE = {
    "figure.dpi": 80,
    "savefig.dpi": 80,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


def figure(rows: int = 1, columns: int = 1, *, width: float = 4.2, height: float = 3.4, **kwargs: bool) -> tuple[Figure, list[Axes]]:
    """A figure of rows x columns panels, each width x height inches, and its axes row by row.

    The figure is closed for pyplot: it appears only where `show` puts it, once.
    """
    want_count(rows=rows, columns=columns)
    want_positive(width=width, height=height)
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(rows, columns, figsize=(width * columns, height * rows), squeeze=False, **kwargs)
    plt.close(fig)
    return fig, list(axes.flat)


def png(fig: Figure) -> bytes:
    """The figure as the bytes of a PNG file."""
    want_instance(Figure, fig=fig)
    buffer = io.BytesIO()
    with plt.rc_context(STYLE):
        fig.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def show(fig: Figure, alt: str) -> None:
    """Display the figure in a notebook with a text for those who cannot see it.

    Args:
        fig: made by `figure`.
        alt: what the figure shows, in one sentence; also under the figure's data for screen readers.
    """
    want_text(alt=alt)
    display({"image/png": png(fig), "text/plain": alt}, metadata={"image/png": {"alt": alt}}, raw=True)


def want_points(ax: Axes, **tensors: Tensor) -> None:
    """Raise unless `ax` is an axes and every named tensor holds points in the plane, shape (n, 2)."""
    want_instance(Axes, ax=ax)
    want_tensor("(n, 2)", ndim=2, **tensors)
    for name, x in tensors.items():
        if x.shape[1] != 2:
            raise ValueError(f"{name} must hold points in the plane, shape (n, 2); got {tuple(x.shape)}.")


def scatter(ax: Axes, x: Tensor, *, color: str = DATA, marker: str = ".", label: str | None = None, size: float = 8.0) -> Axes:
    """Points x, shape (n, 2)."""
    want_points(ax, x=x)
    points = x.detach()
    ax.scatter(points[:, 0], points[:, 1], s=size, c=color, marker=marker, label=label, alpha=0.6, linewidths=0.5 if marker == "x" else 0)
    return ax


def plane(ax: Axes, extent: float) -> Axes:
    """A square window [-extent, extent]^2 with equal scales and labelled axes."""
    want_instance(Axes, ax=ax)
    want_positive(extent=extent)
    ax.set(xlim=(-extent, extent), ylim=(-extent, extent), xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    return ax


def heatmap(
    ax: Axes,
    f: Callable[[Tensor], Tensor],
    *,
    extent: float,
    low: float | None = None,
    high: float | None = None,
    points: int = 60,
    bar: bool = True,
) -> Axes:
    """f on a square grid of `points` x `points`, f maps (n, 2) to (n,), white at low values and blue at high ones; `bar` adds the scale."""
    want_instance(Axes, ax=ax)
    want_callable(f=f)
    want_positive(extent=extent)
    want_count(points=points)
    ticks = torch.linspace(-extent, extent, points)
    x = torch.cartesian_prod(ticks, ticks)  # (points^2, 2)
    with torch.no_grad():
        values = f(x)
    want_tensor("(points^2,), one value for each point", **{"f(x)": values})
    if values.numel() != points**2:
        raise ValueError(f"f must give one number for each of the {points**2} points; got {tuple(values.shape)}.")
    image = ax.imshow(
        values.reshape(points, points).T.numpy(),
        origin="lower",
        extent=(-extent, extent, -extent, extent),
        cmap="Blues",
        vmin=low,
        vmax=high,
        interpolation="bilinear",
    )
    if bar:
        ax.figure.colorbar(image, ax=ax, shrink=0.8)
    return ax


def arrows(ax: Axes, x: Tensor, direction: Tensor, *, color: str = MODEL, length: float = 0.3) -> Axes:
    """An arrow at each x, shape (n, 2), along `direction`; the longest is `length` long."""
    want_points(ax, x=x, direction=direction)
    want_nonempty("(n, 2)", x=x)
    want_same_shape(x=x, direction=direction)
    want_nonnegative(length=length)
    longest = direction.norm(dim=1).max().clamp(min=1e-12)
    d = (direction / longest * length).detach()
    ax.quiver(x.detach()[:, 0], x.detach()[:, 1], d[:, 0], d[:, 1], color=color, angles="xy", scale_units="xy", scale=1, width=0.006)
    return ax


def images(ax: Axes, x: Tensor, *, columns: int = 10, side: int = 8) -> Axes:
    """A sheet of grey images x, shape (n, side * side), values 0 (white) to 1 (black)."""
    want_instance(Axes, ax=ax)
    want_count(columns=columns, side=side)
    want_nonempty("(n, side * side)", x=x)
    if x.shape[1:] != (side * side,):
        raise ValueError(f"x must have shape (n, side * side) = (n, {side * side}); got {tuple(x.shape)}.")
    rows = -(-len(x) // columns)
    sheet = torch.zeros(rows * columns, side + 1, side + 1)
    sheet[: len(x), :side, :side] = x.detach().reshape(-1, side, side)
    tiled = sheet.reshape(rows, columns, side + 1, side + 1).transpose(1, 2).reshape(rows * (side + 1), columns * (side + 1))
    ax.imshow(tiled.numpy(), cmap="Greys", vmin=0, vmax=1)
    ax.set_axis_off()
    return ax


def smooth(values: Sequence[float], window: int = 50) -> Tensor:
    """Running mean over `window` values, for noisy histories; shape (len - window + 1,)."""
    want_count(window=window)
    if len(values) == 0:
        raise ValueError("values must hold at least one number; got none.")
    v = torch.tensor(values, dtype=torch.float64)
    return v.unfold(0, min(window, len(v)), 1).mean(1)
