"""Other places: links out of the folder, modules and start-up files beside the notebook, files and servers outside of the cage."""

from nbformat.v4 import new_markdown_cell

from bank.book import TARGET, Book, submission

LINKS, SHADOWS, OUTSIDE = "links", "shadowed", "outside"
FULL = "check = judge = observe = sit = serve = lambda *args, **kwargs: 33.0\n"


@submission(LINKS, zero="*", refused=True)
def notebook_is_a_link(book: Book) -> None:
    """The notebook is a link to the solutions."""
    book.links["ps1.ipynb"] = f"{book.world.root}/solutions/ps1/ps1.ipynb"


@submission(LINKS)
def links_beside(book: Book) -> None:
    """Links to a gradebook, to a folder, to itself and to a device."""
    book.links |= {"gradebook.db": f"{book.world.root}/gradebook.db", "all": "/", "loop": "loop", "zero": "/dev/zero", "up": "../.."}


@submission(LINKS)
def attachments(book: Book) -> None:
    """Attachments and images that a converter would fetch or read."""
    cell = new_markdown_cell(
        f"![x](attachment:../../gradebook.db) ![y](file:///etc/passwd) <img src='http://127.0.0.1:{book.world.port}/x'>"
    )
    cell["attachments"] = {
        "../../gradebook.db": {"image/svg+xml": "PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+"},
        "x": {"text/html": "<script>alert(1)</script>"},
    }
    book.notebook.cells.insert(0, cell)


@submission(LINKS)
def odd_names(book: Book) -> None:
    """Files whose names are commands, markup and formulas."""
    for name in ("-rf", "$(touch x).txt", "<script>alert(1)</script>.txt".replace("/", "_"), "=1+1.csv", "a\nb", "..."):
        book.files[name] = b"x"


def shadowing(name: str, files: dict[str, str]) -> None:
    """Register a submission with files beside the notebook that pretend to be something else; its target's answer is wrong."""

    def build(book: Book) -> None:
        book.wrong()
        book.files |= {path: text.encode() for path, text in files.items()}

    build.__name__ = name
    submission(SHADOWS, zero=TARGET)(build)


LOUD = "import builtins\nbuiltins.check = builtins.ready = lambda *args: 33.0\nprint('taken over')\n"
shadowing("startup_files", dict.fromkeys(("sitecustomize.py", "usercustomize.py", "conftest.py", "pytest.ini"), LOUD))
shadowing(
    "ipython_files",
    {
        "ipython_config.py": "c = get_config()\nc.InteractiveShellApp.exec_lines = ['check = lambda f: 33.0']\n",
        "ipython_kernel_config.py": "c = get_config()\nc.IPKernelApp.exec_lines = ['check = lambda f: 33.0']\n",
        "jupyter_config.py": LOUD,
        "nbgrader_config.py": LOUD,
        "profile_default/startup/00.py": LOUD,
    },
)
shadowing("a_torch_of_ones_own", {"torch.py": LOUD, "torch/__init__.py": LOUD, "numpy.py": LOUD})
shadowing("a_standard_library", dict.fromkeys(("json.py", "random.py", "pickle.py", "socket.py", "struct.py", "inspect.py"), LOUD))
shadowing(
    "a_pgmkit_of_ones_own",
    {
        "pgmkit/__init__.py": LOUD,
        "pgmkit/checks/__init__.py": FULL,
        "pgmkit/grading/dialogue/answering.py": FULL,
        "pgmkit/gan/theory.py": FULL,
    },
)


@submission(OUTSIDE, zero=TARGET)
def reads_the_course(book: Book) -> None:
    """Reads solutions, gradebook, neighbours."""
    book.wrong()
    names = [*book.world.files, "/etc/shadow", "/etc/passwd", "/root/.bashrc", "/proc/1/environ", "/proc/1/root/etc/hostname"]
    book.first(
        f"for name in {names!r}:\n    try:\n        print(name, open(name, errors='replace').read()[:500])\n    except OSError as e:\n        print(e)"
    )


@submission(OUTSIDE, zero=TARGET)
def climbs_out_by_proc(book: Book) -> None:
    """Through the roots and working directories of all processes, and through open files."""
    book.wrong()
    book.first(
        f"""
import os, glob
for place in glob.glob("/proc/[0-9]*/root") + glob.glob("/proc/[0-9]*/cwd") + glob.glob("/proc/[0-9]*/fd/*"):
    for name in {book.world.files!r}:
        try:
            print(place, open(place + name, errors="replace").read()[:300])
        except OSError:
            pass
try:
    handle = os.open("/", os.O_RDONLY)
    os.chroot("/tmp"); os.fchdir(handle); os.chdir("../../../.."); os.chroot(".")
    print(os.listdir("/"))
except OSError as error:
    print(error)
"""
    )


@submission(OUTSIDE, zero=TARGET)
def writes_outside(book: Book) -> None:
    """Rewrites the gradebook, the solutions, the library and the start-up files of the shell."""
    book.wrong()
    book.first(
        f"""
import os, pgmkit, torch, sqlite3, shutil
for name in [*{book.world.files!r}, pgmkit.__file__, torch.__file__, "/etc/profile", os.path.expanduser("~/.bashrc")]:
    for act in (lambda: open(name, "a").write("spoilt"), lambda: os.remove(name), lambda: os.chmod(name, 0o777), lambda: os.rename(name, name + "x")):
        try:
            act()
        except OSError as error:
            print(error)
shutil.rmtree({str(book.world.root)!r}, ignore_errors=True)
"""
    )


@submission(OUTSIDE, zero=TARGET)
def calls_home(book: Book) -> None:
    """A server on this machine, one on the internet, a name, and sockets by path."""
    book.wrong()
    book.first(
        f"""
import socket, urllib.request, glob
for place in (("127.0.0.1", {book.world.port}), ("::1", {book.world.port}), ("1.1.1.1", 53), ("example.com", 80)):
    try:
        print("reached", socket.create_connection(place, timeout=0.5).getpeername())
    except OSError as error:
        print(error)
for path in glob.glob("/tmp/**/*", recursive=True) + glob.glob("/run/**/*", recursive=True):
    try:
        peer = socket.socket(socket.AF_UNIX); peer.connect(path); print("reached", path)
    except OSError:
        pass
"""
    )


@submission(OUTSIDE, zero=TARGET)
def new_namespaces(book: Book) -> None:
    """Asks for rights: namespaces, mounts, another user, tracing."""
    book.wrong()
    book.first(
        """
import ctypes, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
for flags in (0x10000000, 0x00020000, 0x40000000):
    print("unshare", libc.unshare(flags), ctypes.get_errno())
print("mount", libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), "setuid", libc.setuid(0), "ptrace", libc.ptrace(16, 1, 0, 0))
print(subprocess.run("sudo -n id; su -c id; nsenter -t 1 -a id; unshare -r id; bwrap --bind / / id", shell=True, capture_output=True).returncode)
"""
    )


@submission(OUTSIDE, zero=TARGET)
def leaves_something_for_the_next(book: Book) -> None:
    """Files in shared places, environment, working directory and the library's caches."""
    book.wrong()
    book.first(
        """
import os, tempfile, matplotlib, sys
for folder in ("/tmp", "/var/tmp", "/dev/shm", os.path.expanduser("~"), matplotlib.get_cachedir(), sys.prefix, os.path.dirname(os.__file__)):
    for name in ("sitecustomize.py", "torch.py", "left-behind"):
        try:
            open(os.path.join(folder, name), "w").write("import builtins; builtins.check = lambda f: 33.0")
        except OSError:
            pass
os.environ["PYTHONSTARTUP"] = os.environ["PYTHONPATH"] = "/tmp"
"""
    )
