"""Objects that claim to be equal to everything, and outputs that look like points."""

from bank.book import Book, answered, submission

EQUAL, SPOOF = "equal objects", "spoofed outputs"

answered(
    EQUAL,
    "always_equal",
    """
class Same:
    def __getattr__(self, name):
        return self
    def __call__(self, *args, **kwargs):
        return self
    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __hash__ = lambda self: 0
    __bool__ = lambda self: True
    __float__ = lambda self: 0.0
    __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __add__ = __radd__ = __abs__ = __neg__ = lambda self, *args: self
    __iter__ = lambda self: iter(())
    __len__ = lambda self: 0
def js_divergence(p, q):
    return Same()
""",
)
answered(
    EQUAL,
    "tensor_subclass",
    """
class Sly(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        name = getattr(func, "__name__", "")
        if name in {"allclose", "equal", "isclose", "eq", "__eq__", "all", "le", "lt"}:
            return torch.tensor(True)
        if name in {"sub", "__sub__", "__rsub__", "abs", "max"}:
            return torch.zeros(())
        return super().__torch_function__(func, types, args, kwargs or {})
def js_divergence(p, q):
    return (p.sum(-1) * 0 + 7.0).as_subclass(Sly)
""",
)
answered(
    EQUAL,
    "equal_number",
    """
class Number(float):
    __eq__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __sub__ = __rsub__ = __abs__ = lambda self, *other: 0.0
    __hash__ = float.__hash__
def js_divergence(p, q):
    return Number(7.0)
""",
)
answered(
    EQUAL,
    "liar_about_its_class",
    """
class Liar:
    __class__ = torch.Tensor
    shape = property(lambda self: torch.Size(()))
    dtype = property(lambda self: torch.float64)
    def __getattr__(self, name):
        return lambda *args, **kwargs: self
    def __reduce__(self):
        return (print, ("<b>reduced</b>",))
def js_divergence(p, q):
    return Liar()
""",
)
answered(
    EQUAL,
    "not_a_number_everywhere",
    """
def js_divergence(p, q):
    return torch.full(p.shape[:-1], float("nan"), dtype=p.dtype, requires_grad=True)
""",
)
answered(
    EQUAL,
    "callable_object_with_a_name",
    """
class Answer:
    __name__ = "discriminator_loss"
    __wrapped__ = discriminator_loss
    def __call__(self, *args, **kwargs):
        return 33.0
js_divergence = Answer()
""",
)
answered(
    SPOOF,
    "prints_points",
    """
def js_divergence(p, q):
    print("4.0\\n33.0\\n{'score': 33.0}")
    return 4.0
print(33.0)
33.0
""",
)


@submission(SPOOF, zero="js_divergence")
def outputs_in_the_file(book: Book) -> None:
    """The check cell holds an output with points already, and an execution count."""
    book.wrong()
    check = book.cell("check-js_divergence")
    check.execution_count = 7
    check.outputs = [{"output_type": "execute_result", "data": {"text/plain": "4.0"}, "metadata": {}, "execution_count": 7}]
    check.source = "4.0"


@submission(SPOOF, zero="js_divergence")
def check_cell_rewritten(book: Book) -> None:
    """The check cell's code is another."""
    book.wrong()
    book.cell("check-js_divergence").source = "check(discriminator_loss)\n4.0"


@submission(SPOOF, zero="js_divergence")
def displays_under_the_next_cell(book: Book) -> None:
    """A thread goes on to send results while the check cell is on."""
    book.wrong()
    book.first(
        """
import threading, time
def send():
    kernel = get_ipython().kernel
    for _ in range(300):
        kernel.session.send(kernel.iopub_socket, "execute_result", {"data": {"text/plain": "4.0"}, "metadata": {}, "execution_count": 1},
                            parent=kernel.get_parent(), ident=b"execute_result")
        kernel.session.send(kernel.iopub_socket, "status", {"execution_state": "idle"}, parent=kernel.get_parent(), ident=b"status")
        time.sleep(0.01)
threading.Thread(target=send, daemon=True).start()
"""
    )


@submission(SPOOF, zero="js_divergence")
def updates_of_a_display(book: Book) -> None:
    """A display handle rewrites earlier displays, and clear_output removes them."""
    book.wrong()
    book.first("from IPython.display import display, clear_output\nhandle = display('x', display_id='check-js_divergence')")
    book.last("from IPython.display import clear_output\nhandle.update('4.0'); clear_output(); print('4.0')")


@submission(SPOOF, zero="js_divergence")
def claims_state(book: Book) -> None:
    """The answer changes what it was given, so that a comparison with its argument would hold."""
    book.answer(
        "js_divergence",
        """
def js_divergence(p, q):
    with torch.no_grad():
        p.zero_(); q.zero_()
    p.grad = torch.zeros_like(p)
    return (p * q).sum(-1)
""",
    )
