"""What a run says at its end: how many, how good, which mistakes; only sums are kept, no submission."""

from collections import Counter
from dataclasses import dataclass, field

from pgmkit.grading.trouble import plain
from pgmkit.grading.units import Graded

COMMONEST = 8
BLANK = "Not attempted yet"
"""The judge's title of an answer that was never begun: no mistake."""


def exercise(grade_id: str) -> str:
    """The exercise of a check cell."""
    return grade_id.removeprefix("check-")


@dataclass
class Summary:
    """Sums over a class.

    Args:
        assignment: the problem set.
        points: of each graded cell.
    """

    assignment: str
    points: dict[str, float]
    graded: int = 0
    repaired: int = 0
    refused: int = 0
    already: int = 0
    left_out: int = 0
    failed: list[str] = field(default_factory=list)
    submissions: int = 0
    earned: Counter[str] = field(default_factory=Counter)
    mistakes: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, graded: Graded, *, fresh: bool) -> None:
        """Count a submission.

        Args:
            graded: what came of it.
            fresh: whether it was graded now; otherwise an earlier run did it.
        """
        self.submissions += 1
        self.earned.update(graded.scores)
        self.mistakes.update((name, title) for name, title in graded.mistakes.items())
        if not fresh:
            self.already += 1
        elif graded.refused:
            self.refused += 1
        else:
            self.graded += 1
            self.repaired += bool(graded.repairs)

    @property
    def complete(self) -> bool:
        """Whether every submission has a score or a stated reason."""
        return not self.failed

    def lines(self) -> list[str]:
        """The closing words."""
        counts = f"{self.graded} graded ({self.repaired} of them repaired), {self.refused} refused, {self.already} already done"
        counts += f", {self.left_out} left out" if self.left_out else ""
        failed = f", {len(self.failed)} failed: {plain(', '.join(self.failed))}" if self.failed else ""
        return [f"{self.assignment}: {counts}{failed}; {self.seconds:.1f} seconds", *self.means(), *self.commonest()]

    def means(self) -> list[str]:
        """Mean points of every exercise, over all submissions."""
        if not self.submissions:
            return []
        width = max(len(exercise(name)) for name in self.points) + 2
        rows = [(exercise(name), self.earned[name] / self.submissions, most) for name, most in self.points.items()]
        rows.append(("total", sum(mean for _, mean, _ in rows), sum(self.points.values())))
        return [f"mean points of {self.submissions}", *(f"  {name:{width}}{mean:6.2f} of {most:g}" for name, mean, most in rows)]

    def commonest(self) -> list[str]:
        """The mistakes that most students made, and which exercises were not begun."""
        made = Counter({key: count for key, count in self.mistakes.items() if key[1] != BLANK})
        rows = [f"  {count:4d}  {plain(name)}: {plain(title)}" for (name, title), count in made.most_common(COMMONEST)]
        blank = [f"{plain(name)} {count}" for (name, title), count in self.mistakes.most_common() if title == BLANK]
        return [*(["commonest mistakes", *rows] if rows else []), *([f"not attempted: {', '.join(blank)}"] if blank else [])]
