"""`python -m pgmkit.course`: regenerate, release and verify the course."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pgmkit.course.paths import Course

app = typer.Typer(
    help="Regenerate, release and verify the course.", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)
Root = Annotated[Path | None, typer.Option(help="The course's folder; default: the working directory or above.")]


@contextmanager
def told() -> Iterator[None]:
    """An instructor's mistake ends a command with a sentence, not with a traceback."""
    from traitlets import TraitError

    from pgmkit.grading.trouble import Trouble

    try:
        yield
    except (Trouble, ValueError, TraitError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(getattr(error, "status", 1)) from error


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
    from pgmkit.course.build import build as build_all

    report("built", build_all(Course.here(root), again=again, only=only))


@app.command()
def release(root: Root = None) -> None:
    """solutions/ to assignments/, through nbgrader, without answers."""
    from pgmkit.course.release import release as release_all

    report("released", release_all(Course.here(root)))


@app.command()
def exams(
    again: Annotated[bool, typer.Option("--again", help="Prove all of them, changed or not (ten minutes).")] = False,
    root: Root = None,
) -> None:
    """Prove the exams that changed and remake tests/exams.md."""
    from pgmkit.course.exams import exams as exams_all

    report("exams", exams_all(Course.here(root), again))


@app.command()
def check(root: Root = None) -> None:
    """Verify all materials: stale builds, leaks, lectures in a fresh kernel, full marks for the solutions."""
    from pgmkit.course.check import check as check_all

    faults = check_all(Course.here(root), typer.echo)
    for fault in faults:
        typer.echo(fault, err=True)
    raise typer.Exit(1 if faults else 0)


@app.command()
def grade(
    assignment: Annotated[str, typer.Argument(help="The problem set, for example ps2.")],
    student: Annotated[list[str] | None, typer.Option(help="A student's id or a pattern; may be repeated; default: all.")] = None,
    force: Annotated[
        bool, typer.Option("--force/--resume", help="Grade again what is graded; --resume goes on where a run stopped.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: one for each core.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="A Dask scheduler that grades instead, tcp://host:8786.")] = None,
    timeout: Annotated[float | None, typer.Option(min=1, max=86_400, help="Seconds for one cell and for one exercise.")] = None,
    memory: Annotated[int | None, typer.Option(min=64, max=10_000_000, help="Megabytes for one submission, beyond the libraries.")] = None,
    no_cage: Annotated[bool, typer.Option("--no-cage", help="Run student code with your rights; says what that risks.")] = False,
    seed: Annotated[int | None, typer.Option(help="Of the exams, to repeat a run; default: the run's secret one.")] = None,
    root: Root = None,
) -> None:
    """Grade what was handed in: all of submitted/, in cages, with every processor."""
    from pgmkit.grading.command import grade as grade_all

    limits = {"workers": workers, "scheduler": scheduler, "timeout": timeout, "memory": memory, "seed": seed}
    with told():
        chosen = tuple(student) if student else None
        raise typer.Exit(grade_all(Course.here(root), assignment, force=force, students=chosen, cage=False if no_cage else None, **limits))


@app.command()
def feedback(
    assignment: Annotated[str, typer.Argument(help="The problem set, for example ps2.")],
    student: Annotated[str, typer.Option(help="One student's id; default: all.")] = "",
    root: Root = None,
) -> None:
    """Write a feedback page for each student, into feedback/."""
    from pgmkit.grading.results.feedback import feedback as write_pages

    with told():
        typer.echo(f"{len(write_pages(Course.here(root), assignment, student))} pages in feedback/")


@app.command()
def export(
    assignment: Annotated[str, typer.Argument(help="The problem set, for example ps2.")],
    to: Annotated[str, typer.Option(help="csv, canvas or moodle.")] = "csv",
    output: Annotated[Path | None, typer.Option(help="The file; default: one in reports/.")] = None,
    root: Root = None,
) -> None:
    """Write the grades as a table for a spreadsheet, Canvas or Moodle."""
    from pgmkit.grading.results.export import export as write_table

    with told():
        typer.echo(f"grades of {assignment}: {write_table(Course.here(root), assignment, to, output)}")


@app.command("report")
def class_report(
    assignment: Annotated[str, typer.Argument(help="The problem set, for example ps2.")],
    output: Annotated[Path | None, typer.Option(help="The file; default: one in reports/.")] = None,
    root: Root = None,
) -> None:
    """Write one page about the whole class: scores, difficulty, mistakes."""
    from pgmkit.grading.results.report import report as write_report

    with told():
        typer.echo(f"report on {assignment}: {write_report(Course.here(root), assignment, output)}")


@app.command()
def doctor(root: Root = None) -> None:
    """Say what grading needs, what is here, and what to do about the rest."""
    from pgmkit.grading.doctor import main

    try:
        folder = Course.here(root).root
    except ValueError:
        folder = root or Path.cwd()
    raise typer.Exit(main(folder))


if __name__ == "__main__":
    app()
