"""Drawn, not computed: sentences of the toy grammar with their polar words, and one step of rule distillation. Lecture 8."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pgmkit import plots
from pgmkit.data.sentiment import word_lists

MARKS = {1: (" +", plots.DATA), -1: (" \N{MINUS SIGN}", plots.CONSTRAINT), 0: ("", "none")}
CENTERED = {"ha": "center", "va": "center"}


def polarity(word: str) -> int:
    """1, -1 or 0: the polarity of a word of the grammar; words such as "and" have none."""
    return next((sign for sign, words in word_lists().items() if word in words), 0)


def draw_words(ax: Axes, words: Sequence[str], height: float) -> Axes:
    """The words in a row, polar ones on a coloured ground with their sign, "but" in a frame."""
    left = 0.0
    for word in words:
        mark, color = MARKS[polarity(word)]
        width = 0.16 * len(word + mark) + 0.34
        frame = {"boxstyle": "round,pad=0.25", "facecolor": color, "alpha": 0.35, "edgecolor": "none"}
        if word == "but":
            frame = {"boxstyle": "round,pad=0.25", "facecolor": "none", "edgecolor": "black"}
        ax.text(left + width / 2, height, word + mark, fontsize=11, bbox=frame, **CENTERED)
        left += width
    return ax


def sentences(rows: Sequence[tuple[Sequence[str], str]]) -> Figure:
    """Sentences, one in each row, and a text at its right end.

    Args:
        rows: the words of a sentence, and what to say about it.
    """
    fig, (ax,) = plots.figure(1, 1, width=11.0, height=0.25 + 0.48 * len(rows))
    for i, (words, text) in enumerate(rows):
        draw_words(ax, words, -i)
        ax.text(16.4, -i, text, ha="right", va="center", fontsize=10)
    ax.set(xlim=(-0.1, 16.5), ylim=(0.4 - len(rows), 0.6))
    ax.set_axis_off()
    return fig


def draw_box(ax: Axes, x: float, y: float, text: str, color: str) -> None:
    """A text in a coloured frame."""
    frame = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": color, "linewidth": 2}
    ax.text(x, y, text, fontsize=11, bbox=frame, **CENTERED)


def draw_arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], text: str = "", *, dashed: bool = False) -> None:
    """An arrow with a text over its middle."""
    style = {"arrowstyle": "->", "linewidth": 1.5, "linestyle": "--" if dashed else "-", "color": plots.NEUTRAL}
    ax.annotate("", end, start, arrowprops=style)
    ax.text((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 0.12, text, ha="center", va="bottom", fontsize=10)


def step(p: float, s: float, q: float, pi: float) -> Figure:
    """One step of rule distillation on one sentence: who gives what to whom, and where gradients go.

    Args:
        p: the student's P(+) of the sentence.
        s: its P(+) of the clause B.
        q: the teacher's P(+).
        pi: imitation weight.
    """
    fig, (ax,) = plots.figure(1, 1, width=10.0, height=3.3)
    draw_box(ax, 0.6, 1, "sentence x", plots.NEUTRAL)
    draw_box(ax, 2.9, 2, f"student reads x\np(+) = {p:.2f}", plots.MODEL)
    draw_box(ax, 2.9, 0, f"student reads B\n$\\sigma(B)_+$ = {s:.2f}", plots.MODEL)
    draw_box(ax, 5.5, 0, f"teacher\nq(+) = {q:.2f}", plots.CONSTRAINT)
    draw_box(ax, 5.5, 2.6, "label y", plots.DATA)
    draw_box(ax, 8.6, 1, f"loss\n{1 - pi:.2f} CE(y, p) + {pi:.2f} CE(q, p)", plots.NEUTRAL)
    draw_arrow(ax, (1.15, 1.2), (2.05, 1.8))
    draw_arrow(ax, (1.15, 0.8), (2.05, 0.2), dashed=True)
    draw_arrow(ax, (3.75, 0), (4.85, 0), "rule", dashed=True)
    draw_arrow(ax, (3.4, 1.62), (4.9, 0.4), dashed=True)
    draw_arrow(ax, (3.75, 1.9), (7.25, 1.15))
    ax.text(4.75, 1.0, "the gradient returns here only", fontsize=10)
    draw_arrow(ax, (6.05, 2.5), (8.0, 1.5), r"$1 - \pi$", dashed=True)
    draw_arrow(ax, (6.15, 0.1), (7.25, 0.6), r"$\pi$", dashed=True)
    ax.set(xlim=(0, 10.2), ylim=(-0.6, 3.1))
    ax.set_axis_off()
    return fig
