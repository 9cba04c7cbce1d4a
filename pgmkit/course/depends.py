"""What a notebook depends on: the modules of pgmkit that its cells import, and what those import in turn."""

import ast
import hashlib
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

LIBRARY = Path(__file__).parents[1]
PACKAGED = {".npz", ".tsv", ".json"}


@lru_cache(maxsize=1024)
def imported(source: str) -> tuple[str, ...]:
    """Names of modules in a source's import statements; some may be names inside a module instead."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found += [name.name for name in names]
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found += [module, *(f"{module}.{name.name}" for name in names)]
    return tuple(found)


def file_of(module: str) -> Path | None:
    """The source file of a module of pgmkit, None for everything else."""
    head, *rest = module.split(".")
    stem = LIBRARY.joinpath(*rest)
    candidates = [stem.with_suffix(".py"), stem / "__init__.py"] if head == "pgmkit" else []
    return next((path for path in candidates if path.is_file()), None)


def files(source: str, apart: Collection[str] = ()) -> set[Path]:
    """All files of pgmkit that a source needs, packages on the way included; modules named in `apart` are not followed."""
    found: set[Path] = set()
    waiting = list(imported(source))
    while waiting:
        module = waiting.pop()
        path = None if module in apart else file_of(module)
        if path is not None and path not in found:
            found.add(path)
            waiting += [module.rpartition(".")[0], *imported(path.read_text(encoding="utf-8"))]
    return found


def fingerprint(sources: list[str], apart: Collection[str] = ()) -> str:
    """A hash of a notebook's cells, of the modules that its code needs, and of the packaged data that these name.

    Args:
        sources: all cells, in order; those that are not Python (Markdown) import nothing.
        apart: modules that do not count.
    """
    digest = hashlib.sha256("\0".join(sources).encode())
    needed = set().union(*(files(source, apart) for source in sources if is_python(source)))
    for path in sorted(needed | named_data(needed)):
        digest.update(path.relative_to(LIBRARY).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def named_data(modules: set[Path]) -> set[Path]:
    """The packaged data files whose names stand in the modules' text."""
    texts = [path.read_text(encoding="utf-8") for path in modules]
    return {path for path in LIBRARY.glob("data/*.*") if path.suffix in PACKAGED and any(path.name in text for text in texts)}


def is_python(source: str) -> bool:
    """Whether a cell parses as Python."""
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True
