"""What a student wrote and printed is harmless in a browser and in a terminal; readers of Markdown are the oracle."""

import base64
import random
import re
import struct
import time
from html.parser import HTMLParser

import nbformat
import pytest
from markdown_it import MarkdownIt
from nbconvert.filters import markdown2html_mistune
from nbformat.v4 import new_code_cell, new_notebook

from pgmkit.grading.submission.clean import LARGEST_ALBUM, clean_markdown, clean_outputs, clean_text, thin_out
from pgmkit.grading.submission.markdown import JOINER

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 4, 4) + b"rest"
JPEG = b"\xff\xd8\xff\xe0rest"
GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
SCHEME = re.compile(r"(?!https?:|mailto:|attachment:|data:image/(?:png|jpeg|gif);base64,)[a-z][a-z0-9+.-]*:", re.I)


class Looking(HTMLParser):
    """Finds what a browser would run or load."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "iframe", "object", "embed", "svg", "math", "form", "style", "link", "meta", "base", "video", "b", "u"):
            self.found.append(tag)
        for name, value in attrs:
            address = re.sub("[\t\r\n]", "", value or "").lstrip("".join(map(chr, range(33))))
            if name.startswith("on") or (name in ("href", "src") and SCHEME.match(address)):
                self.found.append(f"{tag} {name}={value}")
            if name == "src" and not address.startswith("data:image/"):
                self.found.append(f"{tag} loads {value}")


def dangers(markdown):
    """What is dangerous about a text once it is read, by the reader of nbconvert and by one that follows CommonMark."""
    found = []
    for read in (markdown2html_mistune, MarkdownIt("commonmark").enable("table").render):
        looking = Looking()
        looking.feed(re.sub(r'<a class="anchor-link".*?</a>', "", read(markdown)))
        found += looking.found
    return found


HOSTILE = [
    "<script>alert(1)</script>",
    "a <img src=x onerror=alert(1)> b",
    "<svg/onload=alert(1)>",
    "<!-- x --><b>",
    "<![CDATA[<b>]]>",
    "<?php <b> ?>",
    "</p><b>",
    "<\nscript>alert(1)</script>",
    "<\x00script>alert(1)</script>",
    "`code` <b> `more`",
    "`<b>",
    "``` <b>\n<script>",
    "~~~\n```\n~~~\n<b>",
    "    ```\n<script>",
    "- ```\n<script>\n- x",
    "$a$ <b> $",
    "$<b$<b>",
    "$$\n<script>\n",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](< javascript:alert(1)>)",
    "[x](java\tscript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](&#0000106avascript:alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](java&NewLine;script:alert(1))",
    "[x](javascript\\:alert(1))",
    "[x](\\javascript:alert(1))",
    "[x](&#1;javascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](DATA:text/html,hi)",
    "[x](data&colon;text/html,hi)",
    "[x](file:///etc/passwd)",
    "[x]\n\n[x]: javascript:alert(1)",
    "[x]\n\n[x]:\njavascript:alert(1)",
    "[x]\n\n[x]: <javascript:alert(1)>",
    "> [x][y]\n\n> [y]: data:text/html,hi",
    "<javascript:alert(1)>",
    "<data:text/html,hi>",
    "![x](http://example.org/a.png)",
    "![x][y]\n\n[y]: http://example.org/a.png",
    "![y]\n\n[y]: http://example.org/a.png",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](javascript:alert(1))",
    f"![x]({GIF} 'a' onerror=alert(1))",
    f'![x]({GIF} "> <b>")',
    "![![x](http://a.b)](http://a.b)",
    "[![x](http://a.b/c)](javascript:alert(1))",
    f"[![x]({GIF})](javascript:alert(1))",
    "![attached](attachment:a.png)",
    "| a |\n|---|\n| <b> |",
    "```&Tab;\n\n]",
    "- > ~~~ &#32;\n  > x",
]

STOPS = re.compile("attachment|&Tab;\n|&#32;")
"""On these nbconvert stops with an exception."""


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_is_harmless_for_every_reader(text):
    assert dangers(clean_markdown(text)) == []


def test_most_of_these_are_dangerous_before():
    """Otherwise the test above shows nothing."""
    assert sum(bool(dangers(text)) for text in HOSTILE if not STOPS.search(text)) > len(HOSTILE) / 2


PIECES = [
    *"<>[]()!`$\\&:\n #*_\"'~|-",
    "\n\n",
    "```",
    "\t",
    "a",
    "script",
    "javascript",
    "java",
    "data",
    "b",
    "img src=x onerror=y",
    "x]: ",
]
PIECES += [
    "](",
    "![",
    "http://a.b",
    "text/html,",
    "&colon;",
    "&#58;",
    "&Tab;",
    "&#92;",
    "&lt;",
    "/",
    GIF,
    "    ",
    "> ",
    "$$",
    "``",
    "\0",
    "\x01",
]


def test_no_mixture_is_dangerous():
    draw = random.Random(0)
    for _ in range(1000):
        text = "".join(draw.choices(PIECES, k=draw.randint(2, 25)))
        assert dangers(clean_markdown(text)) == [], repr(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_cleaning_twice_changes_nothing_more(text):
    assert clean_markdown(clean_markdown(text)) == clean_markdown(text)


UNCHANGED = [
    "# Title\n\nText with *emphasis*, **weight**, `code`, [a link](https://example.org/a?b=1&c=2) and <https!",
    "a < b, 1<2, x <= y, a<-b",
    "$a < b$ and $$\\sum_{i<3} x_i \\le 1$$",
    "1. one\n2. two\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "```python\nif a < 3:\n    return {'data': 1}\n```",
    "the data: three rows",
    f"![a small picture]({GIF})",
    "[x](#section) and [y](other.ipynb)",
    "~~~\n$ ls\n~~~",
    "",
]


@pytest.mark.parametrize("text", UNCHANGED)
def test_ordinary_markdown_survives(text):
    text = text.replace(" and <https!", "")
    assert clean_markdown(text) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("$a<b$", "$a< b$"),
        ("$$a<b$$ <b>", "$$a< b$$ &lt;b>"),
        ("`a<b`", f"`a<{JOINER}b`"),
        ("```\nvector<int> a;\n```", f"```\nvector<{JOINER}int> a;\n```"),
        ("a <b> c", "a &lt;b> c"),
        ("![x](http://a.b)", f"!{JOINER}[x](http://a.b)"),
        ("a\r\nb\rc\x1b[31m\u202e\ud800", "a\nb\nc[31m"),
        ("$\\href{https://a.b}{x} \\style{color:red}{y} \\hrefs$", "$\\text{https://a.b}{x} \\text{color:red}{y} \\hrefs$"),
        ("&#36;&#92;href{a}{b}&#36;", "&#36;\\text{a}{b}&#36;"),
        ("```mermaid\ngraph\n```", "```text\ngraph\n```"),
        ("```a & mermaid``` b", "```a & mermaid``` b"),
    ],
)
def test_what_is_broken_and_how(text, wanted):
    assert clean_markdown(text) == wanted


REPEATED = [
    "<",
    "[",
    "(",
    "`",
    "![",
    "!\\[",
    "j",
    "java\n",
    "&#",
    "&#0",
    "$",
    "$$",
    "\n\n`",
    "``` \n",
    "~~~\n`",
    "\\",
    "javascript",
    "(data",
]
REPEATED += [
    "](",
    "<a ",
    "\n>",
    "> ",
    "\x1b[",
    "\x1b]",
    "\x1b[0",
    "- ",
    "&#106;",
    "( ",
    "`a``b```c",
    "\r",
    "\ud800",
    "mocha&#9;",
    "data:",
    " ",
    "\n",
]
REPEATED += ["![a](data:image/png;base64,AA"]


@pytest.mark.parametrize("text", REPEATED)
def test_time_is_linear(text):
    long = text * ((1_000_000 if text in "<[(`" else 100_000) // len(text))
    outputs = [stream(long), {"output_type": "error", "ename": long, "evalue": long, "traceback": [long] * 3}, shown(long, long)]
    begin = time.process_time()
    clean_markdown(long), clean_text(long), clean_outputs(outputs)
    assert time.process_time() - begin < 8


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(plain, png=None, **others):
    data = {"text/plain": plain} | ({} if png is None else {"image/png": png}) | others
    return {"output_type": "display_data", "data": data, "metadata": {}}


def cleaned(*outputs):
    kept = clean_outputs(outputs)
    nbformat.validate(new_notebook(cells=[new_code_cell("", outputs=kept)]))
    return kept


@pytest.mark.parametrize(
    ("printed", "wanted"),
    [
        ("hello\n", "hello\n"),
        ("\x1b[31mred\x1b[0m \x1b]8;;http://a.b\x07link\x1b]8;;\x07 \x9b2Jgone", "red link gone"),
        ("\x1bPq#0\x1b\\a\x1b(Bb\x07\x08c\x7f", "abc"),
        (" 10%\r 50%\r100%\ndone\r\n", "100%\ndone\n"),
        ("a\u202eb\ud800\ufeff", "ab"),
        (["a", "b", 3], "ab"),
    ],
)
def test_a_stream_is_plain_text(printed, wanted):
    (output,) = cleaned(stream(printed))
    assert output.text == wanted


def test_streams_are_joined_and_keep_their_name():
    kept = cleaned(stream("a"), stream("b"), stream("c", "stderr"), stream("d", "<b>"), stream(""))
    assert [(output.name, output.text) for output in kept] == [("stdout", "ab"), ("stderr", "c"), ("stdout", "d")]


def test_long_prints_are_cut_and_said():
    kept = cleaned(stream("x" * 15_000), stream("y" * 15_000, "stderr"), stream("z" * 5_000_000))
    assert [len(output.text) for output in kept[:2]] == [15_000, 5_000]
    assert kept[-1].text == "... 5010000 more characters were printed; at most 20000 of a cell are kept.\n"
    assert len(kept) == 3


def test_an_error_is_short_and_plain():
    frames = [f"\x1b[31mframe {i}\x1b[0m\n" + "-" * 2000 for i in range(100)]
    (output,) = cleaned({"output_type": "error", "ename": "<b>Error", "evalue": "\x1b[1mno\nway", "traceback": [*frames, 3]})
    assert (output.ename, output.evalue) == ("‹b›Error", "no way")
    assert output.traceback[-2] == "frame 99"
    assert len("\n".join(output.traceback)) < 21_000


def test_of_a_display_only_text_and_pictures_stay():
    png, jpeg = (base64.encodebytes(data).decode() for data in (PNG, JPEG))
    rich = {"text/html": "<script>", "image/svg+xml": "<svg>", "application/javascript": "x", "text/latex": "$x$", "image/jpeg": [jpeg]}
    rich |= {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/markdown": "![](http://a.b)"}
    output = shown("a figure", png, **rich) | {"metadata": {"image/png": {"alt": "a <b>\n", "width": "expression(1)"}, "isolated": True}}
    (kept,) = cleaned(output)
    assert kept.data == {"text/plain": "a figure", "image/png": encoded(PNG), "image/jpeg": encoded(JPEG)}
    assert kept.metadata == {"image/png": {"alt": "a ‹b›"}}


def encoded(data):
    return base64.b64encode(data).decode()


BOMB = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 60_000, 60_000)


@pytest.mark.parametrize(
    "data", [encoded(b"<svg onload=x>"), encoded(JPEG), "no base64!", encoded(BOMB), encoded(PNG + b"0" * 2_000_000), "é"]
)
def test_what_is_no_picture_is_left_out_and_said(data):
    kept = cleaned(shown("text", data))
    assert kept[0].data == {"text/plain": "text"}
    assert kept[1].text == "... 1 more outputs were left out: too many, too large, or no image.\n"


def test_the_pictures_of_a_whole_notebook_have_a_limit_too():
    big = encoded(PNG + b"0" * 1_900_000)
    cells = [new_code_cell(outputs=cleaned(shown("one", big), shown("two", big))) for _ in range(10)]
    thin_out(cells)
    data = [output.data for cell in cells for output in cell.outputs]
    left = [one for one in data if "image/png" in one]
    assert sum(len(one["image/png"]) for one in left) <= LARGEST_ALBUM and data[: len(left)] == left
    assert {one["text/plain"] for one in data[len(left) :]} == {"A picture was left out: the notebook shows too many."}
    nbformat.validate(new_notebook(cells=cells))


def test_pictures_have_a_limit_together():
    kept = cleaned(*(shown("text", encoded(PNG + b"0" * 1_500_000)) for _ in range(5)))
    assert sum("image/png" in output.get("data", {}) for output in kept) == 3
    assert kept[-1].text == "... 2 more outputs were left out: too many, too large, or no image.\n"


def test_outputs_have_a_limit():
    kept = cleaned(*(shown(str(i)) for i in range(1000)), stream("still said"))
    assert len(kept) == 202
    assert kept[-2].text == "still said"
    assert kept[-1].text == "... 800 more outputs were left out: too many, too large, or no image.\n"


@pytest.mark.parametrize("count", [3, None, "3", -1, True, 10**30])
def test_the_result_of_a_cell_keeps_a_sane_count(count):
    (kept,) = cleaned(shown("1.0") | {"output_type": "execute_result", "execution_count": count})
    assert kept.execution_count == (3 if count == 3 else None)


@pytest.mark.parametrize(
    "output",
    [
        None,
        3,
        "text",
        [],
        {},
        {"output_type": "wild"},
        {"output_type": ["stream"]},
        {"output_type": "stream"},
        {"output_type": "stream", "text": {"a": 1}},
        {"output_type": "display_data"},
        {"output_type": "display_data", "data": [1]},
        {"output_type": "display_data", "data": {"text/plain": 3, "image/png": {"a": 1}}, "metadata": {"image/png": 3}},
        {"output_type": "display_data", "data": {"text/html": "<b>"}},
        {"output_type": "update_display_data", "data": {"text/plain": "a"}},
    ],
)
def test_what_is_no_output_is_left_out(output):
    assert cleaned(output) == []


def test_an_error_of_any_shape():
    (output,) = cleaned({"output_type": "error", "traceback": {"a": 1}, "ename": 3})
    assert (output.ename, output.evalue, output.traceback) == ("Error", "", [])


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("Åsa Müller-李", "Åsa Müller-李"),
        ("<script>alert(1)</script>", "‹script›alert(1)‹/script›"),
        ("a\nb\tc\x1b[2J\x07\r", "a b c"),
        ("\u202ecod.exe\ud800", "cod.exe"),
        ("x" * 500, "x" * 197 + "..."),
        (None, "(NoneType)"),
        ("", ""),
    ],
)
def test_a_name_is_one_plain_line(name, wanted):
    assert clean_text(name) == wanted
