"""One job of `flow_speed.py` in a process of its own: time one model's tasks, or measure the memory of one form.

    python tests/benchmarks/flow_speed_worker.py '{"setting": "glow8", "threads": 1, "rounds": 10, "heats": 3}'

prints its findings as JSON. The number of threads is set before any work.
"""

import json
import math
import random
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from flow_speed_models import LIMITS, OURS, SETTINGS, Form, Setting, Subject
from flow_speed_peers import forms
from torch import nn
from torch.optim import Adam
from tqdm import tqdm

TASKS = {False: ("train", "train, default Adam", "log_prob", "sample"), True: ("train", "log_prob", "sample")}
PIECE = 0.02  # seconds that one measurement lasts at least, as far as our own flow goes
Work = Callable[[], object]


def training(model: nn.Module, x: torch.Tensor, *, fused: bool = True) -> Work:
    """A training step by maximum likelihood."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = Adam(parameters, lr=1e-3, fused=True) if fused else Adam(parameters, lr=1e-3)

    def step() -> None:
        optimizer.zero_grad()
        loss = -model.log_prob(x).mean()
        loss.backward()
        optimizer.step()

    return step


def inference(work: Work) -> Work:
    """The work without autograd."""

    def run() -> object:
        with torch.inference_mode():
            return work()

    return run


def works(task: str, models: dict[Form, nn.Module], x: torch.Tensor) -> dict[Form, Work]:
    """What is timed, for each form."""
    for model in models.values():
        model.train(task.startswith("train"))
    if task == "log_prob":
        return {form: inference(lambda m=m: m.log_prob(x)) for form, m in models.items()}
    if task == "sample":
        return {form: inference(lambda m=m: m.sample(len(x))) for form, m in models.items()}
    default = task != "train"  # then the peers step with Adam as it comes; ours and the limit stay fused
    return {form: training(m, x, fused=not default or form.library in ("pgmkit", "limit")) for form, m in models.items()}


def seconds(work: Work, repeats: int) -> float:
    """Mean time of one of several runs: CPU time on one thread, which other programs do not stretch; wall time on several."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    start = clock()
    for _ in range(repeats):
        work()
    return (clock() - start) / repeats


def race(work: dict[Form, Work], rounds: int, bar: tqdm) -> dict[Form, list[float]]:
    """Times of every form, round by round, in a fresh order each round."""
    for run in work.values():
        run()
    repeats = max(1, math.ceil(PIECE / seconds(work[OURS], 2)))
    times: dict[Form, list[float]] = {form: [] for form in work}
    order, shuffle = list(work), random.Random(0).shuffle
    for _ in range(rounds):
        shuffle(order)
        for form in order:
            times[form].append(seconds(work[form], repeats))
        bar.update()
    return times


def best(times: dict[Form, list[float]]) -> list[Form]:
    """The fastest form of each library."""
    ranked = sorted(times, key=lambda form: median(times[form]))
    return list({form.library: form for form in reversed(ranked)}.values())


def check(form: Form, setting: Setting) -> None:
    """Raise unless a tiny model of this form is a right flow: its inverse undoes it, and log_prob is exact by autograd's Jacobian."""
    tiny = replace(setting, shape=(1, 4, 4), levels=2, steps=2, hidden=8, batch=4) if setting.is_image else replace(setting, batch=4)
    model: Subject = form.build(tiny)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn_like(p) if p.requires_grad else 0)
    x = tiny.data()
    model.log_prob(x)  # an actnorm sets itself from its first batch
    model.eval()
    z, _ = model.encode(x)
    jacobian = [torch.autograd.functional.jacobian(lambda row: model.encode(row[None])[0][0], row).reshape(z.shape[1], -1) for row in x]
    exact = torch.linalg.slogdet(torch.stack(jacobian)).logabsdet - (0.5 * z.square() + 0.5 * math.log(2 * math.pi)).sum(1)
    torch.testing.assert_close(model.log_prob(x), exact, atol=1e-3, rtol=1e-4, msg=lambda m: f"log_prob of {form[:2]}: {m}")
    torch.testing.assert_close(model.decode(z), x, atol=1e-3, rtol=1e-4, msg=lambda m: f"inverse of {form[:2]}: {m}")
    assert model.sample(3).shape == (3, *tiny.shape), f"samples of {form[:2]}"


def timings(setting: Setting, tasks: Sequence[str], threads: int, rounds: int, heats: int) -> list[dict]:
    """For each task: a few rounds choose each library's fastest form, then the chosen race."""
    subjects = [OURS, *forms(setting)]
    for form in subjects:
        check(form, setting)
    x = setting.data()
    models = {form: form.build(setting) for form in [*subjects, *LIMITS[setting.is_image]]}
    found = []
    with tqdm(total=len(tasks) * (rounds + heats), desc=f"{setting.name}, threads: {threads}", mininterval=1) as bar:
        for model in models.values():
            training(model, x)()  # weights off their first values, actnorms set
        for task in tasks:
            chosen = best(race(works(task, models, x), heats, bar))
            times = race(works(task, {form: models[form] for form in chosen}, x), rounds, bar)
            found.append({"setting": setting.name, "threads": threads, "task": task, "forms": {f.library: f.text for f in chosen}})
            found[-1]["times"] = {form.library: values for form, values in times.items()}
    return found


def status(key: str) -> float:
    """A field of /proc/self/status in MB."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(key)]
    return int(line.split()[1]) / 1024


def memory(setting: Setting, library: str, text: str) -> dict:
    """Trained parameters, and by how much the peak of resident memory rises during training steps, in MB.

    A step of another model on four rows loads the kernels first. Linux only, because only there can a process reset its own peak.
    """
    (form,) = [f for f in [OURS, *forms(setting), *LIMITS[setting.is_image]] if (f.library, f.text) == (library, text)]
    model = form.build(setting)
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    small = replace(setting, batch=4)
    first = training(form.build(small), small.data())
    first()
    reset = Path("/proc/self/clear_refs")
    if not reset.exists():
        return {"parameters": parameters, "megabytes": math.nan}
    step, before = training(model, setting.data()), status("VmRSS")
    reset.write_text("5")
    for _ in range(3):
        step()
    return {"parameters": parameters, "megabytes": status("VmHWM") - before}


def main() -> None:
    """Do the job that the first argument describes."""
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    torch.manual_seed(0)
    np.random.seed(0)  # FrEIA draws its permutations from it
    warnings.simplefilter("ignore")
    setting = SETTINGS[job["setting"]]
    if "form" in job:
        found = memory(setting, *job["form"])
    else:
        found = timings(setting, job.get("tasks") or TASKS[setting.is_image], job["threads"], job["rounds"], job["heats"])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
