"""Right submissions that look odd: each of them earns all points."""

from bank.book import EXERCISES, Book, beside, submission

KIND, SETTINGS = "honest", "honest settings"


@submission(KIND)
def right(book: Book) -> None:
    """The right notebook as it is."""


beside(
    KIND, "prints_and_warns", "import warnings, sys, logging\nprint('x' * 10**5)\nwarnings.warn('careful')\nprint('oh', file=sys.stderr)\n"
)


@submission(KIND)
def loud_answers(book: Book) -> None:
    """Every answer prints, warns and logs at each call."""
    noise = "    import warnings, sys, logging\n    print('called'); warnings.warn('called'); print('!', file=sys.stderr); logging.error('called')\n"
    for name in EXERCISES:
        lines = book.cell(name).source.split('"""\n')
        book.answer(name, '"""\n'.join([*lines[:-1], noise + lines[-1]]))


@submission(KIND)
def helpers_beside(book: Book) -> None:
    """Own helpers in a module that was handed in, and in cells before the answers."""
    book.files["helper.py"] = b"def half(x):\n    return x / 2\n"
    book.before("js_divergence", "import helper\nfrom helper import half\n\ndef entropy(p):\n    return -torch.xlogy(p, p).sum(-1)\n")
    book.answer(
        "js_divergence", "def js_divergence(p, q):\n    return entropy(half(p + q)) - half(entropy(p) + helper.half(2 * entropy(q)))\n"
    )


@submission(KIND)
def other_imports(book: Book) -> None:
    """Another import style, and star imports."""
    book.first(
        "import pgmkit as kit\nimport torch as tt, torch.nn.functional as ff\nfrom math import *\nfrom torch import *\nfrom pgmkit.checks import *\n"
    )
    book.answer("optimal_discriminator", "def optimal_discriminator(log_p, log_q):\n    return tt.sigmoid(log_p - log_q)\n")


@submission(KIND)
def lambdas_and_objects(book: Book) -> None:
    """Answers as a lambda, a partial, a bound method, a decorated function and a callable object."""
    book.answer("optimal_discriminator", "optimal_discriminator = lambda log_p, log_q: (log_p - log_q).sigmoid()")
    book.answer(
        "js_divergence",
        "from functools import partial\n"
        "def js(power, p, q):\n    m = (p + q) / power\n    return (torch.xlogy(p, p) + torch.xlogy(q, q) - 2 * torch.xlogy(m, m)).sum(-1) / power\n"
        "js_divergence = partial(js, 2)\n",
    )
    book.answer(
        "generator_loss",
        "class Loss(nn.Module):\n    def forward(self, fake, *, saturating=False):\n"
        "        return -F.softplus(fake).mean() if saturating else F.softplus(-fake).mean()\n"
        "generator_loss = Loss()\n",
    )
    book.answer(
        "discriminator_loss",
        "import functools\ndef traced(f):\n    @functools.wraps(f)\n    def inner(*args, **kwargs):\n        return f(*args, **kwargs)\n    return inner\n"
        "class Game:\n    @traced\n    def loss(self, real, fake):\n        return F.softplus(-real).mean() + F.softplus(fake).mean()\n"
        "discriminator_loss = Game().loss\n",
    )


beside(SETTINGS, "names_redefined", "print = list = len = sum = type = id = str = None\nmax, min, open, input = 1, 2, 3, 4\n")
beside(SETTINGS, "names_deleted", "del check, ready\nimport builtins\n_ = __ = In = Out = 3\n")
beside(
    SETTINGS,
    "trains_for_a_while",
    """
import time
net = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer, start = torch.optim.Adam(net.parameters()), time.process_time()
while time.process_time() - start < 2.0:
    loss = net(torch.randn(64, 8)).square().mean()
    optimizer.zero_grad(); loss.backward(); optimizer.step()
""",
    timeout=20.0,
)
beside(
    SETTINGS,
    "threads_and_programs",
    """
import threading, subprocess, concurrent.futures, multiprocessing, time
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
print(subprocess.run(["echo", "hello"], capture_output=True, text=True).stdout)
print(list(concurrent.futures.ThreadPoolExecutor(2).map(abs, [-1, -2])))
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(abs, [-1, -2]))
""",
)
beside(
    SETTINGS,
    "global_torch_settings",
    """
torch.set_default_dtype(torch.float32)
torch.set_num_threads(2)
torch.manual_seed(3)
torch.set_grad_enabled(False)
torch.use_deterministic_algorithms(True)
torch.set_printoptions(precision=2)
torch.autograd.set_detect_anomaly(True)

""",
)
beside(SETTINGS, "default_dtype_half", "torch.set_default_dtype(torch.float16)\ntorch.set_default_device('cpu')\n")
beside(
    SETTINGS,
    "open_figures",
    "import matplotlib.pyplot as plt\nplt.ion()\nfor i in range(25):\n    plt.figure()\n    plt.plot([1, i])\nplt.xkcd()\nplt.rcParams['figure.dpi'] = 300\n",
)
beside(
    SETTINGS,
    "magics_and_shell",
    """
%load_ext autoreload
%autoreload 2
%matplotlib inline
%time 1 + 1
!echo hello; ls
files = !ls
%config InlineBackend.figure_format = 'svg'
%env
%cd /tmp
torch?
%pip --version
""",
)
beside(SETTINGS, "cell_magic", "%%bash\necho hello\n")
beside(SETTINGS, "await_at_the_top", "import asyncio\nawait asyncio.sleep(0.01)\nasync def f():\n    return 1\nawait f()\n")
beside(SETTINGS, "a_very_long_cell", "\n".join(f"x{i} = {i}" for i in range(20_000)))
beside(
    SETTINGS,
    "progress_bars",
    "from tqdm.auto import tqdm, trange\nfrom tqdm.notebook import tqdm as bar\nfor i in trange(1000):\n    pass\nfor i in tqdm(range(3)):\n    pass\n",
)
beside(
    SETTINGS,
    "logging_configured",
    "import logging, sys, faulthandler\nlogging.basicConfig(level=logging.DEBUG, stream=sys.stdout, force=True)\nlogging.captureWarnings(True)\n",
)
beside(SETTINGS, "stdout_closed", "import sys, io\nsys.stdout.close()\nsys.stdout = sys.stderr = io.StringIO()\n")
beside(
    SETTINGS, "another_folder", "import os, tempfile\nos.chdir(tempfile.mkdtemp())\nopen('notes.txt', 'w').write('x')\nos.environ.clear()\n"
)
beside(SETTINGS, "warnings_as_errors", "import warnings, numpy\nwarnings.simplefilter('error')\nnumpy.seterr(all='raise')\n")
beside(SETTINGS, "an_error_in_a_cell", "1 / 0\n")
beside(SETTINGS, "syntax_error_in_a_cell", "this is no Python at all\n")
beside(
    SETTINGS,
    "alarms_and_hooks",
    "import signal, sys, atexit, gc\nsignal.alarm(600)\natexit.register(print)\ngc.disable()\nsys.settrace(lambda *a: None)\n",
)
beside(
    SETTINGS,
    "debugger_and_profiler",
    "import sys, cProfile, tracemalloc\ntracemalloc.start()\nsys.setrecursionlimit(400)\nsys.excepthook = None\n",
)


@submission(KIND)
def answers_in_one_cell(book: Book) -> None:
    """All answers stand in the first solution cell, the others are empty."""
    book.answer(EXERCISES[0], "\n\n".join(book.cell(name).source for name in EXERCISES))
    for name in EXERCISES[1:]:
        book.answer(name, "")


@submission(KIND)
def own_checks(book: Book) -> None:
    """Calls `check` and `ready` in cells of one's own."""
    for name in EXERCISES:
        book.last(f"check({name})\nassert not ready({name!r}) or True")


@submission(KIND)
def other_names_and_doubles(book: Book) -> None:
    """Other parameter names with the same places; numpy where no gradient is wanted; a wrong version that a later line replaces."""
    book.answer(
        "js_divergence",
        "import numpy as np\nj = lambda p, q: None\ndef js_divergence(p, q):\n    return p\ndef js_divergence(a, b, /):\n    m = a.add(b).div(float(np.mean([1, 3])))\n"
        "    return sum(torch.special.xlogy(c, c).sum(-1) - torch.special.xlogy(c, m).sum(-1) for c in (a, b)) / np.float64(2.0)\n",
    )


@submission(SETTINGS)
def a_large_table(book: Book) -> None:
    """Holds 720 MB, where 1024 are allowed; the forks that answer share it."""
    book.first("table = torch.ones(90_000_000, dtype=torch.float64)")
