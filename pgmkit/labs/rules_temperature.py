"""A teacher and a student at one temperature: soft targets, and the pull on each logit. Lecture 8, section 5."""

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit import plots
from pgmkit.knowledge import kd_loss
from pgmkit.labs.layout import side_by_side

TEMPERATURES = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
SMALL = [1.0, 2.0, 4.0, 16.0]
CLASSES = ["cat", "lynx", "dog", "truck"]
TEACHER = torch.tensor([6.0, 4.0, 0.5, -4.0], dtype=torch.float64)
STUDENT = torch.tensor([2.0, -0.5, 1.0, 0.5], dtype=torch.float64)


def pull(T: float) -> Tensor:
    """Minus the gradient of the library's kd_loss in the student's logits, shape (4,)."""
    z = STUDENT.clone().requires_grad_()
    with torch.enable_grad():
        loss = kd_loss(z[None], TEACHER[None], T)
    return -torch.autograd.grad(loss, z)[0]


def draw_targets(ax: Axes, T: float) -> Axes:
    """Softmax of both at temperature T."""
    for shift, logits, color, hatch, name in (
        (-0.2, TEACHER, plots.CONSTRAINT, "//", "teacher"),
        (0.2, STUDENT, plots.MODEL, "", "student"),
    ):
        places = [i + shift for i in range(len(CLASSES))]
        ax.bar(places, (logits / T).softmax(0).tolist(), width=0.38, color=color, hatch=hatch, edgecolor="white", label=name)
    ax.set(xticks=range(len(CLASSES)), ylim=(0, 1.02), ylabel="probability at T")
    ax.set_xticks(range(len(CLASSES)), CLASSES)
    ax.legend(fontsize=8)
    return ax


def draw_pull(ax: Axes, T: float) -> Axes:
    """How hard the loss pulls each logit of the student: with the factor T^2 (bars) and without (crosses)."""
    force = pull(T)
    limit = (TEACHER - TEACHER.mean() - STUDENT + STUDENT.mean()) / len(CLASSES)
    places = range(len(CLASSES))
    ax.bar(places, force.tolist(), color=plots.MODEL, width=0.5, label="with $T^2$")
    ax.plot(places, force / T**2, "X", color="black", markersize=8, label="without")
    ax.plot(places, limit, "_", color=plots.CONSTRAINT, markersize=26, markeredgewidth=2, label=r"limit $T \to \infty$")
    ax.axhline(0, color="black", linewidth=0.7)
    ax.set(xticks=places, ylim=(-1.7, 1.7), ylabel="pull on the logit")
    ax.set_xticks(places, CLASSES)
    ax.legend(fontsize=8, loc="lower left")
    return ax


def picture(T: float) -> Figure:
    """Soft targets at one temperature, and the pull on the student's logits."""
    fig, (left, right) = plots.figure(1, 2, width=4.8, height=3.4)
    draw_targets(left, T).set_title(f"softmax(logits / {T:g})")
    draw_pull(right, T).set_title(f"minus the gradient, T = {T:g}")
    return side_by_side(fig, (left, right), left=0.08, step=0.5, width=0.4, bottom=0.12)


def fallback() -> Figure:
    """Small multiples: targets (top) and pulls (bottom) at four temperatures."""
    fig, axes = plots.figure(2, len(SMALL), width=2.9, height=2.5)
    for top, bottom, T in zip(axes[: len(SMALL)], axes[len(SMALL) :], SMALL, strict=True):
        draw_targets(top, T).set_title(f"T = {T:g}")
        draw_pull(bottom, T)
        if top is not axes[0]:
            for ax in (top, bottom):
                ax.set_ylabel("")
                ax.get_legend().remove()
    return fig
