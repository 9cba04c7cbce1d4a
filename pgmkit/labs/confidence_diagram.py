"""The dictionary between posterior regularization and policy optimisation, as a picture. Lecture 9, section 4."""

from matplotlib.figure import Figure

from pgmkit import plots

ROWS = [
    ("the thing x", "data point $x$", "state and action $(s, a)$", plots.NEUTRAL),
    ("p: what is there", r"generative model $p_\theta(x)$", r"old policy $p_\pi(x) = \mu^\pi(s)\, p_\pi(a|s)$", plots.MODEL),
    ("f: what is wanted", r"constraint $f_\phi(x)$", r"reward $R(s, a)$", plots.CONSTRAINT),
    (r"$\alpha$: how much", "strength of the constraint", "1 / temperature", plots.CONSTRAINT),
    ("q: the answer", r"$q \propto p_\theta(x)\, e^{\alpha f_\phi(x)}$", r"new policy $\propto p_\pi(x)\, e^{\alpha R(x)}$", "black"),
    ("what is learned", r"$\theta$, and $\phi$", r"the policy; $\phi$ in inverse RL", plots.DATA),
]


def picture() -> Figure:
    """Six symbols in two columns, joined by double arrows."""
    fig, (ax,) = plots.figure(1, 1, width=9.6, height=4.3)
    ax.set(xlim=(0, 10), ylim=(len(ROWS) + 0.1, -1.0))
    ax.set_axis_off()
    for x, title in ((3.55, "posterior regularization (PR)"), (7.9, "policy optimisation (ERPO)")):
        ax.text(x, -0.55, title, ha="center", va="center", fontsize=13, fontweight="bold")
    for i, (name, left, right, color) in enumerate(ROWS):
        ax.text(0.0, i + 0.3, name, va="center", fontsize=11)
        for x, text in ((3.55, left), (7.9, right)):
            box = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": color, "linewidth": 2}
            ax.text(x, i + 0.3, text, ha="center", va="center", fontsize=11, bbox=box)
        ax.annotate("", (5.85, i + 0.3), (5.25, i + 0.3), arrowprops={"arrowstyle": "<->", "color": plots.NEUTRAL, "linewidth": 1.5})
    return fig
