"""How good the recipes of `pgmkit.flows.recipes` are, on digits and in the plane: three seeds each, one thread, about ten minutes of CPU time.

    nice .venv/bin/python tests/benchmarks/flow_quality.py

writes flow_quality.md and flow_samples.png beside this file.
"""

import math
import statistics
import time
from collections.abc import Callable
from functools import partial
from inspect import signature
from pathlib import Path
from typing import NamedTuple

import torch
from quality import listed, sheet
from torch import Tensor

from pgmkit.core import Model
from pgmkit.data.digits import dequantised, digits
from pgmkit.data.toy2d import GaussianMixture, Moons, grid, ring
from pgmkit.flows.density import Flow
from pgmkit.flows.images import bits_per_dim
from pgmkit.flows.recipes import DIGIT_BINS, DIGIT_DIMS, train_digits_glow, train_real_nvp
from pgmkit.metrics import mode_report
from pgmkit.rng import fresh

HERE = Path(__file__).parent
SEEDS, POINTS, DRAWS, NOISES = (1, 2, 3), 10_000, 2_000, 10
PLANE = {"ring": ring(), "grid": grid(), "moons": Moons()}
GLOWS: list[Callable[..., Flow]] = [train_digits_glow]
TEXT = """# Flows: what the recipes of `pgmkit.flows.recipes` reach

Made by `nice .venv/bin/python tests/benchmarks/flow_quality.py`, one thread, single precision, seeds {seeds}. A cell gives the mean and, in
brackets, each seed. Seconds are CPU time of training on the machine that made this table.

## Digits

A Glow of two levels, `train_digits_glow`, on scikit-learn's 8x8 digits: {train:,} to train, {held_out} held out.

* **Bits/dim** is log2({bins}) - log p(x) / ({dims} log 2): grey values 0 to 16 plus uniform noise, divided by {bins}. A uniform density has
  {uniform:.2f}. Every digit is dequantised {noises} times, and the bits are averaged; the noise is the same for all models. This is an upper bound
  of the bits of the grey values themselves.
* The settings (dropout, learning rate, number of steps) were chosen while looking at the held-out digits, on seed 1 for the most part. So the
  held-out figures flatter the recipe a little.
* **Not finite**: samples with a value that is infinite or nan, of {draws:,}.

| recipe | bits/dim, training digits | bits/dim, held out | not finite | seconds |
|---|---|---|---|---|
{glows}

Digits and samples of seed {first} of each recipe, at temperature 1 and 0.7, are in `flow_samples.png`.

## In the plane

A RealNVP of eight couplings, `train_real_nvp`, 2,000 steps.

* **Log-likelihood** in nats: the mean of log p(x) over {points:,} fresh draws of the data. *Data* is the same mean of the data's own density, which no
  model can beat but by chance. The density of the moons has no formula.
* **Modes** and **high quality** as in `gan_quality.md`: the ring has 8 modes and the grid 25; 0.989 of the data itself is of high quality.
  A flow is one connected piece, so it cannot leave the space between modes empty.

| data | log-likelihood | data | modes | high quality | seconds |
|---|---|---|---|---|---|
{plane}
"""


class Digits(NamedTuple):
    """The measures of one Glow."""

    train: float
    held_out: float
    broken: float
    seconds: float


class Plane(NamedTuple):
    """The measures of one RealNVP; no modes for data without centres."""

    log_likelihood: float
    modes: float
    high_quality: float
    seconds: float


def timed(train: Callable[..., Flow], seed: int) -> tuple[Flow, float]:
    """A trained flow and the CPU seconds it took."""
    start = time.process_time()
    flow = train(seed=seed)
    return flow, time.process_time() - start


@torch.no_grad()
def bits(flow: Flow, x: Tensor) -> float:
    """Mean bits/dim of digits over several dequantisations."""
    generator = fresh(90)
    noisy = (dequantised(x, generator=generator).reshape(-1, 1, 8, 8) for _ in range(NOISES))
    return statistics.fmean(float(bits_per_dim(flow.log_prob(y), DIGIT_DIMS, DIGIT_BINS).mean()) for y in noisy)


def measure_digits(flow: Flow, seconds: float) -> Digits:
    """A Glow against training and held-out digits."""
    train, held_out = digits()
    x = flow.sample(DRAWS, generator=fresh(91))
    broken = int((~x.isfinite()).flatten(1).any(1).sum())
    return Digits(bits(flow, train.x), bits(flow, held_out.x), broken, seconds)


@torch.no_grad()
def measure_plane(flow: Flow, data: Model, seconds: float) -> Plane:
    """A RealNVP against fresh data."""
    log_likelihood = float(flow.log_prob(data.sample(POINTS, generator=fresh(92))).double().mean())
    if not isinstance(data, GaussianMixture):
        return Plane(log_likelihood, math.nan, math.nan, seconds)
    report = mode_report(flow.sample(POINTS, generator=fresh(93)), data)
    return Plane(log_likelihood, report.covered, report.high_quality, seconds)


def ceiling(data: Model) -> str:
    """Mean log-density of fresh data under the data's own density, where it has a formula."""
    if not isinstance(data, GaussianMixture):
        return "-"
    return f"{float(data.log_prob(data.sample(POINTS, generator=fresh(92))).mean()):.3f}"


def cell(values: list[float], form: str) -> str:
    """Mean and each seed; a dash where nothing can be measured."""
    if any(math.isnan(v) for v in values):
        return "-"
    return f"{statistics.fmean(values):{form}} ({', '.join(format(v, form) for v in values)})"


def cells(found: list[Digits] | list[Plane], *forms: str) -> list[str]:
    """One cell for each measure."""
    return [cell(list(values), form) for values, form in zip(zip(*found, strict=True), forms, strict=True)]


def recipe(train: Callable[..., Flow]) -> str:
    """What a recipe's defaults say."""
    sizes = {name: parameter.default for name, parameter in signature(train).parameters.items()}
    return f"K = {sizes['steps']}, dropout {sizes['dropout']:g}, {sizes['rounds']:,} steps"


def digit_rows() -> list[str]:
    """Train and measure every Glow; draw the first of each recipe."""
    rows, pictures = [], {"training digits": dequantised(digits()[0].x, generator=fresh(94))}
    for train in GLOWS:
        flows = [timed(train, seed) for seed in SEEDS]
        rows.append(f"| {recipe(train)} | {' | '.join(cells([measure_digits(*f) for f in flows], '.3f', '.3f', '.0f', '.0f'))} |")
        print(rows[-1], flush=True)
        for temperature in (1.0, 0.7):
            pictures[f"{recipe(train).split(',')[0]}, T = {temperature:g}"] = flows[0][0].sample(
                80, temperature=temperature, generator=fresh(95)
            )
    sheet(pictures, HERE / "flow_samples.png")
    return rows


def plane_rows() -> list[str]:
    """Train and measure every RealNVP."""
    rows = []
    for name, data in PLANE.items():
        flows = [timed(partial(train_real_nvp, data), seed) for seed in SEEDS]
        likelihood, *others = cells([measure_plane(flow, data, seconds) for flow, seconds in flows], ".3f", ".0f", ".3f", ".0f")
        rows.append(f"| {' | '.join([name, likelihood, ceiling(data), *others])} |")
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Train, measure, write."""
    torch.set_num_threads(1)
    train, held_out = digits()
    sizes = {"train": len(train.y), "held_out": len(held_out.y), "bins": DIGIT_BINS, "dims": DIGIT_DIMS, "uniform": math.log2(DIGIT_BINS)}
    counts = {"noises": NOISES, "draws": DRAWS, "points": POINTS, "first": SEEDS[0]}
    rows = {"glows": "\n".join(digit_rows()), "plane": "\n".join(plane_rows())}
    (HERE / "flow_quality.md").write_text(TEXT.format(seeds=listed(SEEDS), **sizes, **counts, **rows), encoding="utf-8")


if __name__ == "__main__":
    main()
