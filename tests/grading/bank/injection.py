"""Markup, control characters and formulas wherever a text of the student's may come out again."""

from nbformat.v4 import new_markdown_cell

from bank.book import Book, answered, submission

KIND = "injection"
SCRIPT = "<script>alert('injected')</script><img src=x onerror=alert('injected')>"
ESCAPE = "\x1b[2J\x1b]0;title\x07\x1b]8;;http://x\x1b\\\\"


@submission(KIND)
def markup_in_outputs(book: Book) -> None:
    """HTML, JavaScript, SVG, LaTeX and widgets as outputs."""
    book.first(
        f"""
from IPython.display import HTML, Javascript, SVG, Latex, Markdown, IFrame, display, Math
for show in (HTML({SCRIPT!r}), Javascript("alert('injected')"), Markdown({SCRIPT!r} + "[x](javascript:alert(1))"), Latex({SCRIPT!r}),
             SVG("<svg xmlns='http://www.w3.org/2000/svg' onload=\\"alert('injected')\\"><script>alert('injected')</script></svg>"),
             IFrame("javascript:alert('injected')", 100, 100)):
    display(show)
display({{"text/html": {SCRIPT!r}, "application/javascript": "alert('injected')", "image/png": {SCRIPT!r}, "evil/type": "x",
         "application/vnd.jupyter.widget-view+json": {{"model_id": "<script>"}}}}, raw=True)
print({SCRIPT!r}, {ESCAPE!r}, "=HYPERLINK(\\"http://x\\")")
"""
    )


@submission(KIND)
def markup_in_markdown(book: Book) -> None:
    """HTML in a markdown cell, in the notebook's title, in metadata and in ids."""
    book.notebook.cells.insert(0, new_markdown_cell(f"# {SCRIPT}\n\n[x](javascript:alert('injected'))\n\n<style>*{{display:none}}</style>"))
    book.notebook.metadata["title"] = SCRIPT
    book.notebook.metadata["authors"] = [{"name": SCRIPT}]
    book.notebook.cells[2].metadata["name"] = SCRIPT
    book.notebook.cells[3]["id"] = "x'><script>"


answered(KIND, "markup_in_an_exception", f"def js_divergence(p, q):\n    raise ValueError({(SCRIPT + ESCAPE)!r})\n")
answered(
    KIND,
    "markup_in_the_names_of_an_exception",
    f"""
Evil = type({SCRIPT!r}, (Exception,), {{"__module__": {SCRIPT!r}, "__str__": lambda self: {SCRIPT!r}}})
def js_divergence(p, q):
    raise Evil
""",
)
answered(KIND, "markup_in_prints", f"def js_divergence(p, q):\n    print({(SCRIPT + ESCAPE)!r})\n    return p.sum(-1) * 0 + 7\n")
answered(KIND, "markup_as_a_result", f"def js_divergence(p, q):\n    return {{{SCRIPT!r}: {(SCRIPT + ESCAPE)!r}}}\n")
answered(
    KIND,
    "markup_in_the_name_of_a_function",
    f"""
def js_divergence(p, q):
    \"\"\"{SCRIPT}\"\"\"
    raise TypeError
js_divergence.__name__ = js_divergence.__qualname__ = {SCRIPT!r}
js_divergence.__code__ = js_divergence.__code__.replace(co_name={SCRIPT!r}, co_filename={SCRIPT!r})
""",
)
answered(
    KIND,
    "markup_in_the_name_of_a_type",
    f"""
def js_divergence(p, q):
    return type({SCRIPT!r}, (), {{"__module__": {SCRIPT!r}}})()
""",
)
answered(KIND, "formula_in_an_exception", "def js_divergence(p, q):\n    raise ValueError('=cmd|\\' /C calc\\'!A0')\n")
answered(KIND, "control_characters", f"def js_divergence(p, q):\n    raise ValueError('a\\x00b\\r\\n\\u202e{'x' * 50}\\ud800\\uffff')\n")
