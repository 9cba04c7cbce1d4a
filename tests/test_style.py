"""The rules of the code as tests: who imports whom, how long things are, what no file may hold."""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "pgmkit"
FILES = sorted(LIBRARY.rglob("*.py"))
SOURCES = [p for p in FILES if p.name != "__init__.py"]
TOOLS = {"checks", "course", "grading", "labs"}
FAMILIES = {"gan", "flows", "knowledge", "models"}

LAYERS = {
    # what each part may import of pgmkit; a family is a part of its own
    "errors": set(),
    "core": {"errors"},
    "rng": {"errors"},
    "nets": {"errors", "core", "rng"},
    "train": {"errors", "core", "rng"},
    "plots": {"errors", "core", "rng"},
    "questions": {"errors"},
    "widgets": {"errors", "plots"},
    "data": {"errors", "core", "rng", "nets", "data"},
    "metrics": {"errors", "core", "rng", "data"},
    "gan": {"errors", "core", "rng", "nets", "train", "data", "metrics", "gan"},
    "flows": {"errors", "core", "rng", "nets", "train", "data", "metrics", "flows"},
    "models": {"errors", "core", "rng", "nets", "train", "data", "models"},
    "knowledge": {"errors", "core", "rng", "nets", "train", "data", "knowledge"},
    "checks": {"errors", "core", "rng", "nets", "train", "data", "metrics", "gan", "flows", "models", "knowledge", "checks"},
    "labs": {
        "errors",
        "core",
        "rng",
        "nets",
        "train",
        "data",
        "metrics",
        "plots",
        "questions",
        "widgets",
        "gan",
        "flows",
        "models",
        "knowledge",
        "checks",
        "labs",
    },
    "course": {"errors", "checks", "course", "grading"},  # of grading only the commands, in __main__
    "grading": {"errors", "plots", "checks", "course", "grading"},
}

ROOMS = {
    # what each part of the grading run may import of the others: what a student handed in, the cage and the dialogue know nothing of each other
    "units": set(),
    "trouble": set(),
    "submission": {"units"},
    "caged": {"units"},
    "dialogue": set(),
    "outcome": {"units", "submission"},
    "sitting": {"units", "submission", "caged", "dialogue", "outcome"},
    "run": {"units", "trouble", "submission", "caged", "sitting"},
    "results": {"units", "trouble", "submission", "run"},
    "converter": {"units", "trouble", "run"},
    "command": {"trouble", "converter"},
    "doctor": {"caged"},
}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def part_of(path):
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def imports(path):
    """Every module of pgmkit that a file imports, at the top or inside a function: `from pgmkit.gan import x` gives two names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name for name in names if name.split(".")[0] == "pgmkit")


def parts_imported(path):
    """Parts that a file imports; the bare package, for its version, is no part."""
    known = set(LAYERS)
    return {name.split(".")[1] for name in imports(path) if len(name.split(".")) > 1 and name.split(".")[1] in known}


def functions(path):
    return [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def body_lines(function):
    """Lines of a body: the docstring is not counted."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def models():
    return [p for p in FILES if part_of(p) not in TOOLS]


def test_every_part_has_its_place():
    assert {part_of(p) for p in FILES} - {"__init__", "__main__"} == set(LAYERS)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_import_direction(path):
    assert parts_imported(path) <= LAYERS[part_of(path)]


def test_the_parts_of_the_grading_run_keep_apart():
    for path in (LIBRARY / "grading").glob("*/*.py"):
        room = path.parent.name
        assert room_imports(path) - {room} <= ROOMS[room], name_of(path)
    for path in (LIBRARY / "grading").glob("[!_]*.py"):
        assert room_imports(path) <= ROOMS[path.stem], name_of(path)


def room_imports(path):
    """Parts of the grading run that a file imports."""
    return {name.split(".")[2] for name in imports(path) if name.startswith("pgmkit.grading.")}


def test_only_the_commands_of_the_course_know_the_grading_run():
    others = [p for p in SOURCES if part_of(p) == "course" and p.name != "__main__.py"]
    assert [name_of(p) for p in others if "grading" in parts_imported(p)] == []


@pytest.mark.parametrize("path", [p for p in models() if part_of(p) in FAMILIES], ids=name_of)
def test_only_games_and_recipes_of_a_family_import_the_loop(path):
    if path.name != "games.py" and not path.name.startswith("recipes"):
        assert "train" not in parts_imported(path)


def test_no_import_by_another_door():
    """What ast cannot see: imports by text, and stars."""
    for path in models():
        text = path.read_text(encoding="utf-8")
        assert "importlib.import_module" not in text, name_of(path)
        assert "__import__" not in text, name_of(path)
        assert not re.search(r"import \*", text), name_of(path)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_stays_readable(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_function_body_over_40_lines(path):
    assert {f.name: body_lines(f) for f in functions(path) if body_lines(f) > 40} == {}


def test_few_function_bodies_over_20_lines():
    bodies = {f"{name_of(p)}:{f.name}": body_lines(f) for p in FILES for f in functions(p)}
    over = {name: lines for name, lines in bodies.items() if lines > 20}
    assert len(over) <= len(bodies) / 10, over


def code_lines(path):
    """Lines that hold code: blank lines, comments and docstrings are not counted."""
    text = path.read_text(encoding="utf-8")
    tokens = [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type not in SILENT]
    lines = {line for t in tokens for line in range(t.start[0], t.end[0] + 1)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def test_code_is_counted_without_its_explanations(tmp_path):
    text = '"""A\nb."""\n\n# c\nx = 1  # d\n\n\ndef f():\n    """E."""\n    return (\n        x\n    )\n\n\ny = """\nz\n"""\n'
    path = tmp_path / "a.py"
    path.write_text(text, encoding="utf-8")
    assert code_lines(path) == 8  # one for x, four for f, three for y


def test_the_models_stay_small():
    """A student reads the models' code in a day and a part of it in an evening: 3,500 lines, at most 1,000 in one part.

    Only code counts. A docstring gives the formula, the shapes and the source, and a comment the shape after a step: they make
    the reading shorter, so a budget must not be a reason to leave them out.
    """
    lines = Counter()
    for path in models():
        lines[part_of(path)] += code_lines(path)
    assert lines.total() <= 3500
    assert max(lines.values()) <= 1000, lines


def test_only_rng_seeds_the_global_generator():
    """`manual_seed` of a generator is fine; of torch, numpy or random it changes what others draw. A student's kernel is seeded once."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {
                "torch.manual_seed",
                "torch.seed",
                "np.random.seed",
                "random.seed",
            }:
                assert name_of(path) in {"pgmkit/rng.py", "pgmkit/grading/caged/warm.py"}, f"{name_of(path)}:{node.lineno}"


def test_no_global_settings_on_import():
    """The library sets no threads and no dtype: only a script's main part, a lecture and the tests do."""
    for path in models():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            main = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
            if not main:
                assert not re.search(r"set_(num_threads|default_dtype|default_device)|filterwarnings|simplefilter", ast.unparse(node)), path


def test_no_hasattr_in_the_models():
    for path in models():
        calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
        assert not [c.lineno for c in calls if ast.unparse(c.func) == "hasattr"], name_of(path)


def test_checks_of_graded_functions_can_be_dropped():
    """A problem set shows a body without its checks, which must therefore stand at the top, in one of two forms."""
    from pgmkit.checks import EXAMS
    from pgmkit.course.directives import is_boundary_check

    for exam in EXAMS.values():
        source = Path(sys.modules[exam.reference.__module__].__file__)
        (function,) = [f for f in functions(source) if f.name == exam.name]
        checks = [is_boundary_check(node) for node in function.body[1:]]
        assert checks == sorted(checks, reverse=True), f"{exam.name}: a check stands below the work"


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_ruff(command):
    """Full annotations, docstrings on all that is public, sorted imports, one format; see pyproject.toml."""
    run = subprocess.run([sys.executable, "-m", "ruff", *command, "pgmkit", "tests"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_ruff_asks_for_annotations_and_docstrings():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    chosen = re.search(r"select = \[(.*?)\]", text, re.S).group(1)
    ignored = re.search(r"\nignore = \[(.*?)\]", text, re.S).group(1)
    assert {'"D"', '"ANN"'} <= set(chosen.split(", "))
    for rule in ("D100", "D101", "D102", "D103", "D104", "ANN001", "ANN201"):
        assert f'"{rule}"' not in ignored


# Written in pieces, so that this file passes its own test.
PLACEHOLDERS = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
HOSTS = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "download.py" + "torch.org",
    "conda" + ".anaconda.org",
    "registry." + "npmjs.org",
    "/simple" + "/",
]
PLACES = [r"/ho" + r"me/\w", r"/Us" + r"ers/\w", r"/wo" + r"rk/\w", r"/ro" + r"ot/\w", r"[A-Z]:" + r"\\\\\w", r"/mn" + r"t/\w"]
SKIPPED = {".lock", ".npz", ".png", ".jpg", ".ico", ".woff2", ".zip", ".db"}


def tracked():
    """Text files that git knows or would add: a new file is judged before its first commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = {ROOT / name for name in listed.stdout.split("\0") if name}
    return sorted(p for p in paths if p.suffix not in SKIPPED and p.is_file())


def text_of(path):
    """A file's text; of a notebook only the sources, because outputs are long strings of any letters."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    import nbformat

    return "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)


@pytest.fixture(scope="module")
def texts():
    return {name_of(path): text_of(path) for path in tracked()}


def found(texts, pattern):
    return [f"{name}: {hit.group()}" for name, text in texts.items() for hit in re.finditer(pattern, text)]


def test_git_lists_the_files(texts):
    assert {"README.md", "pyproject.toml", "pgmkit/core.py", "tests/test_style.py"} <= set(texts)


@pytest.mark.parametrize("word", PLACEHOLDERS)
def test_no_placeholder_words(texts, word):
    assert found(texts, rf"\b{word}\b") == []


@pytest.mark.parametrize("host", HOSTS)
def test_no_package_registry(texts, host):
    assert found(texts, re.escape(host)) == []


@pytest.mark.parametrize("place", PLACES)
def test_no_machine_paths(texts, place):
    assert found(texts, rf"(?<![\w.$)}}]){place}") == []
