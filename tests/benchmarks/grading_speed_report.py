"""From measured figures to the text of grading_speed.md. Pure functions: nothing is graded here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

TARGETS = {1: 0.20, 2: 0.11}
"""Our wall time as a part of that of nbgrader with its default settings, by the number of our workers."""


@dataclass(frozen=True)
class Figures:
    """What one run over a class took.

    Args:
        name: what ran.
        count: submissions.
        wall: seconds.
        cpu: seconds of processor time.
        peak: megabytes of all its processes together.
        full: submissions with all points.
    """

    name: str
    count: int
    wall: float
    cpu: float
    peak: float
    full: int


class Line(NamedTuple):
    """A straight line through points, and by how much the worst point misses it."""

    slope: float
    intercept: float
    worst: float


def fit(x: Sequence[float], y: Sequence[float]) -> Line:
    """Least squares."""
    slope, intercept = np.polyfit(x, y, 1)
    worst = max(abs(b - slope * a - intercept) for a, b in zip(x, y, strict=True))
    return Line(float(slope), float(intercept), float(worst))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def run_table(runs: Sequence[Figures]) -> str:
    """What every run took."""
    rows = [(f.name, f"{f.wall:.1f}", f"{f.wall / f.count:.2f}", f"{f.cpu:.1f}", f"{f.peak:.0f}", f"{f.full} of {f.count}") for f in runs]
    return table(("run", "seconds", "per submission", "processor seconds", "peak memory, MB", "full marks"), rows)


def ratio_table(peers: Sequence[Figures], ours: dict[int, Figures]) -> str:
    """Our wall time over nbgrader's; the targets are for nbgrader as it comes, the first of the peers."""
    header = ["ours over", *(f"{workers} worker{'s' if workers > 1 else ''} (target {TARGETS[workers]:.2f})" for workers in ours)]
    rows = [[peer.name, *(f"{figures.wall / peer.wall:.3f}" for figures in ours.values())] for peer in peers]
    return table(header, rows)


def met(peer: Figures, ours: dict[int, Figures]) -> dict[int, bool]:
    """Whether each target is met."""
    return {workers: figures.wall / peer.wall <= TARGETS[workers] for workers, figures in ours.items()}


def phase_table(seconds: dict[int, dict[str, float]], ours: dict[int, Figures]) -> str:
    """Where the time of a submission goes: means by phase, and what is left of workers times wall time."""
    phases = list(dict.fromkeys(phase for found in seconds.values() for phase in found if phase != "total"))
    rows = [[phase, *(f"{seconds[workers].get(phase, 0.0):.3f}" for workers in ours)] for phase in phases]
    rest = {workers: workers * f.wall / f.count - seconds[workers]["total"] for workers, f in ours.items()}
    rows.append(["everything else: start and end of the command, the gradebook, files", *(f"{rest[workers]:.3f}" for workers in ours)])
    return table(["seconds per submission and worker", *(f"{workers} worker{'s' if workers > 1 else ''}" for workers in ours)], rows)


def growth_table(times: dict[int, float], memory: dict[int, dict[str, float]]) -> str:
    """Time and memory on the way through a large class."""
    roles = list(dict.fromkeys(role for found in memory.values() for role in found))
    rows = [[str(n), f"{times[n]:.1f}", *(f"{memory[n].get(role, 0.0):.0f}" for role in roles)] for n in times]
    return table(["submissions done", "seconds", *(f"{role}, MB" for role in roles)], rows)


def straightness(times: dict[int, float]) -> str:
    """In words, how straight the time grows."""
    line = fit(list(times), list(times.values()))
    last = list(times.values())[-1]
    return (
        f"{line.intercept:.1f} s + {line.slope:.3f} s for each submission; the worst point misses this line by {line.worst:.1f} s, "
        f"{100 * line.worst / last:.1f} % of the whole time."
    )
