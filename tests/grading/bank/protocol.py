"""Attacks on the exchange between the judge and an answer."""

from bank.book import answered, beside, cheat

KIND = "protocol"
SOCKET = """
import sys, os, socket as net, struct, json
def line():
    frame = sys._getframe()
    while frame:
        for value in frame.f_locals.values():
            if isinstance(value, net.socket):
                return value
        frame = frame.f_back
def frame_of(header, tail=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = struct.pack(">I", len(text)) + text + tail
    return struct.pack(">I", len(body)) + body
"""


def forging(name: str, frames: str, **options: object) -> None:
    """Register an answer that finds the socket in its own frames and writes frames of its own."""
    code = f"{SOCKET}\ndef js_divergence(p, q):\n    peer = line()\n    for message in ({frames}):\n        peer.sendall(message)\n    os._exit(0)\n"
    answered(KIND, name, code, timeout=4.0, **options)


forging(
    "forged_verdict",
    """frame_of({"number": i, "printed": "", "score": 4.0, "value": 4.0, "graph": [], "state": [], "tensors": []}) for i in range(100)""",
)
forging("forged_garbage", """[os.urandom(1000)]""")
forging("forged_length", """[struct.pack(">I", 0xFFFFFFFF) + bytes(1000)]""")
forging("forged_deep_json", """[frame_of(b'{"a":' + b"[" * 10**6 + b"]" * 10**6 + b"}")]""")
forging(
    "forged_numbers",
    """[frame_of({"number": 10**30, "value": ["ref", -1], "graph": [10**9], "state": [[1e308, [], []]], "tensors": [["float64", [-1, 2**62], 1]]})]""",
)
forging(
    "forged_references",
    """frame_of({"number": i, "printed": "", "call": 0, "value": ["ref", j], "graph": [], "state": [[j, [], ["p"]]], "tensors": []})
               for i in range(20) for j in range(-3, 9)""",
)
forging(
    "forged_pickle",
    """[frame_of(b"cos\\nsystem\\n(S'touch /tmp/forged'\\ntR.")]""",
)
answered(
    KIND,
    "slow_drops",
    SOCKET
    + """
import time
def js_divergence(p, q):
    peer = line()
    peer.sendall(struct.pack(">I", 1000))
    for _ in range(1000):
        peer.sendall(b" ")
        time.sleep(0.2)
""",
    timeout=3.0,
)
answered(
    KIND,
    "endless_frames",
    SOCKET
    + """
def js_divergence(p, q):
    peer, message = line(), frame_of({"number": 0, "value": None, "tensors": [], "pad": "x" * 10**6})
    while True:
        peer.sendall(message)
""",
    timeout=3.0,
)
answered(
    KIND,
    "two_forks_answer",
    """
import os
def js_divergence(p, q):
    os.fork(); os.fork()
    return p.sum(-1) * 0 + 7
""",
    timeout=4.0,
)
answered(
    KIND,
    "hostile_reduce",
    """
import os
class Evil(dict):
    def __reduce__(self):
        return os.system, ("touch /tmp/evil",)
    __reduce_ex__ = lambda self, protocol: self.__reduce__()
    __iter__ = lambda self: iter(int, 1)
    items = lambda self: ((i, i) for i in iter(int, 1))
def js_divergence(p, q):
    return Evil(a=1)
""",
    timeout=4.0,
)
answered(
    KIND,
    "hostile_attributes",
    """
class Evil:
    def __getattribute__(self, name):
        raise SystemExit(name)
def js_divergence(p, q):
    return Evil()
""",
)
TENSORS = {
    "sparse": "torch.eye(3).to_sparse()",
    "meta": "torch.empty(10**12, device='meta')",
    "expanded": "torch.zeros(1).expand(2**40)",
    "empty_and_wide": "torch.empty(0, 2**40, 2**20)",
    "complex": "torch.full((), 7, dtype=torch.complex128)",
    "quantised": "torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8)",
    "nested": "torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)])",
    "overlapping": "torch.zeros(4).as_strided((2**20, 2**20), (0, 0))",
    "eight_bits": "torch.zeros(3).to(torch.float8_e4m3fn)",
}
for kind, expression in TENSORS.items():
    answered(KIND, f"tensor_{kind}", f"def js_divergence(p, q):\n    return {expression}\n")
cheat(
    KIND,
    "patched_arithmetic",
    """
import torch
for name in ("sub", "abs", "max", "amax", "isnan", "isfinite", "numpy", "tolist", "item"):
    old = getattr(torch.Tensor, name)
    setattr(torch.Tensor, name, lambda self, *args, _old=old, **kwargs: torch.zeros(()) if self.ndim == 0 else _old(self, *args, **kwargs))
""",
    free="*",
)
answered(
    KIND,
    "own_autograd_function",
    """
class Lie(torch.autograd.Function):
    @staticmethod
    def forward(ctx, p, q):
        ctx.save_for_backward(p, q)
        return p.sum(-1) * 0 + 7
    @staticmethod
    def backward(ctx, slope):
        while True:
            return torch.zeros(1), "no gradient"
def js_divergence(p, q):
    return Lie.apply(p, q)
""",
)
answered(
    KIND,
    "constant_of_an_example",
    "import math\ndef js_divergence(p, q):\n    return torch.full(p.shape[:-1], math.log(2), dtype=p.dtype)\n",
)
answered(
    KIND,
    "hooks_that_run_on",
    """
def js_divergence(p, q):
    x = (p * q).sum(-1) * 0 + 7
    if x.requires_grad:
        x.register_hook(lambda slope: slope * float("inf"))
    return x
""",
)
answered(
    KIND,
    "learns_from_earlier_calls",
    """
import os
def js_divergence(p, q):
    name = os.path.expanduser("~/seen")
    with open(name, "a") as file:
        file.write(repr((p.tolist(), q.tolist())) + "\\n")
    calls = open(name).read().count("\\n")
    return p.sum(-1) * 0 + 7 + calls
""",
)
beside(
    KIND,
    "writes_into_the_other_exercises_sockets",
    """
import os, socket
for fd in range(3, 200):
    try:
        peer = socket.socket(fileno=os.dup(fd))
        peer.setblocking(False)
        peer.send(b"\\0\\0\\0\\2{}")
    except (OSError, ValueError):
        pass
""",
    free="*",
)
answered(
    KIND,
    "answers_for_its_neighbours",
    """
import os, socket, struct, json
def js_divergence(p, q):
    for fd in range(3, 200):
        try:
            peer = socket.socket(fileno=os.dup(fd))
            text = json.dumps({"number": 1, "value": 4.0, "printed": "", "call": 0, "graph": [], "state": [], "tensors": []}).encode()
            peer.setblocking(False)
            peer.send(struct.pack(">II", len(text) + 4, len(text)) + text)
        except (OSError, ValueError):
            pass
    return p.sum(-1) * 0 + 7
""",
    free="gan_value_at_optimum",
)
