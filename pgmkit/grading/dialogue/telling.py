"""Exceptions of the answer's process, raised again in the judge's: the same class, message and line."""

import builtins
import sys
import types
from functools import lru_cache
from typing import Any

import torch

from pgmkit.grading.dialogue.reading import name_of
from pgmkit.grading.dialogue.wire import TEXT, want

CELL = "the cell of the answer"
"""The file name of an answer's code here."""


def here() -> types.FrameType:
    """The frame of this call, which ends with it; it keeps the code."""
    return sys._getframe()


def spot(name: str, own: bool) -> types.FunctionType:
    """A function that returns a frame with this name, in the answer's cell or outside of it."""
    code = here.__code__.replace(co_name=name, co_qualname=name, co_filename=CELL if own else "outside", co_firstlineno=1)
    return types.FunctionType(code, {"sys": sys})


@lru_cache(maxsize=1)
def known_kinds() -> dict[tuple[str, str], type[Exception]]:
    """The exceptions that may be raised here: Python's, PyTorch's for linear algebra, and those of the exams."""
    modules = [module for name, module in sys.modules.items() if name.startswith("pgmkit.checks")]
    found = [thing for module in [builtins, *modules] for thing in vars(module).values()]
    kinds = [thing for thing in [*found, torch.linalg.LinAlgError] if isinstance(thing, type) and issubclass(thing, Exception)]
    return {(kind.__module__, kind.__qualname__): kind for kind in kinds}


def remade(told: Any, own: types.CodeType) -> Exception:
    """The exception that an answer's process tells of.

    Args:
        told: what came: names of the classes, the message, the last line in the answer's cell and the last of all.
        own: the code that stands for the answer's own.
    """
    want(isinstance(told, dict) and all(isinstance(told.get(key), str) for key in ("kind", "message")) and len(told["message"]) <= TEXT)
    want(isinstance(told.get("kinds"), list) and isinstance(told.get("trace"), list) and len(told["trace"]) <= 2)
    named = [tuple(kind) for kind in told["kinds"] if isinstance(kind, list) and all(isinstance(part, str) for part in kind)]
    base = next((known_kinds()[kind] for kind in named if kind in known_kinds()), Exception)
    return raised(base, name_of(told["kind"]), told["message"]).with_traceback(traced(told["trace"], own))


def raised(base: type[Exception], kind: str, message: str) -> Exception:
    """An exception with this name and message, of a class below `base`; one that wants other arguments is a plain one."""
    body = {"__init__": lambda self, message: None, "__str__": lambda self: message}
    try:
        return type(kind, (base,), body)(message)
    except Exception:
        return type(kind, (Exception,), body)(message)


def traced(lines: list[Any], own: types.CodeType) -> types.TracebackType | None:
    """A traceback through these lines."""
    trace = None
    for line in reversed(lines):
        name, number, place = want(isinstance(line, list) and len(line) == 3, line)
        want(type(number) is int and 0 <= number < 10**6 and place in (0, 1, 2))
        function = types.FunctionType(own, {"sys": sys}) if place == 2 else spot(name_of(name), own=place == 1)
        trace = types.TracebackType(trace, function(), 0, number)
    return trace
