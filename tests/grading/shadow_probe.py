"""What someone inside the cage finds of pgmkit: run by `test_shadow.py`, `python shadow_probe.py FOLDER...`, one line of JSON each.

Each folder holds `pgmkit`, the shadow of one problem set, and `cells.json`: the functions that are closed there, the cells of
the right notebook, and one line that trains with the answers.
"""

import importlib
import inspect
import json
import os
import pkgutil
import sys
import types
from pathlib import Path


def modules():
    import pgmkit

    yield pgmkit
    for found in pkgutil.walk_packages(pgmkit.__path__, "pgmkit."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def held(module):
    """Everything callable that a module holds, and the methods of its classes, by name."""
    for name, value in list(vars(module).items()):
        if isinstance(value, type) and value.__module__.startswith("pgmkit"):
            yield from ((f"{name}.{method}", getattr(value, method)) for method in vars(value) if callable(getattr(value, method)))
        elif callable(value):
            yield name, value


def outcome(function):
    """What a call with an argument for each parameter comes to."""
    wanted = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    positional = [None for p in wanted if p.kind is p.POSITIONAL_OR_KEYWORD]
    try:
        function(*positional, **{p.name: None for p in wanted if p.kind is p.KEYWORD_ONLY})
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__name__}: {error}"
    return "answered"


def look(closed):
    """Module files, what every holder of a closed function answers, and the functions' source as Python shows it."""
    found = {"files": [], "outcomes": {}, "sources": {}}
    for module in modules():
        found["files"].append(module.__file__)
        for name, value in held(module):
            function = inspect.unwrap(value)
            if isinstance(function, types.FunctionType) and f"{function.__module__}.{function.__qualname__}" in closed:
                found["outcomes"][f"{module.__name__}.{name}"] = outcome(value)
                found["sources"][f"{module.__name__}.{name}"] = inspect.getsource(function)
    return found


def work(cells, training):
    """Run the cells of the right notebook, then train with the answers; what stops it, in words."""
    names = {}
    try:
        for cell in cells:
            exec(compile(cell, "<cell>", "exec"), names)
        names["quiet"] = importlib.import_module("pgmkit.checks.check").quiet
        exec(training, names)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "" if names["check"](None) == 0.0 and names["ready"]("any") is False else "the stand-in said something else"


def report(folder, out):
    """All about one shadow, from a process of its own in which no pgmkit was ever imported."""
    sys.path.insert(0, folder)
    given = json.loads((Path(folder) / "cells.json").read_text())
    found = look(set(given["closed"])) | {"stopped": work(given["cells"], given["training"])}
    out.write_text(json.dumps(found))


if __name__ == "__main__":
    for heavy in ("IPython.display", "matplotlib.pyplot", "scipy.optimize", "sklearn.datasets", "tqdm.auto", "ipywidgets", "torch._dynamo"):
        importlib.import_module(heavy)
    import torch

    torch.set_num_threads(1)
    sys.path = [place for place in sys.path if Path(place).resolve() != Path(__file__).parents[2]]
    sys.dont_write_bytecode = True
    for folder in sys.argv[1:]:
        child = os.fork()
        if child == 0:
            report(folder, Path(folder) / "found.json")
            os._exit(0)
        os.waitpid(child, 0)
