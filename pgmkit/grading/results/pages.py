"""Pages from templates: escaped by default, one style sheet, no script."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pgmkit.grading.results.safe import POLICY, highlighting

TEMPLATES = Path(__file__).parent / "templates"


def points(value: float) -> str:
    """2.0 as "2", 1.25 as "1.25"."""
    return f"{round(value, 2):.10g}"


def percent(share: float) -> str:
    """0.5 as "50 %"."""
    return f"{100 * share:.0f} %"


@cache
def environment() -> Environment:
    """The templates and what they may call."""
    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"points": points, "percent": percent}
    css = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    made.globals |= {"policy": POLICY, "css": Markup(css), "highlighting": highlighting()}
    return made


def page(template: str, **values: Any) -> str:
    """A page from the template of that name."""
    return environment().get_template(f"{template}.html.j2").render(**values)
