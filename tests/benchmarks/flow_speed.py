"""How fast `pgmkit.flows` is beside FrEIA, nflows, normflows and zuko, and beside the coupling networks alone.

    make bench                                                         # all of it; writes flow_speed.md beside this file
    .venv/bin/python tests/benchmarks/flow_speed.py --task glow16 --threads 1 --quick   # one table, on the screen only

Each model and number of threads is a process of its own; so is each measurement of memory.
"""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from flow_speed_report import by_threads, form_table, met, size_table, speed_table
from flow_speed_text import TEXT
from tqdm import tqdm

HERE = Path(__file__).parent
ROUNDS = {"realnvp": 60, "glow8": 40, "glow16": 25, "glow32": 20}
LIBRARIES = {"FrEIA": "FrEIA", "nflows": "nflows", "normflows": "normflows", "zuko": "zuko", "PyTorch": "torch"}
QUICK, HEATS = 5, 4


def run(job: dict) -> list[dict] | dict:
    """One job in a process of its own, with its number of threads; the bar of the job shows through."""
    threads = str(job["threads"])
    command = [sys.executable, str(HERE / "flow_speed_worker.py"), json.dumps(job)]
    environment = {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    return json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout)


def sizes(results: list[dict], key: str) -> list[dict]:
    """Parameters and memory of the forms that raced in the training step."""
    (result,) = [r for r in results if r["task"] == "train" and r["threads"] == results[0]["threads"]]
    found = []
    for library, text in tqdm(result["forms"].items(), desc=f"{result['setting']}, memory", leave=False):
        size = run({"setting": key, "threads": 1, "form": [library, text]})
        found.append({"setting": result["setting"], "library": library, **size})
    return found


def report(results: list[dict], memory: list[dict], rounds: dict[str, int]) -> str:
    """The text of flow_speed.md."""
    tables = by_threads(results)
    yes, of = met(tables.get(1, []))
    titles = {1: "## One thread", 2: "## Two threads"}
    return TEXT.format(
        versions=", ".join(f"{name} {version(package)}" for name, package in LIBRARIES.items()),
        machine=f"{platform.system()} on {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
        rounds=", ".join(f"{n} ({key})" for key, n in rounds.items()),
        heats=HEATS,
        met=f"{yes} of {of}",
        speed="\n\n".join(f"{titles.get(n, f'## {n} threads')}\n\n{speed_table(found)}" for n, found in tables.items()),
        sizes=size_table(memory),
        forms=form_table(results),
    )


def main(
    task: Annotated[list[str] | None, typer.Option(help=f"A model, any of {', '.join(ROUNDS)}; default: all.")] = None,
    threads: Annotated[list[int] | None, typer.Option(help="Number of threads; default: 1 and 2.")] = None,
    rounds: Annotated[int | None, typer.Option(help="Rounds of every task; default: more for small models.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few rounds, no memory.")] = False,
) -> None:
    """Time everything that was asked for; a run of everything writes flow_speed.md."""
    keys, counts = task or list(ROUNDS), threads or [1, 2]
    chosen = {key: rounds or (QUICK if quick else ROUNDS[key]) for key in keys}
    results, memory = [], []
    for key in keys:
        found = [r for n in counts for r in run({"setting": key, "threads": n, "rounds": chosen[key], "heats": HEATS})]
        results += found
        for table in by_threads(found).values():
            print(speed_table(table), flush=True)
        if not quick:
            memory += sizes(found, key)
    if quick or task or threads:
        print(size_table(memory) if memory else form_table(results))
        return
    text = report(results, memory, chosen)
    (HERE / "flow_speed.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    typer.run(main)
