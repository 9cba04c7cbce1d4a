"""How good the digits of each GAN recipe are: three seeds each, one thread, about six minutes of CPU time.

    nice .venv/bin/python tests/benchmarks/digits_quality.py

writes digits_quality.md and digits_samples.png beside this file.
"""

import statistics
import time
from pathlib import Path
from typing import NamedTuple

import torch
from quality import listed, sheet
from sklearn.svm import SVC
from torch import Tensor

from pgmkit.data.digits import dequantised, digit_batches, digits
from pgmkit.data.digits_features import classify, features
from pgmkit.gan.recipes_digits import clipped_digits, penalty_digits, plain_digits, r1_digits
from pgmkit.metrics import frechet_distance
from pgmkit.rng import fresh, seeded
from pgmkit.train import play

HERE = Path(__file__).parent
SEEDS = (1, 2, 3)
RECIPES = {
    "plain GAN": (plain_digits, 3000),
    "GAN with R1, EMA": (r1_digits, 5000),
    "WGAN, clipping, EMA": (clipped_digits, 3000),
    "WGAN-GP, EMA": (penalty_digits, 3000),
}
TEXT = """# Digits: what the recipes of `pgmkit.gan.recipes_digits` reach

Made by `nice .venv/bin/python tests/benchmarks/digits_quality.py` on one thread. Each recipe was trained with the seeds {seeds}; the
constants were chosen by hand on seed 0, against the same held-out digits. A cell gives the mean of the three seeds, and the
smallest and largest in brackets. 1,437 samples are drawn, as many as there are training digits.

* **Frechet distance** between the features (`pgmkit.data.digits_features`) of the samples and of 360 held-out digits; lower is
  better. The row *training digits* is the floor: it is not 0, because both sets are finite.
* **Classes**: how many of the ten classes get at least 2% of the samples, by the label of the feature classifier.
* **Agreement**: the share of samples on which two classifiers, trained on real digits in different ways, give one label: the
  feature classifier and an SVM on pixels. Blurred or invented shapes split them. It does not see missing classes.
  Both were trained on the training digits; on the held-out digits their agreement is {held_out:.2f}.
* **Seconds** of CPU time of training, on the machine that made this table.

| recipe | rounds | Frechet distance | classes | agreement | seconds |
|---|---|---|---|---|---|
{rows}

The table compares recipes as they are: rates, rounds and averaging differ too, so it does not rank the losses. Samples of seed {first}, in the order of
the table, are in `digits_samples.png`.
"""


class Quality(NamedTuple):
    """The measures of one set of samples."""

    frechet: float
    classes: float
    agreement: float
    seconds: float = 0.0


class Measure:
    """Measures samples against held-out digits and an SVM trained on real ones."""

    def __init__(self) -> None:
        train, held_out = digits()
        self.train, unseen = dequantised(train.x, generator=fresh(0)), dequantised(held_out.x, generator=fresh(1))
        self.svm = SVC(gamma="scale").fit(self.train.numpy(), train.y.numpy())
        self.held_out, self.agreement = features(unseen), self.agree(unseen)

    def agree(self, x: Tensor) -> float:
        """Share of x on which the SVM and the feature classifier give one label."""
        return float((torch.from_numpy(self.svm.predict(x.numpy())) == classify(x)).double().mean())

    def __call__(self, x: Tensor, seconds: float = 0.0) -> Quality:
        shares = torch.bincount(classify(x), minlength=10) / len(x)
        distance = frechet_distance(features(x), self.held_out)
        return Quality(float(distance), float((shares >= 0.02).sum()), self.agree(x), seconds)


def samples(name: str, seed: int) -> tuple[Tensor, float]:
    """1,437 samples of a recipe trained with one seed, and the seconds of training."""
    recipe, rounds = RECIPES[name]
    with seeded(seed):
        model, players = recipe(generator=fresh(seed + 100))
    start = time.process_time()
    play(players, digit_batches(64, generator=fresh(seed + 200)), rounds, progress=False)
    seconds = time.process_time() - start
    with torch.no_grad():
        return model.sample(len(digits()[0].x), generator=fresh(seed + 300)), seconds


def cell(values: list[float], form: str) -> str:
    """Mean, smallest and largest."""
    mean = format(statistics.fmean(values), form)
    return mean if len(set(values)) == 1 else f"{mean} ({min(values):{form}} to {max(values):{form}})"


def row(name: str, rounds: str, found: list[Quality]) -> str:
    """One line of the table."""
    forms = (".2f", ".0f" if len({q.classes for q in found}) == 1 else ".1f", ".2f", ".0f")
    cells = [cell([q[i] for q in found], form) for i, form in enumerate(forms)]
    return f"| {name} | {rounds} | " + " | ".join(cells if found[0].seconds else [*cells[:3], ""]) + " |"


def main() -> None:
    """Train, measure, write."""
    torch.set_num_threads(1)
    measure = Measure()
    pictures = {"training digits": measure.train}
    rows = [row("training digits", "", [measure(measure.train)])]
    for name, (_, rounds) in RECIPES.items():
        drawn = [samples(name, seed) for seed in SEEDS]
        pictures[name] = drawn[0][0]
        rows.append(row(name, f"{rounds:,}", [measure(x, seconds) for x, seconds in drawn]))
        print(rows[-1], flush=True)
    (HERE / "digits_quality.md").write_text(
        TEXT.format(seeds=listed(SEEDS), rows="\n".join(rows), first=SEEDS[0], held_out=measure.agreement)
    )
    sheet(pictures, HERE / "digits_samples.png")


if __name__ == "__main__":
    main()
