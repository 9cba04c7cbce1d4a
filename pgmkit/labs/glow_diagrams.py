"""Diagrams of Glow, drawn by code: one step of flow, the pixels of a position, the tree of levels. Lecture 6, sections 2 and 3."""

import math
from collections.abc import Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from torch import Tensor

from pgmkit import plots
from pgmkit.flows import level_sizes

GREYS = ("white", "#d9d9d9", "#a6a6a6", "#6f6f6f")


def box(ax: Axes, x: float, y: float, text: str, *, width: float, height: float, color: str = "white", size: float = 12.0) -> None:
    """A rounded box with its centre at (x, y)."""
    corner = (x - width / 2, y - height / 2)
    ax.add_patch(FancyBboxPatch(corner, width, height, boxstyle="round,pad=0.02", facecolor=color, edgecolor="black"))
    ax.text(x, y, text, ha="center", va="center", fontsize=size)


def arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], *, color: str = "black", line: str = "-") -> None:
    """An arrow from start to end."""
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=14, color=color, linestyle=line, shrinkA=0, shrinkB=0))


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """One empty panel whose units are inches."""
    fig, (ax,) = plots.figure(1, 1, width=width, height=height)
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.set_axis_off()
    return fig, ax


def step_diagram(h: int, w: int, c: int) -> Figure:
    """One step of flow on (h, w, c): three layers, what each computes, its log-determinant, and both directions."""
    layers = [
        ("actnorm", "$z = (x - b)\\, e^{-\\log s}$", f"$-{h * w}\\,\\Sigma_i \\log s_i$"),
        ("1x1 convolution", "$z = W x$", f"$+{h * w}\\,\\log|\\det W|$"),
        ("affine coupling", "$z_b = (x_b - t)\\, e^{-\\log s}$", "$-\\Sigma \\log s(x_a)$"),
    ]
    fig, ax = canvas(10.6, 3.3)
    shape, stops = f"({h}, {w}, {c})", (2.1, 5.3, 8.5)
    for x, (name, formula, log_det) in zip(stops, layers, strict=True):
        box(ax, x, 1.95, f"{name}\n{formula}", width=2.1, height=0.95, color="#eef3f8")
        ax.text(x, 1.08, f"log-det: {log_det}", ha="center", fontsize=12)
    for start, end in ((0.3, 1.0), (3.2, 4.2), (6.4, 7.4), (9.6, 10.3)):
        arrow(ax, (start, 1.95), (end, 1.95), color=plots.MODEL)
        ax.text((start + end) / 2, 2.1, shape, ha="center", fontsize=11)
    ax.text(0.15, 1.95, "$x$", ha="center", va="center", fontsize=13)
    ax.text(10.45, 1.95, "$z$", ha="center", va="center", fontsize=13)
    ax.text(
        8.5,
        2.68,
        f"$x_a$: ({h}, {w}, {c - c // 2}) stays, a network reads it\n$x_b$: ({h}, {w}, {c // 2}) changes",
        ha="center",
        fontsize=11,
    )
    arrow(ax, (0.3, 0.55), (10.3, 0.55), color=plots.MODEL)
    ax.text(5.3, 0.63, "inverse: data to latents, training", ha="center", fontsize=11)
    arrow(ax, (10.3, 0.2), (0.3, 0.2), color=plots.DATA, line="--")
    ax.text(5.3, 0.28, "forward: latents to data, sampling", ha="center", fontsize=11)
    return fig


def shared_position(regroup: torch.nn.Module) -> Tensor:
    """Which of the positions each pixel of an 8x8 image goes to, shape (8, 8): `regroup.inverse` maps (1, 8, 8, 1) to (1, 4, 4, 4)."""
    labels = torch.arange(64.0).reshape(1, 8, 8, 1)
    grouped, _ = regroup.inverse(labels)
    where = torch.zeros(64, dtype=torch.int64)
    where[grouped.reshape(16, 4).long()] = torch.arange(16)[:, None].expand(16, 4)
    return where.reshape(8, 8)


def mean_distance(where: Tensor) -> float:
    """Mean distance in pixels between two pixels that share a position, over all such pairs; `where` from `shared_position`."""
    rows, columns = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    places = torch.stack([rows, columns], -1)  # (8, 8, 2)
    groups = [places[where == k] for k in range(16)]
    return float(torch.stack([torch.pdist(group).mean() for group in groups]).mean())


def index_picture(regroups: dict[str, torch.nn.Module]) -> Figure:
    """An 8x8 image for each regrouping: each pixel carries the number of its position; the pixels of positions 0, 5 and 10 are shaded."""
    fig, axes = plots.figure(1, len(regroups), width=3.5, height=4.3)
    for ax, (name, regroup) in zip(axes, regroups.items(), strict=True):
        where = shared_position(regroup)
        for y in range(8):
            for x in range(8):
                k = int(where[y, x])
                shade = {0: 1, 5: 2, 10: 3}.get(k, 0)
                ax.add_patch(
                    FancyBboxPatch((x, y), 1, 1, boxstyle="square,pad=0", facecolor=GREYS[shade], edgecolor="#999999", linewidth=0.6)
                )
                ax.text(x + 0.5, y + 0.5, str(k), ha="center", va="center", fontsize=11, color="white" if shade == 3 else "black")
        ax.set(xlim=(0, 8), ylim=(8, 0), aspect="equal", xticks=[], yticks=[])
        ax.set_xlabel(f"mean distance {mean_distance(where):.2f} pixels")
        ax.set_title(name)
    return fig


def level_tree(shape: Sequence[int], levels: int, steps: int) -> Figure:
    """The multi-scale tree of a Glow for images (c, h, w): shapes of each level, and how many latents leave where."""
    c, h, w = shape
    sizes = level_sizes(shape, levels)[::-1]  # the finest first, as the picture goes
    fig, ax = canvas(11.2, 1.25 * levels)
    top = 0.6 + 1.25 * (levels - 1)
    ax.text(0.45, top, f"image $x$\n({h}, {w}, {c})", ha="center", va="center", fontsize=12)
    for level in range(levels):
        y, last = top - 1.25 * level, level == levels - 1
        h, w, c = h // 2, w // 2, 4 * c
        arrow(ax, (0.95, y), (1.35, y))
        box(ax, 2.15, y, f"squeeze\n({h}, {w}, {c})", width=1.5, height=0.7, color="#f3eef6")
        arrow(ax, (3.0, y), (3.4, y))
        box(ax, 4.4, y, f"{steps} steps of flow\n({h}, {w}, {c})", width=1.9, height=0.7, color="#eef3f8")
        arrow(ax, (5.45, y), (5.85, y))
        end = f"all latents: {sizes[level]}" if last else f"split: half leaves\n({h}, {w}, {c // 2})"
        box(ax, 6.8, y, end, width=1.8, height=0.7, color="#fdf3df")
        arrow(ax, (7.8, y), (8.3, y), color=plots.DATA)
        ax.text(8.4, y, f"{sizes[level]} of {math.prod(shape)} latents, level {levels - 1 - level}", va="center", fontsize=12)
        if not last:
            c //= 2
            ax.plot([6.8, 6.8, 0.45, 0.45], [y - 0.38, y - 0.62, y - 0.62, y - 1.02], color="black", linewidth=1.2)
            arrow(ax, (0.45, y - 1.0), (0.45, y - 1.1))
            ax.text(3.6, y - 0.58, f"half stays: ({h}, {w}, {c})", ha="center", va="bottom", fontsize=11)
            ax.text(0.45, y - 1.25, "the half\nthat stays", ha="center", va="center", fontsize=11)
    return fig
