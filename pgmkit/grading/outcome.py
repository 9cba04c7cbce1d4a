"""What came of a submission, as a notebook shows it: the report of a check, or why nothing could be graded."""

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from pgmkit.checks.exam import Exam
from pgmkit.checks.report import Report
from pgmkit.grading.submission.clean import clean_markdown, clean_stream
from pgmkit.grading.submission.intake import Intake
from pgmkit.grading.units import Graded, Job


def reported(report: Report) -> list[NotebookNode]:
    """The outputs of a check cell: the report, and the points as nbgrader reads them."""
    shown = new_output("display_data", data={"text/plain": clean_stream(repr(report)), "text/html": clean_stream(report._repr_html_())})
    return [shown, new_output("execute_result", data={"text/plain": str(float(report.verdict.score))}, execution_count=1)]


def refused(job: Job, release: NotebookNode, exams: dict[str, Exam], intake: Intake) -> Graded:
    """The record of a submission that cannot be graded: the release, the reason on top, zero everywhere."""
    book = nbformat.from_dict(release)
    reason = new_markdown_cell(f"**This submission could not be graded.** {clean_markdown(intake.refused)}", id="refused")
    for cell in book.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in exams:
            cell.outputs = [new_output("execute_result", data={"text/plain": "0.0"}, execution_count=1)]
    book.cells.insert(0, reason)
    text = nbformat.writes(book, version=4)
    return Graded(job.assignment, job.student, text, dict.fromkeys(exams, 0.0), repairs=intake.repairs, refused=intake.refused)
