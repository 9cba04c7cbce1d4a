"""One constraint on four families of models, three seeds each, one thread, about ten minutes of CPU time.

    nice .venv/bin/python tests/benchmarks/families.py

writes families.md beside this file, and pgmkit/data/families.npz, from which the lecture draws. Names of families after the command
(flow, autoregressive, VAE, GAN) run only those, and leave the rest of both files as it is.
"""

import sys
from pathlib import Path

import numpy as np
import torch

from pgmkit.data.toy2d import ring
from pgmkit.labs.pr_families import ALPHA, BASE, FAMILIES, GENTLE, MEASURED, ROUNDS, TARGET, TRUSTED, Figures, Outcome, experiment
from pgmkit.labs.pr_gallery import STORE, TITLES, Stored, gan_learned_alpha, gan_rates, stored
from pgmkit.rng import fresh

HERE = Path(__file__).parent
SEEDS = (1, 2, 3)
STAGES = dict.fromkeys(FAMILIES, ("fixed", "learned", "neural")) | {"GAN": ("fixed", "gentle", "learned", "neural")}
TEXT = """# One constraint, four families of models

Made by `nice .venv/bin/python tests/benchmarks/families.py`, one thread, single precision, seeds {seeds}. The settings were chosen while
looking at seeds 1 and 2.

Data: the ring of eight Gaussians. The constraint: x_0 < 0 is forbidden, alpha = {alpha:g}, weight = 1. By symmetry exactly half of the
data's mass breaks it; two of the eight modes lie on the line itself, half on each side. Every model is trained for {base:,} rounds on the
ring (`before`), then goes on with the ring and the regularization ({rounds}).
Flow, autoregressive model and VAE: weighted maximum likelihood of their own samples (for the VAE the ELBO), f = -1[x_0 < 0]. GAN:
-alpha E[f] beside the non-saturating loss, with the smooth f = -sigmoid(-8 x_0), because the gradient goes through f.

* **fixed f**: as above. **learned phi**: f = -phi 1[x_0 < 0], or its smooth form, with phi = 0 at the start, learned from trusted examples:
  the ring with a violation rate of {trusted:.4f}. **learned network**: f is a network with values in [-1, 1], learned from the same examples.
* **p** and **q**: share of {measured:,} samples with x_0 < 0, of the model and, with weights exp(alpha f), of q. **Strength**: alpha times
  the step of f from the left to the right of the ring; that is alpha phi for the first two.
* **Modes**: left, on the line, right, of 3, 2 and 3. **Near a mode**: share of samples within three standard deviations (data: 0.989).
* A cell gives mean ± standard deviation over the seeds and, for p, each seed in brackets. Weights are averaged over about the last 100 rounds.
  Seconds are CPU time of that stage alone, on a machine with other work on it.

**Fixed point for models trained by likelihood**, p = (p_data + q) / 2 with q proportional to p exp(alpha f): p = {target:.3f}, q = {trusted:.3f}.
Learning phi has the same fixed point, with strength {alpha:g}: q must break the rule as often as the trusted examples.

**Balance of the GAN** (`pgmkit.labs.pr_gallery.gan_balance`; best discriminator, non-saturating loss): its own loss is no KL divergence, so
its target is another one. {balance}

| family | stage | p | q | strength | modes | near a mode | seconds |
|---|---|---|---|---|---|---|---|
{rows}

How to read it:

* The autoregressive model fits the ring as well as its bins allow, and ends on the analytic rates. Flow and VAE fit it less well in this time,
  and learn in part from their own draws: their rates depend on the seed, and the share near a mode moves too.
* With one parameter and the hard rule, strength = log-odds of p minus log-odds of q. So where p is above its target, phi is as well.
* A network can see more than the line, so it may also correct other faults: compare the share near a mode of VAE and GAN. On a model that fits
  badly it may spend its range on other faults and leave the rule alone (the flow of seed 2).
* The GAN's empty left half at alpha = 2 is what its balance predicts, not an accident of a seed. The two modes on the line are lost as well:
  their samples slide to the right along the slope of the smooth rule, which the balance, a matter of weights alone, does not know. At
  alpha = 0.5 and with the learned phi the GAN keeps all modes; the learned network loses one of three on the left in one seed.
* The GAN's rates are below its balance. Likely reasons, not tested: that slide, and a discriminator that is not the best one.
"""


def balance() -> str:
    """What the balance of the GAN predicts at both strengths and for the learned phi."""
    x = ring().sample(200_000, generator=fresh(0)).double()
    learned = gan_learned_alpha(x)
    cases = {f"alpha = {ALPHA:g}": ALPHA, f"alpha = {GENTLE:g}": GENTLE, f"learned phi, strength {learned:.2f}": learned}
    rates = {name: gan_rates(alpha, x) for name, alpha in cases.items()}
    return "; ".join(f"{name}: p = {v:.3f}, q = {v_q:.3f}" for name, (v, v_q, _) in rates.items()) + "."


def cell(values: np.ndarray, *, each: bool = False) -> str:
    """Mean, spread and, if asked for, each seed."""
    text = f"{values.mean():.3f} ± {values.std(ddof=1):.3f}"
    return f"{text} ({', '.join(f'{v:.3f}' for v in values)})" if each else text


def row(family: str, stage: str, run: Stored) -> str:
    """One row of the table."""
    modes = [", ".join(str(int(v)) for v in run.column(side)) for side in ("left", "line", "right")]
    strength = "-" if stage == "base" else cell(run.column("strength"))
    measures = [cell(run.column("violation"), each=True), cell(run.column("q_violation")), strength]
    return f"| {' | '.join([family, TITLES[stage], *measures, ' / '.join(modes), cell(run.column('high_quality')), f'{run.seconds.mean():.0f}'])} |"


def together(outcomes: list[Outcome]) -> Stored:
    """One stage of one family, all seeds."""
    figures, curves, samples, seconds = zip(*outcomes, strict=True)
    return Stored(
        np.array(figures, np.float32), np.array(curves, np.float32), samples[0].numpy().astype(np.float16), np.array(seconds, np.float32)
    )


def write(runs: dict[tuple[str, str], Stored]) -> None:
    """The table, and the store, in the order of the families."""
    runs = {key: run for name in FAMILIES for key, run in runs.items() if key[0] == name}
    arrays = {f"{family}/{stage}/{field}": value for (family, stage), run in runs.items() for field, value in run._asdict().items()}
    np.savez_compressed(STORE, **arrays)
    settling = ", ".join(f"{family}: {rounds:,} rounds" for family, rounds in ROUNDS.items())
    sizes = {"alpha": ALPHA, "base": BASE, "rounds": settling, "trusted": TRUSTED, "target": TARGET, "measured": MEASURED}
    rows = "\n".join(row(*key, run) for key, run in runs.items())
    text = TEXT.format(seeds=", ".join(map(str, SEEDS)), balance=balance(), rows=rows, **sizes)
    (HERE / "families.md").write_text(text, encoding="utf-8")


def main() -> None:
    """Train; both files are written anew after each family."""
    torch.set_num_threads(1)
    chosen = sys.argv[1:] or list(FAMILIES)
    done = [(family, stage) for family in FAMILIES if family not in chosen for stage in ("base", *STAGES[family])]
    runs = {key: stored(*key) for key in done}
    for family in chosen:
        found, stages = [], STAGES[family]
        for seed in SEEDS:
            found.append(experiment(family, seed, stages))
            for stage, outcome in found[-1].items():
                figures = dict(zip(Figures._fields, outcome.figures, strict=True))
                print(family, seed, stage, {name: round(v, 3) for name, v in figures.items()}, f"{outcome.seconds:.1f} s", flush=True)
        runs |= {(family, stage): together([outcomes[stage] for outcomes in found]) for stage in found[0]}
        write(runs)


if __name__ == "__main__":
    main()
