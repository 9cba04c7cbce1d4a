"""What the tables of digits and of flows share: the sheet of samples, and how seeds are named."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from pgmkit import plots


def sheet(pictures: dict[str, Tensor], path: Path) -> None:
    """Eighty digits of each set, shape (n, ...) with 64 pixels, side by side under their names."""
    fig, axes = plots.figure(1, len(pictures), width=2.6, height=2.9)
    for ax, (name, x) in zip(axes, pictures.items(), strict=True):
        plots.images(ax, x[:80].reshape(-1, 64), columns=8)
        ax.set_title(name)
    path.write_bytes(plots.png(fig))


def listed(seeds: Sequence[int]) -> str:
    """The seeds in a sentence: 1, 2 and 3."""
    return f"{', '.join(map(str, seeds[:-1]))} and {seeds[-1]}"
