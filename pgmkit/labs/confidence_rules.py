"""Three rules about "A but B" sentences, and how far to trust each: what they say, what q makes of it. Lecture 9, sections 1 to 3."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Generator, Tensor, nn

from pgmkit import plots
from pgmkit.data.sentiment import grammar_numbers
from pgmkit.data.tokens import Sentences, encode
from pgmkit.knowledge import clause_b, tilt
from pgmkit.labs.layout import side_by_side

NAMES = ["B decides", "A decides", "a coin decides"]
LAMBDAS = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]
SMALL = [(0.0, 0.0, 0.0), (6.0, 6.0, 6.0), (6.0, 0.0, 6.0), (6.0, 0.0, 0.0)]


class Ruled(NamedTuple):
    """log p(y|x), shape (n, 2); truth of the three rules, (3, n, 2); labels, (n,); which sentences have an "A but B", (n,)."""

    log_p: Tensor
    r: Tensor
    y: Tensor
    has: Tensor


def agreement(s: Tensor) -> Tensor:
    """r(y) = 1 - |y - s| / 2 for y = 0 and 1, shape (m, 2): how far the label agrees with an opinion s in [0, 1], shape (m,)."""
    return 1 - (torch.tensor([0.0, 1.0], dtype=s.dtype) - s[:, None]).abs() / 2


@torch.no_grad()
def ruled(model: nn.Module, sentences: Sentences, *, generator: Generator) -> Ruled:
    """What the network and the three rules say about sentences, in float64.

    Args:
        model: maps numbers of words (n, L) to logits (n, 2); its own probability of "positive" is the opinion on a clause.
        sentences: with labels.
        generator: of the coin, which is thrown once for every sentence.
    """

    def log_probs(tokens: Sequence[list[str]]) -> Tensor:
        return model.eval()(encode(tokens, grammar_numbers())).double().log_softmax(1)

    clauses = [(t[: t.index("but", 1)], b) for t in sentences.tokens if (b := clause_b(t)) is not None]
    has = torch.tensor([clause_b(t) is not None for t in sentences.tokens])
    coin = torch.randint(2, (len(has),), generator=generator).double()
    r = torch.ones(3, len(has), 2, dtype=torch.float64)
    r[0, has] = agreement(log_probs([b for _, b in clauses])[:, 1].exp())
    r[1, has] = agreement(log_probs([a for a, _ in clauses])[:, 1].exp())
    r[2] = agreement(coin)
    return Ruled(log_probs(sentences.tokens), r, sentences.labels, has)


def log_q(data: Ruled, lambdas: Tensor) -> Tensor:
    """log q(y|x), shape (n, 2), with q proportional to p exp{sum_l lambda_l r_l}; lambdas of shape (3,)."""
    return tilt(data.log_p, (lambdas[:, None, None] * data.r).sum(0))


def likelihood(data: Ruled, lambdas: Tensor) -> Tensor:
    """(1/n) sum_i log q(y_i|x_i), a scalar."""
    return log_q(data, lambdas).gather(1, data.y[:, None]).mean()


def accuracy(data: Ruled, lambdas: Tensor) -> tuple[float, float]:
    """Share of right answers of q: on all sentences, and on those with "A but B"."""
    right = (log_q(data, lambdas).argmax(1) == data.y).double()
    return float(right.mean()), float(right[data.has].mean())


def phases(data: Ruled, lambdas: Tensor) -> tuple[Tensor, Tensor]:
    """For each rule the mean of r_l at the labels, and under q, over the sentences that it speaks about; shapes (3,) and (3,)."""
    speaks = torch.stack([data.has, data.has, torch.ones_like(data.has)])
    labels = data.r.gather(2, data.y.expand(3, -1)[:, :, None])[..., 0]  # (3, n)
    under_q = (log_q(data, lambdas).exp() * data.r).sum(-1)
    return tuple(torch.stack([v[s].mean() for v, s in zip(values, speaks, strict=True)]) for values in (labels, under_q))


def strips(scores: dict[str, Tensor]) -> Figure:
    """Accuracies of several methods, each of shape (seeds, 2) for all and for "A but B" sentences: a marker for each seed, a bar for the mean."""
    fig, axes = plots.figure(1, 2, width=4.8, height=3.2)
    for j, (ax, kind) in enumerate(zip(axes, ("all test sentences", 'test sentences with "A but B"'), strict=True)):
        for i, values in enumerate(scores.values()):
            for k, (value, marker) in enumerate(zip(values[:, j].tolist(), "osD^v", strict=True)):
                ax.plot([i + 0.09 * (k - 2)], [value], marker, color=plots.MODEL if i == 0 else plots.CONSTRAINT, markeredgecolor="black")
            ax.plot([i - 0.3, i + 0.3], [float(values[:, j].mean())] * 2, color="black", linewidth=1)
        ax.set(title=kind, xticks=range(len(scores)), xlim=(-0.6, len(scores) - 0.4), ylabel="accuracy")
        ax.set_xticklabels(list(scores))
    return fig


def draw_phases(ax: Axes, data: Ruled, lambdas: Tensor) -> Axes:
    """An arrow for each rule from E_q[r] to the mean of r at the labels: its direction is the sign of the gradient."""
    labels, under_q = phases(data, lambdas)
    for i in range(3):
        here, there = float(under_q[i]), float(labels[i])
        ax.annotate("", (there, i), (here, i), arrowprops={"arrowstyle": "->", "color": plots.NEUTRAL, "shrinkA": 0, "shrinkB": 0})
    ax.plot(labels, range(3), "o", color=plots.DATA, markersize=9, label="at the labels")
    ax.plot(under_q, range(3), "x", color="black", markersize=9, markeredgewidth=2, label="mean under q")
    ax.set(xlim=(0.5, 1.0), ylim=(2.6, -1.3), yticks=range(3), xlabel="mean truth $r_l$")
    ax.set_yticklabels([f"{name}\n$\\lambda$ = {v:g}" for name, v in zip(NAMES, lambdas.tolist(), strict=True)])
    return ax


def picture(data: Ruled, b: float, a: float, coin: float) -> Figure:
    """Both phases of the gradient, and how good q is, at three confidences chosen by hand."""
    lambdas = torch.tensor([b, a, coin], dtype=torch.float64)
    fig, (left, right) = plots.figure(1, 2, width=4.8, height=3.3)
    draw_phases(left, data, lambdas).legend(fontsize=9, loc="upper center", ncols=2)
    left.set_title("data minus q: which way to move")
    for i, (name, values) in enumerate({"p": accuracy(data, torch.zeros_like(lambdas)), "q": accuracy(data, lambdas)}.items()):
        places = torch.arange(2) + 0.4 * i - 0.2
        right.bar(places.numpy(), values, 0.36, color=(plots.MODEL, "white")[i], edgecolor="black", hatch=("", "///")[i], label=name)
        for place, value in zip(places.tolist(), values, strict=True):
            right.text(place, value + 0.01, f"{value:.3f}", ha="center", fontsize=9)
    right.set(ylim=(0.4, 1.0), xticks=(0, 1), ylabel="accuracy", title=f"mean log q(label) = {float(likelihood(data, lambdas)):.4f}")
    right.set_xticklabels(["all sentences", '"A but B"'])
    right.legend(fontsize=9, loc="upper right", ncols=2)
    return side_by_side(fig, (left, right), left=0.145, step=0.49, width=0.345)


def fallback(data: Ruled) -> Figure:
    """Small multiples: four settings."""
    fig, axes = plots.figure(1, 4, width=3.1, height=2.9)
    for ax, state in zip(axes, SMALL, strict=True):
        lambdas = torch.tensor(state, dtype=torch.float64)
        both = accuracy(data, lambdas)
        draw_phases(ax, data, lambdas).set_title(f"accuracy {both[0]:.3f}, but {both[1]:.3f}", fontsize=10)
    axes[0].legend(fontsize=8, loc="upper left")
    return fig
