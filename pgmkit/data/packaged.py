"""Small tables that ship with the library, as text."""

from importlib.resources import files

from pgmkit.errors import want_text


def table(name: str) -> list[list[str]]:
    """The rows of a packaged file, cut at tabs."""
    want_text(name=name)
    return [line.split("\t") for line in (files("pgmkit.data") / name).read_text(encoding="utf-8").split("\n") if line]
