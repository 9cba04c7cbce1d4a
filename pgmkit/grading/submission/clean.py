"""What a student's cells printed, and names that a student chose: made harmless for a browser, a terminal and a gradebook."""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from pgmkit.grading.submission.markdown import HIDDEN, clean_markdown

__all__ = ["clean_markdown", "clean_outputs", "clean_text"]

LONGEST_TEXT, LONGEST_RAW, LONGEST_NAME = 20_000, 2_000_000, 200
LARGEST_IMAGE, LARGEST_IMAGES, LARGEST_PIXELS = 2_000_000, 5_000_000, 50_000_000
LARGEST_ALBUM = 25_000_000
"""Characters of all pictures of a notebook together, as they are encoded."""
MOST_OUTPUTS = 200
ANSI = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[PX^_][^\x1b]*(?:\x1b\\\\)?|\x1b[ -/]*[0-~]?"
)
MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
BRACKETS = str.maketrans("<>", "‹›")


def clean_text(text: Any, longest: int = LONGEST_NAME) -> str:
    """A name or a message on one line: no control characters, no colours, no tags, not long.

    Args:
        text: whatever came; what is no text is described.
        longest: how many characters stay.
    """
    plain = ANSI.sub("", str(text)[: 10 * longest] if isinstance(text, str) else f"({type(text).__name__})")
    line = " ".join(HIDDEN.sub(" ", plain).split()).translate(BRACKETS)
    return line if len(line) <= longest else line[: longest - 3] + "..."


def clean_stream(text: str) -> str:
    """What a terminal would be left with: no colours, no control characters, of a progress bar its last state."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in ANSI.sub("", text).split("\n"))
    return HIDDEN.sub("", "\n".join(lines))


def joined(value: Any) -> str:
    """A text of nbformat: a string, or a list of strings; anything else is empty."""
    match value:
        case str():
            return value
        case list() | tuple():
            return "".join(part for part in value if isinstance(part, str))
    return ""


class Allowance:
    """What one cell may still show; it counts what was left out."""

    def __init__(self) -> None:
        self.raw, self.text, self.images = LONGEST_RAW, LONGEST_TEXT, LARGEST_IMAGES
        self.cut, self.dropped = 0, 0

    def take(self, value: Any) -> str:
        """As much of a text as may still be shown, cleaned."""
        text = joined(value)
        plain = clean_stream(text[: self.raw])
        shown = plain[: self.text]
        self.cut += len(plain) - len(shown) + max(len(text) - self.raw, 0)
        self.raw, self.text = max(self.raw - len(text), 0), self.text - len(shown)
        return shown

    def picture(self, kind: str, value: Any) -> str:
        """An image as base64, or nothing if it is none, or too large."""
        encoded = joined(value)
        if not encoded:
            return ""
        data = decoded(encoded) if len(encoded) <= 2 * LARGEST_IMAGE else b""
        if not is_image(kind, data) or len(data) > min(self.images, LARGEST_IMAGE):
            self.dropped += 1
            return ""
        self.images -= len(data)
        return base64.b64encode(data).decode()

    def said(self) -> str:
        """What was left out, in words."""
        sentences = []
        if self.cut:
            sentences.append(f"... {self.cut} more characters were printed; at most {LONGEST_TEXT} of a cell are kept.")
        if self.dropped:
            sentences.append(f"... {self.dropped} more outputs were left out: too many, too large, or no image.")
        return "\n".join(sentences)


def decoded(encoded: str) -> bytes:
    """Base64 to bytes; nothing if it is something else."""
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def is_image(kind: str, data: bytes) -> bool:
    """Whether the bytes begin as this kind of image does, and a PNG is not of a size that stops a browser."""
    if not data.startswith(MAGIC[kind]):
        return False
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    return kind != "image/png" or 0 < width * height <= LARGEST_PIXELS


def clean_outputs(outputs: Iterable[Any]) -> list[NotebookNode]:
    """The outputs of one cell as text and pictures: no HTML, no script, no widget, no colours, and not too much of it.

    Args:
        outputs: what the kernel sent, in nbformat's shape or in any other.

    Returns:
        Valid outputs of nbformat 4, at most 20,000 characters and 5 MB of pictures.
    """
    allowance, kept = Allowance(), []
    for i, output in enumerate(outputs):
        if i >= MOST_OUTPUTS and (not isinstance(output, dict) or output.get("output_type") != "stream"):
            allowance.dropped += 1
            continue
        match output:
            case {"output_type": "stream"}:
                add_stream(kept, "stderr" if output.get("name") == "stderr" else "stdout", allowance.take(output.get("text")))
            case {"output_type": "error"}:
                kept.append(error(output, allowance))
            case {"output_type": "display_data" | "execute_result" as kind}:
                kept += shown(kind, output, allowance)
    if allowance.said():
        kept.append(new_output("stream", name="stdout", text=allowance.said() + "\n"))
    return kept


def thin_out(cells: Iterable[NotebookNode]) -> None:
    """Take out the pictures of a notebook that come after too many others.

    Args:
        cells: with outputs that `clean_outputs` made.
    """
    room = LARGEST_ALBUM
    for data in [output["data"] for cell in cells for output in cell.get("outputs", []) if "data" in output]:
        for kind in MAGIC.keys() & data.keys():
            room -= len(data[kind])
            if room < 0:
                del data[kind]
                data["text/plain"] = "A picture was left out: the notebook shows too many."


def add_stream(kept: list[NotebookNode], name: str, text: str) -> None:
    """Add a text to the outputs, behind what the same stream printed just before."""
    last = kept[-1] if kept else NotebookNode()
    if text and last.get("output_type") == "stream" and last.name == name:
        last.text += text
    elif text:
        kept.append(new_output("stream", name=name, text=text))


def error(output: dict[str, Any], allowance: Allowance) -> NotebookNode:
    """An exception: its name, its message, and the last lines of its traceback."""
    traceback = output.get("traceback")
    frames = [frame for frame in traceback if isinstance(frame, str)] if isinstance(traceback, list) else []
    lines = clean_stream("\n".join(frame[-10_000:] for frame in frames[-20:])).split("\n")[-60:]
    text = allowance.take("\n".join(line[:500] for line in lines))
    name, message = clean_text(joined(output.get("ename")) or "Error"), clean_text(joined(output.get("evalue")), 2000)
    return new_output("error", ename=name, evalue=message, traceback=text.split("\n") if text else [])


def shown(kind: str, output: dict[str, Any], allowance: Allowance) -> list[NotebookNode]:
    """A displayed object: its text, and its picture if that is one."""
    data = output.get("data") if isinstance(output.get("data"), dict) else {}
    kept = {"text/plain": allowance.take(data["text/plain"])} if "text/plain" in data else {}
    kept |= {name: picture for name in MAGIC if (picture := allowance.picture(name, data.get(name)))}
    if not any(kept.values()):
        return []
    described = new_output(kind, data=kept, metadata=alt_texts(output.get("metadata"), kept))
    if kind == "execute_result":
        count = output.get("execution_count")
        described["execution_count"] = count if type(count) is int and 0 <= count < 10**6 else None
    return [described]


def alt_texts(metadata: Any, kept: dict[str, str]) -> dict[str, dict[str, str]]:
    """Of the metadata of an output only what describes a picture to those who cannot see it."""
    found = {}
    for name in MAGIC:
        match metadata:
            case dict() if name in kept and isinstance(metadata.get(name), dict) and isinstance(metadata[name].get("alt"), str):
                found[name] = {"alt": clean_text(metadata[name]["alt"], 300)}
    return found
