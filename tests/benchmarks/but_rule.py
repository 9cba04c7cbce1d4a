"""The rule "in A but B, B decides" on real reviews, SST-2: is it the training with the rule that helps, or the projection?

    PGMKIT_DATA=folder nice .venv/bin/python tests/benchmarks/but_rule.py

writes but_rule.md beside this file in about ten minutes of CPU time on one thread. Without PGMKIT_DATA the reviews are downloaded. With the word
`phrases` after the command it trains on phrases instead, as Hu et al. did, and writes but_rule_phrases.md.
"""

import copy
import math
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from scipy.stats import t as student_t

from pgmkit.data.reviews import sst2, sst2_phrases
from pgmkit.data.tokens import FIRST, Sentences, number_words
from pgmkit.knowledge.recipes_sentiment import Accuracy, Encoded, but_accuracy, encode_but, train_sentiment
from pgmkit.models.textcnn import TextCNN
from pgmkit.rng import fresh, rand, seeded

HERE = Path(__file__).parent
SEEDS, DIM, MAPS, WIDTHS, DROPOUT, LR, BATCH = (1, 2, 3, 4, 5), 64, 32, (3, 4, 5), 0.5, 1e-3, 50
RULES = (6.0, 24.0)


class Level(NamedTuple):
    """What is trained on: sentences or phrases, how often, and which strengths of the rule are trained with (0 is none)."""

    name: str
    train: Callable[[], Sentences]
    epochs: int
    strengths: tuple[float, ...]


SENTENCES = Level("sentences", lambda: sst2("train"), 6, (0.0, 6.0, 24.0))
PHRASES = Level("phrases", sst2_phrases, 2, (0.0, 24.0))
Run = dict[float, Accuracy]  # one training: test accuracies for every strength of the projection


class Fit(NamedTuple):
    """One training: at the epoch with the best p on the dev set, and at the last epoch."""

    chosen: Run
    last: Run
    epoch: int
    seconds: float


def measure(model: TextCNN, data: Encoded) -> Run:
    """Accuracies of p, and of q with each strength."""
    return {C: but_accuracy(model, data, C=C) for C in RULES}


def fit(level: Level, data: dict[str, Encoded], words: int, strength: float, seed: int) -> Fit:
    """Train once and look at the dev set after each epoch. The first weights and the batches depend on the seed alone."""
    vectors = 0.5 * rand(words + FIRST, DIM, generator=fresh(seed), like=torch.zeros(0)) - 0.25
    with seeded(seed):
        model = TextCNN(vectors, widths=WIDTHS, maps=MAPS, dropout=DROPOUT)
    steps, done, kept = len(data["train"].ids) // BATCH, [0], []

    def after() -> None:
        done[0] += 1
        if done[0] % steps == 0:
            kept.append((but_accuracy(model, data["dev"]).p_all, copy.deepcopy(model.state_dict())))
            model.train()

    rate = 0.95 ** (20 / level.epochs) if strength else 1.0
    start = time.process_time()
    train_sentiment(model, data["train"], seed=seed, C=strength, rate=rate, epochs=level.epochs, batch=BATCH, lr=LR, after=after)
    seconds = time.process_time() - start
    last = measure(model, data["test"])
    best = max(range(len(kept)), key=lambda i: kept[i][0])
    model.load_state_dict(kept[best][1])
    return Fit(measure(model, data["test"]), last, best + 1, seconds)


def fits(level: Level) -> dict[float, list[Fit]]:
    """Every strength with every seed."""
    splits = {"train": level.train(), "dev": sst2("dev"), "test": sst2("test")}
    numbers = number_words(splits["train"].tokens)
    data = {name: encode_but(split.tokens, numbers, split.labels) for name, split in splits.items()}
    found: dict[float, list[Fit]] = {strength: [] for strength in level.strengths}
    for seed in SEEDS:
        for strength in level.strengths:
            found[strength].append(fit(level, data, len(numbers), strength, seed))
            print(level.name, seed, strength, found[strength][-1], flush=True)
    return found


def spread(values: list[float]) -> str:
    """Mean and standard deviation over seeds, in per cent."""
    return f"{100 * statistics.fmean(values):.1f} ± {100 * statistics.stdev(values):.1f}"


def label(strength: float) -> str:
    """Name of a way to train."""
    return f"with the rule, C = {strength:g}" if strength else "labels alone"


def grid(found: dict[float, list[Fit]], pick: Callable[[Fit], Run]) -> str:
    """p and q of every way to train."""
    rows = ["| training | projection | p, all | p, but | q, all | q, but |", "|---|---|---|---|---|---|"]
    for strength, runs in found.items():
        for C in [strength] if strength else RULES:
            columns = zip(*(pick(run)[C] for run in runs), strict=True)
            p_all, p_but, q_all, q_but = (spread(list(column)) for column in columns)
            rows.append(f"| {label(strength)} | C = {C:g} | {p_all} | {p_but} | {q_all} | {q_but} |")
    return "\n".join(rows)


def difference(name: str, pairs: list[tuple[float, float]]) -> str:
    """A row: mean, standard deviation and 95% t interval of differences by seed, in points of per cent."""
    d = [100 * (b - a) for a, b in pairs]
    mean, sd = statistics.fmean(d), statistics.stdev(d)
    half = float(student_t.ppf(0.975, len(d) - 1)) * sd / math.sqrt(len(d))
    seeds = ", ".join(f"{x:+.1f}" for x in d)
    return f"| {name} | {mean:+.2f} | {sd:.2f} | {mean - half:+.2f} to {mean + half:+.2f} | {seeds} |"


def differences(found: dict[float, list[Fit]], pick: Callable[[Fit], Run]) -> str:
    """What the projection changes, and what the training with the rule changes, seed by seed."""
    rows = ["| difference | mean | sd | 95% interval | by seed |", "|---|---|---|---|---|"]
    base = [pick(run) for run in found[0.0]]
    for part in ("all", "but"):
        for C in RULES:
            pairs = [(getattr(b[C], f"p_{part}"), getattr(b[C], f"q_{part}")) for b in base]
            rows.append(difference(f"projection alone, C = {C:g}: q - p of labels alone, {part}", pairs))
        for strength in [s for s in found if s]:
            ruled = [pick(run)[strength] for run in found[strength]]
            for which in ("p", "q"):
                key = f"{which}_{part}"
                pairs = [(getattr(b[strength], key), getattr(r, key)) for b, r in zip(base, ruled, strict=True)]
                rows.append(difference(f"training with the rule, C = {strength:g}: {which} against {which} of labels alone, {part}", pairs))
    return "\n".join(rows)


SECTION = """## Trained on {level}

{train:,} {level}, {epochs} epochs, {seconds:.0f} s of CPU time a run. Epoch chosen by p on the dev set: {epochs_chosen}.

{grid}

Differences by seed, in points:

{differences}

The same networks after the last epoch, nothing chosen:

{last}
"""

TEXT = """# The rule "in A but B, B decides" on SST-2

Made by `{command}`: {minutes:.0f} minutes of CPU time on one thread ({machine}), torch
{torch}. Seeds {seeds}. Cells give the mean and the standard deviation over seeds, in per cent. "All" are the 1,821 test sentences, "but" the 210 of
them that have words on both sides of a token "but".

* **p** is the network, **q** its projection, logit q = logit p + C (sigma(B)_+ - 1/2) where there is a clause B. C = 24 is what the code of Hu et al.
  (`logicnn`) computes when it is told C = 6.
* **Network**: the CNN of Kim, 2014, made small: filters of width {widths} x {maps}, dropout {dropout}, vectors of dimension {dim}, Adam {lr}, batches of
  {batch}. `logicnn` has 100 filters of each width, word2vec vectors of dimension 300, Adadelta, a bound on the last layer and 20 epochs.
* **No pretrained vectors**: all start at U(-0.25, 0.25). So the figures to compare with are those of Kim's CNN-rand, not those with word2vec.
* **Schedule**: pi = 1 - rate^t, the rate set so that pi ends at 1 - 0.95^20 = 0.64, as in 20 epochs of `logicnn`.
* **Selection**: the epoch with the best accuracy of p on the 872 dev sentences, for all rows. Nothing else was chosen by these runs. Size and
  number of epochs are what the time allowed, after a few runs with labels alone, which were looked at on the dev set.
* Within a seed, all rows start with the same weights and see the same batches, so the differences are paired.

{section}
## Published, for comparison

| source | setting | accuracy on all test sentences, % |
|---|---|---|
| Kim, 2014, CNN-rand | no pretrained vectors | 82.7 |
| Kim, 2014, CNN-static / non-static / multichannel | word2vec | 86.8 / 87.2 / 88.1 |
| README of `logicnn` (code of Hu et al., 2016), p | phrases, word2vec, with the rule | 88.7 |
| README of `logicnn`, q | the same network, projected | 89.3 |

Krishna, Jyothi and Iyyer, 2018, averaged over many seeds, as one must: training with the rule did not help, and what gain there was came almost all
from the projection at test time.
"""


def section(level: Level, found: dict[float, list[Fit]]) -> str:
    """Tables of one level."""
    chosen = {label(s): [run.epoch for run in runs] for s, runs in found.items()}
    return SECTION.format(
        level=level.name,
        train=len(level.train().tokens),
        epochs=level.epochs,
        seconds=statistics.fmean(run.seconds for runs in found.values() for run in runs),
        epochs_chosen="; ".join(f"{name} {', '.join(map(str, epochs))}" for name, epochs in chosen.items()),
        grid=grid(found, lambda run: run.chosen),
        differences=differences(found, lambda run: run.chosen),
        last=grid(found, lambda run: run.last),
    )


def main(level: Level, path: Path, command: str) -> None:
    """Train, measure, write."""
    torch.set_num_threads(1)
    start = time.process_time()
    tables = section(level, fits(level))
    setting = {"widths": ", ".join(map(str, WIDTHS)), "maps": MAPS, "dropout": DROPOUT, "dim": DIM, "lr": LR, "batch": BATCH}
    machine = f"{platform.system()}, {platform.machine()}, Python {platform.python_version()}"
    made = {"machine": machine, "torch": torch.__version__.split("+")[0], "seeds": ", ".join(map(str, SEEDS)), "command": command}
    path.write_text(TEXT.format(section=tables, minutes=(time.process_time() - start) / 60, **made, **setting), encoding="utf-8")


if __name__ == "__main__":
    command = "PGMKIT_DATA=folder nice .venv/bin/python tests/benchmarks/but_rule.py"
    if sys.argv[1:] == ["phrases"]:
        main(PHRASES, HERE / "but_rule_phrases.md", f"{command} phrases")
    else:
        main(SENTENCES, HERE / "but_rule.md", command)
