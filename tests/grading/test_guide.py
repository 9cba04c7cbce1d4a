import re
from pathlib import Path

import pytest
from typer.main import get_command

from pgmkit.course.__main__ import app
from pgmkit.course.paths import Course
from pgmkit.grading.results.export import FORMATS
from pgmkit.grading.units import Settings

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "solutions" / "README.md"


@pytest.mark.parametrize("path", [ROOT / "README.md", GUIDE], ids=["readme", "guide"])
def test_every_command_and_option_exists(path):
    commands = get_command(app).commands
    found = re.findall(r"python -m pgmkit\.course (\w+)([^`\n|]*)", path.read_text(encoding="utf-8"))
    assert {"grade", "feedback", "report", "export", "doctor"} <= {name for name, _ in found}
    for name, rest in found:
        known = {option for parameter in commands[name].params for option in parameter.opts + parameter.secondary_opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, (name, rest)


def test_the_guide_is_no_problem_set_and_its_links_exist():
    assert GUIDE not in Course(ROOT).problem_sets
    for link in re.findall(r"\]\(([^)#]+)\)", GUIDE.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (GUIDE.parent / link).exists(), link


def test_the_guide_knows_the_limits_and_formats():
    text = GUIDE.read_text(encoding="utf-8")
    assert f"{Settings.timeout:g} seconds for a cell" in text
    assert f"{Settings.memory // 1024} GB of memory" in text
    assert all(f"| `{name}` |" in text for name in FORMATS)
