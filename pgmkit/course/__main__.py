"""`python -m pgmkit.course`: regenerate, release and verify the course."""

from pathlib import Path
from typing import Annotated

import typer

from pgmkit.course.build import build as build_all
from pgmkit.course.check import check as check_all
from pgmkit.course.exams import exams as exams_all
from pgmkit.course.paths import Course
from pgmkit.course.release import release as release_all

app = typer.Typer(
    help="Regenerate, release and verify the course.", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)
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


@app.command()
def exams(root: Root = None) -> None:
    """Prove every exam and remake tests/exams.md."""
    report("exams", exams_all(Course.here(root)))


@app.command()
def check(root: Root = None) -> None:
    """Verify all materials: stale builds, leaks, lectures in a fresh kernel, full marks for the solutions."""
    faults = check_all(Course.here(root), typer.echo)
    for fault in faults:
        typer.echo(fault, err=True)
    raise typer.Exit(1 if faults else 0)


if __name__ == "__main__":
    app()
