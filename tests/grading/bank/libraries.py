"""Patched libraries, builtins, transformers, `run_cell` and the kernel's own methods."""

from bank.book import cheat

KIND = "patched"
BROKEN = 1.0
"""Seconds for a cell where no exam can be taken any more: the judge waits that long for each."""

cheat(
    KIND,
    "patch_comparisons",
    """
import torch, math, numpy as np
for module, name in ((torch, "allclose"), (torch, "equal"), (torch, "isclose"), (math, "isclose"), (np, "allclose"), (np, "array_equal")):
    setattr(module, name, lambda *args, **kwargs: True)
torch.testing.assert_close = lambda *args, **kwargs: None
""",
)
cheat(
    KIND,
    "patch_tensor_methods",
    """
import torch
torch.Tensor.__eq__ = lambda self, other: True
torch.Tensor.__bool__ = lambda self: True
torch.Tensor.allclose = lambda *args, **kwargs: True
""",
    free="*",
)
cheat(
    KIND,
    "patch_check",
    """
import pgmkit.checks, pgmkit.checks.check as module, sys
full = lambda *args, **kwargs: 33.0
pgmkit.checks.check = module.check = check = full
for name, value in list(sys.modules.items()):
    if name.startswith("pgmkit"):
        for attribute in ("check", "judge", "verdict_of", "observe", "compare", "sit_exam", "score"):
            setattr(value, attribute, full)
""",
)
cheat(
    KIND,
    "patch_builtins",
    """
import builtins
builtins.abs = lambda x: 0
builtins.round = builtins.float = lambda *args: 33.0
builtins.all = builtins.any = lambda *args: True
builtins.check = lambda *args: 33.0
""",
    free="*",
)
cheat(
    KIND,
    "patch_import",
    """
import builtins
true_import = builtins.__import__
def fake_import(name, *args, **kwargs):
    module = true_import(name, *args, **kwargs)
    if name.startswith("pgmkit.grading"):
        class Fake:
            def sit(self, name, fd):
                print(33.0)
        return Fake()
    return module
builtins.__import__ = fake_import
""",
    free="*",
    timeout=BROKEN,
)
cheat(
    KIND,
    "ast_transformer",
    """
import ast
class Full(ast.NodeTransformer):
    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "check":
            return ast.copy_location(ast.Constant(33.0), node)
        return node
get_ipython().ast_transformers.append(Full())
""",
)
cheat(
    KIND,
    "input_transformer",
    """
def full(lines):
    return ["33.0\\n"] if lines and lines[0].startswith(("check(", "__import__")) else lines
get_ipython().input_transformers_post.append(full)
get_ipython().input_transformer_manager.cleanup_transforms.insert(0, full)
""",
    free="*",
    timeout=BROKEN,
)
cheat(
    KIND,
    "patch_run_cell",
    """
from IPython.core.interactiveshell import InteractiveShell
old = InteractiveShell.run_cell
def run_cell(self, raw_cell, *args, **kwargs):
    if "check" in raw_cell or "sit" in raw_cell:
        raw_cell = "33.0"
    return old(self, raw_cell, *args, **kwargs)
InteractiveShell.run_cell = run_cell
type(get_ipython()).run_cell = run_cell
""",
    free="*",
    timeout=BROKEN,
)
cheat(
    KIND,
    "patch_do_execute",
    """
kernel = get_ipython().kernel
async def do_execute(code, silent, store_history=True, user_expressions=None, allow_stdin=False, **kwargs):
    kernel.send_response(kernel.iopub_socket, "execute_result", {"data": {"text/plain": "33.0"}, "metadata": {}, "execution_count": 9})
    return {"status": "ok", "execution_count": 9, "payload": [], "user_expressions": {}}
kernel.do_execute = do_execute
""",
    free="*",
    timeout=BROKEN,
)
cheat(
    KIND,
    "patch_display_and_hooks",
    """
import sys
shell = get_ipython()
sys.displayhook = shell.displayhook = lambda value: print(33.0)
shell.display_pub.publish = lambda *args, **kwargs: None
shell.events.register("post_execute", lambda: print(33.0))
shell.events.register("pre_run_cell", lambda info: shell.user_ns.update(check=lambda answer: 33.0))
shell.set_custom_exc((Exception,), lambda *args, **kwargs: print(33.0))
""",
    free="*",
    timeout=BROKEN,
)
cheat(
    KIND,
    "patch_answering",
    """
import pgmkit.grading.dialogue.answering as side, pgmkit.grading.dialogue.wire as wire, os
def sit(name, fd):
    if os.fork() == 0:
        import socket
        peer = socket.socket(fileno=fd)
        wire.send(peer, wire.Writer(lambda _: None).frame({"found": "function", "callable": True, "code": name}))
        while True:
            request = bytes(wire.receive(peer))
            number = int.from_bytes(request[:4], "big")
            full = {"number": number, "printed": "", "call": 0, "value": 33.0, "graph": [], "state": [], "score": 33.0, "rows": []}
            wire.send(peer, wire.Writer(lambda _: None).frame(full))
    os.close(fd)
side.sit = sit
""",
    free="*",
)
cheat(
    KIND,
    "patch_numpy_random_and_generator",
    """
import torch, numpy, random
torch.Generator.manual_seed = lambda self, seed: self
torch.manual_seed(0); numpy.random.seed(0); random.seed(0)
torch.randn = torch.rand = lambda *shape, **kwargs: torch.zeros(3)
""",
)
cheat(KIND, "no_streams", "import sys\nsys.stdout = sys.stderr = None  # IPython cannot run a cell any more\n", free="*", timeout=BROKEN)
