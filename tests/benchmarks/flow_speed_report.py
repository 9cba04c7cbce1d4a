"""From measured times to the tables of flow_speed.md. Pure functions: nothing here is timed, nothing needs the peers."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import median, quantiles
from typing import NamedTuple

PEERS = ("FrEIA", "nflows", "normflows", "zuko")
TARGETS = {
    ("RealNVP 2-D", "train"): 0.90,
    ("RealNVP 2-D", "train, default Adam"): 0.75,
    ("RealNVP 2-D", "log_prob"): 0.85,
    ("RealNVP 2-D", "sample"): 0.85,
    ("Glow 8x8x1", "train"): 0.85,
    ("Glow 8x8x1", "log_prob"): 0.85,
    ("Glow 8x8x1", "sample"): 0.85,
    ("Glow 16x16x3", "train"): 0.93,
    ("Glow 16x16x3", "log_prob"): 0.85,
    ("Glow 16x16x3", "sample"): 0.85,
    ("Glow 32x32x3", "train"): 0.93,
    ("Glow 32x32x3", "log_prob"): 0.90,
    ("Glow 32x32x3", "sample"): 0.90,
}
Times = dict[str, list[float]]


class Ratio(NamedTuple):
    """Median of the ratios of all rounds, and the quartiles."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f} to {self.high:.2f})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Our time over theirs, round by round: what slows a whole round down cancels."""
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    low, middle, high = quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return Ratio(middle, low, high)


def fastest_peer(times: Times) -> str:
    """The peer with the smallest median time."""
    return min((name for name in times if name in PEERS), key=lambda name: median(times[name]))


def milliseconds(times: Times, name: str) -> str:
    """Median in ms, or a dash for a library that cannot build the model."""
    return f"{1000 * median(times[name]):.2f}" if name in times else "-"


def verdict(setting: str, task: str, threads: int, found: Ratio) -> tuple[str, str]:
    """The target, which is set for one thread only, and whether the ratio meets it."""
    if threads != 1:
        return "", ""
    target = TARGETS[setting, task]
    return f"{target:.2f}", "yes" if found.middle <= target else "**no**"


def line(cells: Iterable[str]) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def heading(*names: str) -> list[str]:
    """The first two rows of a Markdown table."""
    return [line(names), "|" + "---|" * len(names)]


def speed_row(result: dict) -> str:
    """One task: times in ms, our ratio to the fastest peer with quartiles, target, ratios to the fastest turned peer and to the limit."""
    times: Times = result["times"]
    peer = fastest_peer(times)
    found = ratio(times["pgmkit"], times[peer])
    target, met = verdict(result["setting"], result["task"], result["threads"], found)
    clocks = [milliseconds(times, name) for name in ("pgmkit", *PEERS, "turned", "limit")]
    others = [f"{ratio(times['pgmkit'], times[name]).middle:.2f}" if name in times else "-" for name in ("turned", "limit")]
    return line([result["setting"], result["task"], *clocks, f"{found}, {peer}", target, met, *others])


def speed_table(results: list[dict]) -> str:
    """All tasks of one number of threads."""
    names = (
        "model",
        "task",
        "pgmkit",
        *PEERS,
        "turned",
        "limit",
        "pgmkit / fastest peer",
        "target",
        "met",
        "pgmkit / turned",
        "pgmkit / limit",
    )
    return "\n".join([*heading(*names), *map(speed_row, results)])


def size_table(sizes: list[dict]) -> str:
    """Trained parameters and peak memory of a training step, one row for each model."""
    rows = []
    for setting, group in groupby(sizes, key=lambda size: size["setting"]):
        cells = {size["library"]: f"{size['parameters']:,} / {size['megabytes']:.0f} MB" for size in group}
        rows.append(line([setting, *(cells.get(name, "-") for name in ("pgmkit", *PEERS, "turned", "limit"))]))
    return "\n".join([*heading("model", "pgmkit", *PEERS, "turned", "limit"), *rows])


def form_table(results: list[dict]) -> str:
    """Which form of each library was the fastest, task by task."""
    rows = []
    for result in results:
        chosen = [result["forms"].get(name, "-") for name in (*PEERS, "turned")]
        rows.append(line([result["setting"], result["task"], str(result["threads"]), *chosen]))
    return "\n".join([*heading("model", "task", "threads", *PEERS, "turned"), *rows])


def by_threads(results: list[dict]) -> dict[int, list[dict]]:
    """Results of each number of threads, in their order."""
    return {threads: [r for r in results if r["threads"] == threads] for threads in sorted({r["threads"] for r in results})}


def met(results: list[dict]) -> tuple[int, int]:
    """How many targets were met, of how many."""
    marks = [verdict(r["setting"], r["task"], 1, ratio(r["times"]["pgmkit"], r["times"][fastest_peer(r["times"])]))[1] for r in results]
    return marks.count("yes"), len(marks)
