"""What stops a whole grading run, in words for the instructor; and how text from outside is shown."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 300
ADVICE = {
    errno.ENOSPC: "The disk is full. Make room, then run the command again: it goes on where it stopped.",
    errno.EDQUOT: "Your quota is used up. Make room, then run the command again: it goes on where it stopped.",
    errno.EROFS: "The file system is read-only. Grade where you may write.",
    errno.EACCES: "You may not write there. Ask who owns the course's folder, or run as that user.",
    errno.EPERM: "You may not write there. Ask who owns the course's folder, or run as that user.",
    errno.EMFILE: "Too many files are open. Raise the limit (ulimit -n 4096), then run the command again.",
    errno.ENOMEM: "The machine has no memory left. Use fewer --workers, then run the command again: it goes on where it stopped.",
}


class Trouble(Exception):
    """A grading run cannot go on; nothing that was graded is lost.

    Args:
        text: what is wrong and what to do, one line.
        status: exit status of the command.
    """

    def __init__(self, text: str, status: int = 1):
        super().__init__(text)
        self.status = status


def plain(text: str, longest: int = LONGEST) -> str:
    """One line that a terminal shows as it is: no control characters, no marks that turn the direction of writing, not endless.

    Args:
        text: any text, also a student's.
        longest: characters that are kept.
    """
    line = " ".join(text[: 4 * longest].split())
    shown = "".join(char if char.isprintable() else "?" for char in line)
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."


@contextmanager
def explained(doing: str, path: Path) -> Iterator[None]:
    """What the system refuses becomes one line: what was being done, where, why not, and what to do."""
    try:
        yield
    except OSError as error:
        advice = ADVICE.get(error.errno or 0, "Run the command again when that is mended: it goes on where it stopped.")
        raise Trouble(f"{doing} failed at {plain(str(error.filename or path))}: {error.strerror or error}. {advice}") from error
