"""A student's Markdown, made harmless for every reader: JupyterLab, nbconvert and formgrader disagree about what is code, link or text.

So no rule depends on what a reader takes a character for. What could start a tag, a link that runs something, or an image from
elsewhere is broken wherever it stands; only *how* it is broken depends on the place, so that code and mathematics look as before.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

JOINER = "\u2060"
"""A word joiner: it is not seen, and a tag, an address or an image that holds one is none."""
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udfff]")
TAG = re.compile(r"<(?=[A-Za-z/!?])")
MATHS = re.compile(r"\$\$[^$]*\$\$|\$[^$\n]+\$")
FENCE = re.compile(r"^[ \t>]{0,20}(`{3,}|~{3,})", re.M)
TICKS = re.compile("`+")
OPENED = re.compile(r"^([ \t>*+\d.)-]*(`{3,}|~{3,}))([^\n]+)$", re.M)
COMMANDS = re.compile(r"\\(?:href|url|style|class|cssId|require|bbox|includegraphics|data|html\w{0,20})(?![A-Za-z])")
BACKSLASH = re.compile(r"&(?:#0{0,9}92|#[xX]0{0,9}5[cC]|bsol);?")
IMAGE = re.compile(r"!(?=\[)(?!\[[^\[\]()!`<>\n\\]{0,300}\]\(data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=]+\))")
EMBEDDED = re.compile(r"image/(?:png|jpeg|gif);base64,")


def letter(character: str) -> str:
    """A pattern for one character of a scheme, plain or as an entity."""
    codes = {ord(character), ord(character.upper())}
    numbers = "|".join(f"#0{{0,9}}{code};?|#[xX]0{{0,9}}{code:x};?" for code in sorted(codes))
    return f"(?:{re.escape(character)}|&(?:{numbers}{'|colon;' if character == ':' else ''}))"


GAP = r"(?:[\x00-\x20\\]|&(?:#0{0,9}(?:9|10|13|32|92);?|#[xX]0{0,9}(?:9|a|d|20|5c);?|tab;|newline;))*"
"""What readers and browsers take out of an address."""


def scheme(*names: str) -> str:
    """A pattern for the schemes; the colon is left for what follows."""
    return "(?:" + "|".join(GAP.join(map(letter, name)) + GAP for name in names) + ")"


RUNS = re.compile(f"({scheme('javascript', 'vbscript', 'livescript', 'mocha')})({letter(':')})", re.I)
LOADS = re.compile(f"([(\\[\\]{{}}:<>\"'=]{GAP}{scheme('data', 'file', 'blob', 'filesystem')})({letter(':')})", re.I)


def clean_markdown(text: str) -> str:
    """Markdown that runs nothing and loads nothing: no HTML, no address that runs code, no image from elsewhere.

    Args:
        text: whatever a student wrote.

    Returns:
        The same text to the eye; ordinary Markdown, mathematics and code blocks survive.
    """
    text = HIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = OPENED.sub(language, COMMANDS.sub(r"\\text", BACKSLASH.sub(r"\\", text)))
    text = IMAGE.sub("!" + JOINER, RUNS.sub(rf"\1{JOINER}\2", text))
    text = LOADS.sub(lambda match: match[0] if embedded(text, match) else f"{match[1]}{JOINER}{match[2]}", text)
    return "".join(TAG.sub(f"<{JOINER}", part) if is_code else escaped(part) for part, is_code in parts(text))


def language(match: re.Match[str]) -> str:
    """The line that opens a code block, with a language that no reader draws, and without entities, on which nbconvert stops."""
    if match[2].startswith("`") and "`" in match[3]:
        return match[0]
    return match[1] + re.sub("mermaid", "text", match[3].replace("&", ""), flags=re.I)


def embedded(text: str, match: re.Match[str]) -> bool:
    """Whether an address is a picture inside the text, in plain letters."""
    return match[0].endswith("(data:") and EMBEDDED.match(text, match.end()) is not None


def escaped(text: str) -> str:
    """Text without code: `<` becomes an entity in prose, and gets a space in mathematics, where a space means nothing."""
    pieces, start = [], 0
    for match in MATHS.finditer(text):
        pieces += [TAG.sub("&lt;", text[start : match.start()]), TAG.sub("< ", match[0])]
        start = match.end()
    return "".join([*pieces, TAG.sub("&lt;", text[start:])])


def parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is code: fenced blocks, and spans between equal runs of backticks."""
    start = 0
    for begin, end in fenced(text):
        yield from spans(text[start:begin])
        yield text[begin:end], True
        start = end
    yield from spans(text[start:])


def fenced(text: str) -> Iterator[tuple[int, int]]:
    """Where the fenced blocks are."""
    mark, begin = "", 0
    for match in FENCE.finditer(text):
        if not mark:
            mark, begin = match[1], match.start()
        elif match[1].startswith(mark):
            yield begin, match.end()
            mark = ""
    if mark:
        yield begin, len(text)


def spans(text: str) -> Iterator[tuple[str, bool]]:
    """A text without fenced blocks in pieces, each with whether it is code; a span stays within a paragraph."""
    runs = [match.span() for match in TICKS.finditer(text)]
    paragraphs = [match.start() for match in re.finditer(r"\n[ \t]*\n", text)]
    following: dict[int, int] = {}
    partner: dict[int, int] = {}
    for i in reversed(range(len(runs))):
        length = runs[i][1] - runs[i][0]
        partner[i] = following.get(length, -1)
        following[length] = i
    start, i = 0, 0
    while i < len(runs):
        j = partner[i]
        if j < 0 or bisect_left(paragraphs, runs[i][0]) != bisect_left(paragraphs, runs[j][0]):
            i += 1
            continue
        yield text[start : runs[i][0]], False
        yield text[runs[i][0] : runs[j][1]], True
        start, i = runs[j][1], j + 1
    yield text[start:], False
