"""Where everything is in a course directory."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Course:
    """A course directory: the folder that holds nbgrader_config.py.

    Args:
        root: the folder.
    """

    root: Path

    @classmethod
    def here(cls, start: Path | None = None) -> "Course":
        """The course around a folder (default: the working directory), searched upwards."""
        start = (start or Path.cwd()).resolve()
        for folder in [start, *start.parents]:
            if (folder / "nbgrader_config.py").is_file():
                return cls(folder)
        raise ValueError(f"no nbgrader_config.py in {start} or above it. Change into the course's folder, or pass --root.")

    @property
    def lectures(self) -> list[Path]:
        """Lecture sources in order."""
        return sorted((self.root / "lectures").glob("[0-9]*.md"))

    @property
    def problem_sets(self) -> list[Path]:
        """Problem-set sources in order."""
        return sorted((self.root / "solutions").glob("ps*/ps*.md"))

    def released(self, source: Path) -> Path:
        """The student's notebook of a problem-set source."""
        return self.root / "assignments" / source.stem / f"{source.stem}.ipynb"

    def relative(self, path: Path) -> str:
        """A path as the course's people write it."""
        return path.relative_to(self.root).as_posix()
