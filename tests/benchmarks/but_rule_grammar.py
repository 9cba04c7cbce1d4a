"""The rule "in A but B, B decides" on the toy reviews of `pgmkit.data.sentiment`: twenty seeds, each with its own data and network.

    nice .venv/bin/python tests/benchmarks/but_rule_grammar.py

writes but_rule_grammar.md beside this file and pgmkit/data/but_seeds.json, which the lecture draws, in about three minutes of one thread.
"""

import json
import statistics
import time
from pathlib import Path

import torch
from but_rule import difference, spread

from pgmkit import data
from pgmkit.data.sentiment import but_task, grammar_numbers, word_vectors
from pgmkit.knowledge.recipes_sentiment import Accuracy, but_accuracy, encode_but, train_sentiment
from pgmkit.models.textcnn import TextCNN
from pgmkit.rng import fresh, seeded

HERE, KEPT = Path(__file__).parent, Path(data.__file__).with_name("but_seeds.json")
COMMAND = "nice .venv/bin/python tests/benchmarks/but_rule_grammar.py"
SEEDS, RULES = range(1, 21), (6.0, 24.0)
TEXT = """# The rule "in A but B, B decides" on toy reviews

Made by `{command}`: {minutes:.1f} minutes of CPU time on one thread. {n} seeds; each draws
its own 500 labelled sentences, 2,000 "A but B" sentences without labels, 4,000 test sentences (about 480 of them "A but B"), word vectors and first weights. Cells give the mean and the standard deviation
over seeds, in per cent. 3% of the labels are wrong, in the test set too. The network is `TextCNN` with its defaults, 15 epochs, the last epoch taken.

| training | projection | p, all | p, but | q, all | q, but |
|---|---|---|---|---|---|
{rows}

Differences by seed, in points:

| difference | mean | sd | 95% interval | by seed |
|---|---|---|---|---|
{differences}

The rule is exact here: the grammar gives "A but B" the label of B. Real sentences are not so tidy, see `but_rule.md`.
"""


def train_all(seed: int, strengths: tuple[float, ...] = RULES) -> dict[str, Accuracy]:
    """One seed: labels alone, with the rule, with the rule and unlabelled sentences; each with C = 6 and C = 24."""
    generator, numbers = fresh(seed), grammar_numbers()
    task, vectors = but_task(generator=generator), word_vectors(generator=generator)
    train, test = (encode_but(part.tokens, numbers, part.labels) for part in (task.train, task.test))
    unlabelled = encode_but(task.unlabelled, numbers)
    found = {}
    for C in strengths:
        for name, settings in {"labels": {"rate": 1.0}, "rule": {}, "unlabelled": {"unlabelled": unlabelled}}.items():
            with seeded(seed):
                model = TextCNN(vectors)
            train_sentiment(model, train, seed=seed, C=C, **settings)
            found[f"{name} {C:g}"] = but_accuracy(model, test, C=C)
    return found


def report(found: dict[str, list[Accuracy]], minutes: float) -> str:
    """The tables."""
    rows, differences = [], []
    for key, runs in found.items():
        name, C = key.split()
        title = {"labels": "labels alone", "rule": "with the rule", "unlabelled": "with the rule and unlabelled sentences"}[name]
        columns = zip(*runs, strict=True)
        rows.append(f"| {title} | C = {C} | {' | '.join(spread(list(column)) for column in columns)} |")
        base = found[f"labels {C}"]
        if name == "labels":
            pairs = [(run.p_but, run.q_but) for run in base]
            differences.append(difference(f"projection alone, C = {C}: q - p of labels alone, but", pairs))
            continue
        for part in ("p_all", "p_but", "q_but"):
            pairs = [(getattr(a, part), getattr(b, part)) for a, b in zip(base, runs, strict=True)]
            differences.append(difference(f"{title}, C = {C}: {part.replace('_', ', ')}, against labels alone", pairs))
    made = {"command": COMMAND, "minutes": minutes, "n": len(SEEDS)}
    return TEXT.format(rows="\n".join(rows), differences="\n".join(differences), **made)


def main() -> None:
    """Train, keep, write."""
    torch.set_num_threads(1)
    start, found = time.process_time(), {}
    for seed in SEEDS:
        for key, accuracy in train_all(seed).items():
            found.setdefault(key, []).append(accuracy)
        print(seed, {key: round(statistics.fmean(run.p_but for run in runs), 3) for key, runs in found.items()}, flush=True)
    kept = {"command": COMMAND, "columns": Accuracy._fields, "seeds": list(SEEDS)}
    rows = {key: [[round(share, 5) for share in run] for run in runs] for key, runs in found.items()}
    KEPT.write_text(json.dumps(kept | {"runs": rows}) + "\n", encoding="utf-8")
    (HERE / "but_rule_grammar.md").write_text(report(found, (time.process_time() - start) / 60), encoding="utf-8")


if __name__ == "__main__":
    main()
