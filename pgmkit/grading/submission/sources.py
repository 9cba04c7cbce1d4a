"""What a code cell defines, uses and checks, read from its text. The text is hostile: it is parsed within limits and never run."""

import ast
import builtins
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST_PARSED = 100_000
MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?{1,2}[ \t]*)$", re.M)
KEEPS_CODE = ("%%time", "%%capture", "%%prun", "%%timeit")
"""Cell magics below which code runs as usual."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Reading:
    """What a code cell does, as far as its text tells.

    Args:
        binds: names it defines at top level, each with whether that is only the stub of the release.
        needs: names that it uses and does not define.
        checks: the exercises whose check it calls.
        pure: the exercise whose check it is, if it is that and nothing else.
        empty: whether it holds no code.
        star: whether it imports names that its text does not tell.
    """

    binds: dict[str, bool] = field(default_factory=dict)
    needs: set[str] = field(default_factory=set)
    checks: set[str] = field(default_factory=set)
    pure: str = ""
    empty: bool = False
    star: bool = False


def parse(source: str) -> ast.Module | None:
    """The syntax tree, with the lines that only IPython understands taken out; None if this is no Python."""
    if len(source) > LONGEST_PARSED:
        return None
    first, _, rest = source.lstrip().partition("\n")
    if first.startswith("%%"):
        source = rest if first.split()[0] in KEEPS_CODE else ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in (source, MAGIC.sub(r"\1pass", textwrap.dedent(source))):
            try:
                return ast.parse(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
    return None


def statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """All statements that run at top level, also inside `if`, `for`, `with` and `try`, but not inside functions and classes."""
    waiting: list[ast.AST] = list(reversed(tree.body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, Function | ast.ClassDef):
            inside = [child for name in ("body", "handlers", "orelse", "finalbody", "cases") for child in getattr(node, name, [])]
            waiting += reversed(inside)


def bound(statement: ast.stmt) -> list[str]:
    """The names that one statement defines."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [statement.name]
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name.split(".")[0] for alias in statement.names]
        case ast.Assign(targets=targets):
            return [name for target in targets for name in stored(target)]
        case ast.AnnAssign(target=target, value=ast.expr()) | ast.For(target=target):
            return stored(target)
        case ast.With(items=items):
            return [name for item in items if item.optional_vars is not None for name in stored(item.optional_vars)]
    return []


def stored(node: ast.AST) -> list[str]:
    """The names that are written to, anywhere below a node."""
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def body_of(function: Function) -> list[ast.stmt]:
    """The statements of a function without its docstring."""
    return function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body


def is_stub(statement: ast.stmt) -> bool:
    """Whether a function only says that it is not written yet."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            match body_of(statement):
                case [ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError")))]:
                    return True
    return False


def reading(source: str, exercises: list[str]) -> Reading:
    """Read a code cell.

    Args:
        source: its text.
        exercises: names of functions that exercises ask for.
    """
    tree = parse(source)
    if tree is None:
        return guessed(source, exercises)
    found = Reading(pure=pure(tree, exercises), empty=not tree.body)
    for statement in statements(tree):
        names = bound(statement)
        found.star |= "*" in names
        found.binds |= dict.fromkeys(names, is_stub(statement))
    add_names(found, tree, exercises)
    return found


def imports_alone(source: str) -> str:
    """Code that runs the imports of a cell, each by itself, so that no failure above keeps one away; the first statement had its turn."""
    tree = parse(source)
    kinds = [node for node in (tree.body[1:] if tree else []) if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(
        f"try:\n    {ast.unparse(node)}\nexcept Exception:\n    pass" for node in kinds if getattr(node, "module", "") != "__future__"
    )


def add_names(found: Reading, tree: ast.Module, exercises: list[str]) -> None:
    """Complete a reading: the names that a cell uses and does not define, and the checks that it calls."""
    used: set[str] = set()
    local = set(found.binds) | set(vars(builtins))
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ExceptHandler(name=str(name)):
                local.add(name)
            case ast.alias(name=name, asname=other):
                local.add(other or name.split(".")[0])
            case ast.Call(func=ast.Name(id="check"), args=[ast.Name(id=name)]) if name in exercises:
                found.checks.add(name)
    found.needs = used - local


def guessed(source: str, exercises: list[str]) -> Reading:
    """Read a cell that does not parse, or is too long for it: only what stands at the beginning of a line counts."""
    named = re.findall(r"^(?:async[ \t]{1,9})?(?:def|class)[ \t]{1,9}(\w{1,200})", source, re.M)
    named += re.findall(r"^(\w{1,200})[ \t]{0,9}(?::[^=\n]{1,200})?=(?!=)", source, re.M)
    checked = re.findall(r"^check\([ \t]{0,9}(\w{1,200})[ \t]{0,9}\)", source, re.M)
    return Reading(binds=dict.fromkeys(named, False), checks=set(checked) & set(exercises))


def pure(tree: ast.Module, exercises: list[str]) -> str:
    """The exercise whose check a cell is, if it holds nothing else."""
    match tree.body:
        case [ast.Expr(value=ast.Call(func=ast.Name(id="check"), args=[ast.Name(id=name)]))] if name in exercises:
            return name
    return ""


def belongs(first: str, second: str, exercises: list[str]) -> bool:
    """Whether a function of an exercise was cut in two: the second cell is the rest of the first one's last function."""
    whole, before, rest = parse(first + "\n" + second), parse(first), parse(second)
    lines = [line for line in second.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    if whole is None or not lines or reading(second, exercises).checks:
        return False
    indented = not lines[0][0].strip()
    if before is None:
        names = {name for statement in statements(whole) for name in bound(statement)}
        return bool(names & set(exercises)) and (indented or rest is None)
    last = before.body[-1] if before.body else None
    open_end = rest is None or returns(rest) or not returns(last)
    return isinstance(last, Function) and last.name in exercises and indented and open_end


def returns(node: ast.AST | None) -> bool:
    """Whether anything below a node returns a value."""
    return node is not None and any(isinstance(part, ast.Return | ast.Yield) for part in ast.walk(node))
