"""`python -m pgmkit.course`: regenerate, release and verify the course."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pgmkit.course.build import build as build_all
from pgmkit.course.paths import Course
from pgmkit.course.release import release as release_all

app = typer.Typer(
    help="Regenerate, release and verify the course.", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)
# nbgrader calls `alembic` by name; it stands beside this interpreter, also where .venv was never activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
Root = Annotated[Path | None, typer.Option(help="The course's folder; default: the working directory or above.")]


def report(what: str, files: list[str]) -> None:
    """Say which files changed."""
    typer.echo(f"{what}: {', '.join(files) if files else 'nothing changed'}")


@app.command()
def build(
    only: Annotated[str, typer.Argument(help="One source by its stem, for example 03_wgan; default: all.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Execute lectures even where nothing changed.")] = False,
    root: Root = None,
) -> None:
    """Markdown sources to notebooks; lectures are executed where they or the library changed."""
    report("built", build_all(Course.here(root), again=again, only=only))


@app.command()
def release(root: Root = None) -> None:
    """solutions/ to assignments/, through nbgrader, without answers."""
    report("released", release_all(Course.here(root)))


if __name__ == "__main__":
    app()
