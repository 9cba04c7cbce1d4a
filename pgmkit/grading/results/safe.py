"""Pieces of a notebook as HTML that runs nothing and loads nothing, whatever stands in the notebook."""

import base64
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from bleach.css_sanitizer import CSSSanitizer
from bleach.sanitizer import Cleaner
from markupsafe import Markup
from nbconvert.filters import markdown2html_mistune
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from pgmkit.grading.submission.clean import MAGIC, clean_stream, decoded, is_image, joined

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""The content security policy of every page: no script, no frame, no font, nothing from elsewhere."""
LONGEST_TEXT, LONGEST_CODE, LARGEST_IMAGE, MOST_OUTPUTS = 10_000, 40_000, 2_000_000, 30
TEXT = {"p", "br", "hr", "b", "i", "em", "strong", "code", "pre", "div", "span", "ul", "ol", "li", "blockquote", "sub", "sup"}
TAGS = TEXT | {"table", "thead", "tbody", "tr", "th", "td", "details", "summary"} | {f"h{n}" for n in range(1, 7)}
STYLES = CSSSanitizer(allowed_css_properties=["color", "text-align", "padding", "white-space"])
"""What the judge's tables use."""
FORMATTER = HtmlFormatter(nowrap=True, classprefix="hl-")
PLAIN = Cleaner(tags=TAGS, attributes={}, protocols=[], strip=True)
STYLED = Cleaner(tags=TAGS, attributes={"*": ["class", "style"]}, protocols=[], strip=True, css_sanitizer=STYLES)


def cleaned(html: str, cleaner: Cleaner = PLAIN) -> Markup:
    """HTML with the harmless tags only: no scripts, links, images, frames, forms, handlers or addresses."""
    return Markup(cleaner.clean(html))


def text(source: str, longest: int = LONGEST_TEXT) -> str:
    """Plain text as a terminal would leave it; a long one is cut."""
    plain = clean_stream(source[: 2 * longest])
    if len(source) <= 2 * longest and len(plain) <= longest:
        return plain
    return f"{plain[:longest]}\n... cut here: {len(source)} characters in all"


def code(source: str) -> Markup:
    """Python with highlighted syntax."""
    plain = text(source, LONGEST_CODE)
    inside = highlight(plain, PythonLexer(stripnl=False), FORMATTER) if len(plain) <= LONGEST_CODE else escape(plain)
    return Markup(f'<pre class="code">{inside}</pre>')


def highlighting() -> Markup:
    """The style sheet of `code`."""
    return Markup(FORMATTER.get_style_defs(".code"))


def prose(source: str) -> Markup:
    """Markdown; mathematics stays as it was written."""
    return cleaned(re.sub(r'<a class="anchor-link".*?</a>', "", markdown2html_mistune(text(source))))


def image(data: bytes, alt: str, kind: str = "image/png") -> Markup:
    """A picture inside the page, with a text for those who cannot see it."""
    return Markup('<img src="data:{};base64,{}" alt="{}">').format(kind, base64.b64encode(data).decode(), alt)


def picture(kind: str, data: Mapping[str, Any], alt: str) -> Markup:
    """An image of an output; empty if these bytes are no such image."""
    encoded = joined(data.get(kind))
    if len(encoded) > LARGEST_IMAGE:
        return Markup("<p>A picture is left out: it is too large.</p>")
    found = decoded(encoded)
    return image(found, alt, kind) if is_image(kind, found) else Markup("")


def shown(output: NotebookNode) -> Markup:
    """One output: a picture, or text. A student wrote it, so nothing in it is taken on trust."""
    data = output.get("data") or {}
    plain = joined(output.get("text")) or joined(data.get("text/plain"))
    if output.output_type == "error":
        plain = f"{joined(output.get('ename'))}: {joined(output.get('evalue'))}"
    alt = text(plain, 300) or "a figure of this cell"
    for kind in MAGIC:
        if kind in data and (found := picture(kind, data, alt)):
            return found
    return Markup('<pre class="output">{}</pre>').format(text(plain)) if plain.strip() else Markup("")


def outputs(cell: NotebookNode) -> Markup:
    """All outputs of a cell."""
    found = cell.get("outputs", [])
    more = Markup("<p>{} more outputs are left out.</p>").format(len(found) - MOST_OUTPUTS) if len(found) > MOST_OUTPUTS else ""
    return Markup("").join([*map(shown, found[:MOST_OUTPUTS]), more])


def report(cell: NotebookNode) -> Markup:
    """What the judge said in a check cell: its tables, sanitised; not the bare number of points, which nbgrader reads."""
    tables = [joined((output.get("data") or {}).get("text/html")) for output in cell.get("outputs", [])[:MOST_OUTPUTS]]
    return Markup("").join(cleaned(table, STYLED) for table in tables)
