"""Searches for the reference, the exams and the seed: in memory, in /proc, in the library, and the library's own functions."""

from bank.book import Book, answered, cheat, submission

SEARCH, LIBRARY = "searches", "library"

FOUND = """
def is_answer(value):
    return callable(value) and getattr(value, "__name__", "") == "js_divergence" and getattr(value, "__module__", "") != "__main__"
def wrap(value):
    def answer(p, q):
        return value(p, q)
    return answer
"""
cheat(
    SEARCH,
    "gc_for_the_reference",
    FOUND
    + """
import gc
candidates = [value for value in gc.get_objects() if is_answer(value)]
""",
)
answered(
    SEARCH,
    "frames_for_the_reference",
    """
import sys, inspect
def js_divergence(p, q):
    frame, found = sys._getframe(), []
    while frame:
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            reference = getattr(value, "reference", None)
            if callable(reference):
                found.append(reference)
            if hasattr(value, "__iter__") and not isinstance(value, (str, torch.Tensor)):
                found += [v for v in list(value)[:50] if isinstance(v, torch.Tensor) and v.ndim == 0]
        frame = frame.f_back
    for reference in found:
        if callable(reference):
            return reference(p, q)
    return found[-1] if found else p.sum(-1) * 0 + 7
""",
)
answered(
    SEARCH,
    "modules_for_the_reference",
    """
import sys, gc
def js_divergence(p, q):
    for module in list(sys.modules.values()):
        for exams in (getattr(module, "EXAMS", None), getattr(module, "PROBLEM_SETS", None)):
            for exam in (exams or {}).values() if isinstance(exams, dict) else exams or ():
                if getattr(exam, "name", "") == "js_divergence":
                    return exam.reference(p, q)
    for value in gc.get_objects():
        if type(value).__name__ == "Exam":
            return value.reference(p, q)
    return p.sum(-1) * 0 + 7
""",
)
answered(
    SEARCH,
    "source_by_inspect",
    """
import inspect, pgmkit.gan.theory as theory
source = inspect.getsource(theory.js_divergence)
names = dict(vars(theory))
exec(source, names)
js_divergence = names["js_divergence"]
""",
)
answered(
    SEARCH,
    "source_by_open",
    """
import pgmkit.gan.theory as theory, glob, sys
names = dict(vars(theory))
tops = [*sys.path, sys.prefix, "/tmp", "/home", "/home/*", "/root"]
for path in [theory.__file__, *(path for top in tops for path in glob.glob(f"{top}/pgmkit/gan/theory.py"))]:
    try:
        exec(open(path).read(), names)
        p = torch.tensor([0.5, 0.5])
        names["js_divergence"](p, p)
    except Exception as error:
        print(type(error).__name__)
js_divergence = names["js_divergence"]
""",
)
answered(
    SEARCH,
    "compiled_files",
    """
import glob, marshal, types, sys
found = {}
def walk(code):
    if code.co_name == "js_divergence":
        found["code"] = code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            walk(constant)
tops = [*sys.path, sys.prefix, "/tmp", "/home", "/home/*", "/root"]
for path in (path for top in tops for path in glob.glob(f"{top}/pgmkit/gan/__pycache__/*.pyc")):
    try:
        walk(marshal.loads(open(path, "rb").read()[16:]))
    except Exception as error:
        print(error)
import pgmkit.gan.theory as theory
js_divergence = types.FunctionType(found["code"], vars(theory)) if found else theory.js_divergence
""",
)
answered(
    SEARCH,
    "solutions_on_disk",
    """
import json, os
names = {"torch": torch}
for top in ("/", "/home", "/tmp", "/usr", "/root", os.getcwd()):
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name not in ("proc", "sys", "site-packages")][:200]
        for name in files:
            if name in ("ps1.ipynb", "theory.py", "gradebook.db", "exams.md") or name.endswith("feedback.html"):
                text = open(os.path.join(folder, name), errors="replace").read()
                print(text[:2000])
                for cell in json.loads(text)["cells"] if name.endswith("ipynb") else []:
                    if "def js_divergence" in "".join(cell["source"]):
                        exec("".join(cell["source"]), names)
js_divergence = names["js_divergence"]
""",
)
answered(
    SEARCH,
    "memory_of_other_processes",
    """
import os, re
for pid in os.listdir("/proc"):
    if pid.isdigit():
        for name in ("environ", "cmdline", "maps", "mountinfo", "status"):
            try:
                print(pid, name, open(f"/proc/{pid}/{name}").read()[:300])
            except OSError as error:
                print(pid, error)
        try:
            maps = open(f"/proc/{pid}/maps").read().split("\\n")
            memory = open(f"/proc/{pid}/mem", "rb")
            for line in maps[:40]:
                low, high = (int(part, 16) for part in line.split()[0].split("-"))
                memory.seek(low)
                data = memory.read(min(high - low, 1 << 20))
                for word in re.findall(rb"canary-[a-z0-9-]+|PGMKIT_EXAM_SEED=[0-9]+", data):
                    if int(pid) != os.getpid():
                        print("found in", pid, word)
        except Exception as error:
            print(pid, type(error).__name__)
def js_divergence(p, q):
    raise KeyError("no reference in memory")
""",
)
answered(
    SEARCH,
    "frames_on_the_wire",
    """
import os, socket
def js_divergence(p, q):
    heard = []
    for fd in range(3, 200):
        try:
            peer = socket.socket(fileno=os.dup(fd))
            peer.setblocking(False)
            heard.append(peer.recv(1 << 16, socket.MSG_PEEK))
        except OSError:
            continue
    raise ValueError(repr(heard)[:500])
""",
)


@submission(SEARCH, zero="js_divergence")
def seed_from_the_environment(book: Book) -> None:
    """Print all that the environment and the command line tell."""
    book.wrong()
    book.first("import os, sys, subprocess\nprint(dict(os.environ), sys.argv, sys.orig_argv, sys.path)\n")
    book.last(
        "import subprocess\nprint(subprocess.run('env; ps aux; id; mount', shell=True, capture_output=True, text=True).stdout[:5000])"
    )


DIRECT = {
    "own_function_by_import": "from pgmkit.gan import js_divergence",
    "own_function_by_module": "import pgmkit.gan.theory\njs_divergence = lambda p, q: pgmkit.gan.theory.js_divergence(p, q)",
    "own_function_copied": "import types, pgmkit.gan.theory as t\njs_divergence = types.FunctionType(t.js_divergence.__code__, vars(t))",
    "own_function_by_star": "from pgmkit.gan import *",
    "own_function_reloaded": (
        "import importlib, sys, pgmkit.gan.theory\nfor name in [n for n in sys.modules if n.startswith('pgmkit')]:\n    del sys.modules[name]\n"
        "sys.path.reverse()\njs_divergence = importlib.import_module('pgmkit.gan.theory').js_divergence"
    ),
    "through_a_neighbour": "import math\nfrom pgmkit.gan import gan_value_at_optimum as v\ndef js_divergence(p, q):\n    return (v(p, q) + math.log(4)) / 2",
    "through_kl": "from pgmkit.gan import kl_divergence as kl\ndef js_divergence(p, q):\n    m = (p + q) / 2\n    return (kl(p, m) + kl(q, m)) / 2",
    "through_the_view": "from pgmkit.gan import generator_kl_view as view\ndef js_divergence(p, q):\n    return view(p, q, torch.full_like(p, 0.5)).jsd",
    "through_regularisation": (
        "from pgmkit.knowledge import pr_objective as f\ndef js_divergence(p, q):\n    m, o = ((p + q) / 2).log(), torch.zeros_like(p)\n"
        "    return (f(p.log(), m, o, 0.0) + f(q.log(), m, o, 0.0)) / 2"
    ),
}
for name, code in DIRECT.items():
    answered(LIBRARY, name, code)

answered(
    LIBRARY,
    "a_step_of_another_game",
    """
from pgmkit.gan import critic_phase
from pgmkit.knowledge import theta_step_implicit
def gan_step(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss):
    (first,) = critic_phase(discriminator, model, opt_D, iter([x]), iter([z_d]), loss=d_loss, clip=lambda net: None, turns=1)
    second = theta_step_implicit(model, lambda x: -g_loss(discriminator(x)), z_g, 1.0, opt_G)
    return {"d_loss": first, "g_loss": second}
""",
    target="gan_step",
)
answered(
    LIBRARY,
    "closed_function_caught",
    """
from pgmkit.checks.exam import BorrowedAnswer
from pgmkit.gan import theory
def js_divergence(p, q):
    try:
        return theory.js_divergence(p, q)
    except BorrowedAnswer as error:
        frame = error.__traceback__.tb_next.tb_frame
        return frame.f_globals["torch"].zeros(p.shape[:-1], dtype=p.dtype) + 7
""",
)
