"""The table under a check: observation, points, mark; then the diagnosis and the hint ladder."""

from dataclasses import dataclass
from html import escape

from pgmkit.checks.judge import NOT_ATTEMPTED, Verdict

GREEN, RED, GREY = "#1b7837", "#b2182b", "#666"
PRINTED_LINES = 12


def points(value: float) -> str:
    """2.0 as "2", 1.5 as "1.5"."""
    return f"{value:g}"


def cells(tag: str, name: str, earned: str, mark: str, reason: str, colour: str) -> str:
    """One row of the table."""
    left, fixed = "text-align:left;padding:2px 10px", "padding:2px 10px;white-space:nowrap"
    styles = (left, fixed, f"{fixed};color:{colour}" if colour else fixed, left)
    inside = "".join(
        f'<{tag} style="{style}">{escape(text)}</{tag}>' for style, text in zip(styles, (name, earned, mark, reason), strict=True)
    )
    return f"<tr>{inside}</tr>"


@dataclass(frozen=True)
class Report:
    """A verdict as HTML for a notebook and as text for everything else.

    Args:
        name: the exercise.
        verdict: what the judge said.
        hints: the ladder, shown folded while something is wrong.
        printed: what the answer printed during the exam.
    """

    name: str
    verdict: Verdict
    hints: tuple[str, ...] = ()
    printed: str = ""

    @property
    def headline(self) -> str:
        """The exercise and its score."""
        v = self.verdict
        if v.diagnosis is not None and v.diagnosis.title == NOT_ATTEMPTED:
            return f"{self.name}: not attempted yet, {points(v.points)} points to earn"
        return f"{self.name}: {points(v.score)} of {points(v.points)} points"

    def __repr__(self) -> str:
        lines = [self.headline]
        for row in self.verdict.rows:
            mark = "wrong" if row.reason else "right"
            lines.append(f"  {mark}  {points(row.earned)}/{points(row.points)}  {row.name}")
        if self.verdict.diagnosis is not None:
            lines += [f"{self.verdict.diagnosis.title}.", self.verdict.diagnosis.advice]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        v = self.verdict
        if v.diagnosis is not None and v.diagnosis.title == NOT_ATTEMPTED:
            head = f'<p style="color:{GREY}"><b>{escape(self.headline)}.</b> {escape(v.diagnosis.advice)}</p>'
            return f'<div class="pgmkit-check pgmkit-new">{head}{self.ladder()}</div>'
        colour, state = (GREEN, "right") if v.diagnosis is None else (RED, "wrong")
        head = f'<p style="color:{colour}"><b>{escape(self.headline)}</b></p>'
        return f'<div class="pgmkit-check pgmkit-{state}">{head}{self.table()}{self.advice()}{self.ladder()}{self.output()}</div>'

    def table(self) -> str:
        """One row per observation."""
        reasons = ["", *(row.reason for row in self.verdict.rows)]
        rows = ""
        for before, row in zip(reasons, self.verdict.rows, strict=False):
            reason = "as above" if row.reason and row.reason == before else row.reason
            mark, colour = ("✗ wrong", RED) if row.reason else ("✓ right", GREEN)
            rows += cells("td", row.name, f"{points(row.earned)} / {points(row.points)}", mark, reason, colour)
        return f"<table>{cells('th', 'observation', 'points', 'mark', '', '')}{rows}</table>"

    def advice(self) -> str:
        """The diagnosis."""
        d = self.verdict.diagnosis
        return "" if d is None else f"<p><b>{escape(d.title)}.</b> {escape(d.advice)}</p>"

    def ladder(self) -> str:
        """The hints, each folded inside the one before it."""
        if self.verdict.diagnosis is None:
            return ""
        folded = ""
        for i, hint in reversed(list(enumerate(self.hints, 1))):
            folded = f"<details><summary>Hint {i} of {len(self.hints)}</summary><p>{escape(hint)}</p>{folded}</details>"
        return folded

    def output(self) -> str:
        """The first lines of what the answer printed."""
        lines = self.printed.rstrip().split("\n")
        if not self.printed.strip():
            return ""
        rest = f"\n... and {len(lines) - PRINTED_LINES} more lines" if len(lines) > PRINTED_LINES else ""
        text = escape("\n".join(lines[:PRINTED_LINES])[:2000] + rest)
        return f"<details><summary>Your code printed during the check</summary><pre>{text}</pre></details>"
