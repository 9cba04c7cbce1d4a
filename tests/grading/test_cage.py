"""The cage itself, without any judge: what code in it sees, what it can reach, and what is left when it is gone."""

import os
import platform
import socket
import stat
import struct
import time
from pathlib import Path

import psutil
import pytest

from pgmkit.grading.caged import cage, confine
from pgmkit.grading.caged.parents import warm_parent
from pgmkit.grading.caged.session import MOST_OUTPUT, KernelGone, Session, finish
from pgmkit.grading.units import Job, Settings

pytestmark = [pytest.mark.xdist_group("cage"), pytest.mark.cage]
SETTINGS = Settings(seed=1, timeout=2, memory=600)
JOB = Job("ps1", "ada", None, {"helper.py": b"a = 1", "torch.py": b"raise SystemExit('shadowed')", "sub/data.txt": b"seven"})


def said(*codes, settings=SETTINGS, job=JOB):
    """What each piece of code printed in one kernel; errors as their class."""

    async def run():
        async with Session(warm_parent("ps1"), job, settings, 2) as session:
            return [await session.run(code, settings.timeout) for code in codes]

    return ["".join(o.get("text", o.get("ename", "")) for o in ran.outputs) or ran.stopped for ran in finish(run())]


def listed(path):
    return f"import os\nprint(os.path.exists({str(path)!r}) and (os.path.isdir({str(path)!r}) and sorted(os.listdir({str(path)!r}))))"


def test_code_runs_and_keeps_its_state_between_cells():
    assert said("x = 20", "print(x + 1)") == ["", "21\n"]


def test_files_handed_in_are_there_and_shadow_no_library():
    code = "import helper, torch, os\nprint(helper.a, torch.ones(2).sum().item(), open('sub/data.txt').read(), os.getcwd())"
    assert said(code) == ["1 2.0 seven /student\n"]


def test_only_the_system_and_the_libraries_are_visible():
    root = Path(__file__).parents[2]
    (seen,) = said("import os\nprint(sorted(os.listdir('/')), sorted(os.listdir('/etc')), os.path.exists('/home'))")
    assert "student" in seen and "False" in seen and "passwd" not in seen and "shadow" not in seen
    assert said(listed("/usr/src"), listed("/usr/local/share")) == ["False\n", "False\n"]
    for hidden in ("solutions", "gradebook.db", "tests", "pgmkit", ".git", ".grading", ".venv/jupyter"):
        assert said(listed(root / hidden)) == ["False\n"], hidden
    assert said(listed(Path.home() / ".ssh")) == ["False\n"]


def test_no_installed_pgmkit_is_visible_by_any_way(tmp_path, monkeypatch):
    real, other, nothing = tmp_path / "real" / "lib", tmp_path / "other", tmp_path / "nothing"
    for folder in (real / "site-packages" / "pgmkit", other / "pgmkit", nothing):
        folder.mkdir(parents=True)
        (folder / "answers.py").write_text("the answers")
    (tmp_path / "real" / "lib64").symlink_to("lib")  # as in a virtual environment
    (tmp_path / "linked").symlink_to("real")  # as one that is reached through a link
    ways = [tmp_path / "real" / "lib", tmp_path / "real" / "lib64", tmp_path / "linked" / "lib"]
    monkeypatch.setattr(cage, "LIBRARY", real / "site-packages" / "pgmkit")
    monkeypatch.setattr(cage, "visible", lambda: ["/usr", *map(str, ways), str(other)])
    monkeypatch.syspath_prepend(other)  # a second copy, which this process did not import
    made = cage.open_cage(nothing, nothing)
    try:
        seen = [
            os.listdir(f"/proc/{made.pid}/root{folder}")
            for folder in (*(way / "site-packages" / "pgmkit" for way in ways), other / "pgmkit")
        ]
    finally:
        made.close()
    assert seen == [[], [], [], []]


def test_the_environment_is_empty_of_ours(monkeypatch):
    monkeypatch.setenv("PGMKIT_CANARY", "secret-environment")
    (seen,) = said("import os\nprint(dict(os.environ), open('/proc/self/environ').read(), open('/proc/1/environ').read())")
    assert "secret-environment" not in seen and "TOKEN" not in seen


WRITES = ["/usr/x", "/x", "/dev/x", "/etc/x", "/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern"]


@pytest.mark.parametrize("path", WRITES)
def test_nothing_outside_the_home_can_be_written(path):
    assert said(f"open({path!r}, 'w').write('x')")[0] in {"OSError", "PermissionError", "FileNotFoundError"}


def test_the_library_cannot_be_written():
    assert said("import pgmkit\nopen(pgmkit.__file__, 'a').write('x')")[0] in {"OSError", "PermissionError"}


def test_there_is_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert said(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)") == ["ConnectionRefusedError"]
    assert said("import socket\nsocket.create_connection(('192.0.2.1', 80), 1)") == ["OSError"]


def test_other_processes_are_out_of_sight_and_out_of_reach():
    (seen,) = said("import os\nprint(len([p for p in os.listdir('/proc') if p.isdigit()]))")
    assert int(seen) < 8
    assert said("import os\nos.kill(4000000, 0)") == ["ProcessLookupError"]
    assert said("import os\nos.kill(1, 9)")[0] in {"", "PermissionError"}


def test_no_right_is_left():
    (seen,) = said("print([line for line in open('/proc/self/status') if line.startswith(('Cap', 'NoNew', 'Seccomp:'))])")
    assert seen.count("0000000000000000") == 5 and "NoNewPrivs:\\t1" in seen and "Seccomp:\\t2" in seen
    assert (
        said("import os\nos.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))", "import os\nos.nice(-1)") == ["PermissionError"] * 2
    )


LIBC = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint({call}, ctypes.get_errno())"
FORBIDDEN = {
    "unshare": "libc.unshare(0x10000000)",
    "clone": f"libc.syscall({confine.CLONE.get(platform.machine(), 56)}, 0x10000000 | 17, 0, 0, 0, 0)",
    "ptrace": "libc.ptrace(0, 0, 0, 0)",
    "mount": "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "vmsplice": f"libc.syscall({confine.FORBIDDEN['vmsplice'][platform.machine() == 'aarch64']}, 1, None, 0, 0)",
}


@pytest.mark.parametrize("call", FORBIDDEN)
def test_calls_that_lead_out_are_refused(call):
    assert said(LIBC.format(call=FORBIDDEN[call])) == ["-1 1\n"]


def test_the_filter_ends_in_allow_and_every_jump_stays_inside():
    for machine in confine.MACHINES:
        code = confine.program(machine)
        lines = [struct.unpack_from("=HBBI", code, i) for i in range(0, len(code), 8)]
        assert lines[-1] == (0x06, 0, 0, 0x7FFF0000)
        assert [i for i, (_, yes, no, _) in enumerate(lines) if i + 1 + max(yes, no) > len(lines) - 1] == [len(lines) - 1]
        assert len(lines) < 4096


def test_figures_come_out_as_pictures():
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"

    async def run():
        async with Session(warm_parent("ps1"), JOB, SETTINGS, 1) as session:
            return await session.run(code, 10)

    assert any("image/png" in output.get("data", {}) for output in finish(run()).outputs)


def test_exit_and_shell_lines_do_no_harm():
    assert said("exit()", "print('here')", "!echo hello\nprint('there')") == ["", "here\n", "there\n"]


def test_forks_that_share_their_memory_are_counted_once():
    code = "import os, time, torch\nx = torch.ones(100_000_000)\nfor i in range(4):\n    if os.fork() == 0:\n        time.sleep(5)\n        os._exit(0)\ntime.sleep(1)\nprint('alive')"
    assert said(code, settings=Settings(seed=1, timeout=15, memory=600)) == ["alive\n"]


GREEDY = {
    "disk": "f = open('/tmp/big', 'wb')\nwhile True: f.write(bytes(10**6))",
    "home": "f = open('big', 'wb')\nwhile True: f.write(bytes(10**6))",
    "shared memory": "f = open('/dev/shm/big', 'wb')\nwhile True: f.write(bytes(10**6))",
    "hidden memory": "import os\nos.memfd_create('x')",
    "memory": "x = []\nwhile True: x.append(bytearray(50_000_000))",
    "a tensor": "import torch\ntorch.ones(300_000_000)",
    "one long line": "print('x' * 10**9)",
}


@pytest.mark.parametrize("what", GREEDY)
def test_greed_ends_in_an_error_and_the_kernel_lives(what):
    came, alive = said(GREEDY[what], "print('alive')", settings=Settings(seed=1, timeout=15, memory=600))
    assert came in {"OSError", "PermissionError", "MemoryError", "RuntimeError"} and alive == "alive\n"


ENDS = {
    "exits": ("import os\nos._exit(3)", "status 3"),
    "segmentation fault": ("import ctypes\nctypes.string_at(0)", "signal 11"),
    "kills all it can": ("import os\nos.kill(0, 9)", "signal 9"),
    "stops itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "could not be interrupted"),
    "ignores the interrupt": ("import signal\nsignal.signal(2, signal.SIG_IGN)\nwhile True: pass", "could not be interrupted"),
    "forks without end": ("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", "at once|could not be interrupted"),
    "hoards in many processes": (
        "import os, time\nfor i in range(6):\n    if os.fork() == 0:\n        b = bytearray(200_000_000)\n"
        "        b[::4096] = bytes(len(b[::4096]))\n        time.sleep(100)\ntime.sleep(20)",
        "MB of memory",
    ),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_kernel_that_ends_is_told_why_and_nothing_is_left(how):
    code, why = ENDS[how]
    children = {p.pid for p in psutil.Process().children(recursive=True)}
    settings = Settings(seed=1, timeout=20 if "MB" in why else 1, memory=400)
    with pytest.raises(KernelGone, match=why):
        said(code, settings=settings)
    assert {p.pid for p in psutil.Process().children(recursive=True)} <= children | {warm_parent("ps1").process.pid}


def test_daemons_die_with_the_cage():
    mark = "sleep 98765"
    said(
        f"import subprocess, os\nif os.fork() == 0:\n    os.setsid()\n    subprocess.Popen({mark.split()!r})\n    os._exit(0)",
        "import time\ntime.sleep(0.3)",
    )
    assert not [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == mark.split()]


def test_a_fork_leaves_nothing_for_the_next_one():
    first = "import torch, builtins, sys\ntorch.marker = 1\nbuiltins.marker = 1\nsys.modules['evil'] = torch\nopen('/tmp/marker', 'w').write('x')"
    second = "import torch, builtins, sys, os\nprint(hasattr(torch, 'marker'), hasattr(builtins, 'marker'), 'evil' in sys.modules, os.path.exists('/tmp/marker'))"
    said(first)
    assert said(second) == ["False False False False\n"]
    assert said("import torch, random\nprint(torch.rand(1), random.random())") == said(
        "import torch, random\nprint(torch.rand(1), random.random())"
    )


def test_no_exam_was_ever_in_the_parents_memory():
    code = (
        "import sys, gc\n"
        "print([m for m in sys.modules if m.startswith(('pgmkit.checks', 'pgmkit.course', 'pgmkit.labs', 'nbgrader'))])\n"
        "print([o.__name__ for o in gc.get_objects() if type(o).__name__ == 'Exam'])"
    )
    (seen,) = said(code)
    assert "judge" not in seen and "nbgrader" not in seen and "course" not in seen and seen.endswith("[]\n")


def test_an_endless_writer_is_cut_off():
    start = time.monotonic()
    try:
        came, alive = said("while True: print('x' * 1000)", "print('alive')")
        assert "alive" in alive and len(came) < 2 * MOST_OUTPUT
    except KernelGone as gone:
        assert "more than" in str(gone)
    assert time.monotonic() - start < 30


def test_one_endless_line_is_cut():
    came, alive = said("print('x' * 300_000_000)", "print('alive')", settings=Settings(seed=1, timeout=15, memory=600))
    assert came.strip().endswith("cut off") and len(came) < 2 * 10**6 and alive == "alive\n"


def test_without_bubblewrap_the_error_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(cage.CageUnavailable, match="apt-get install bubblewrap"):
        cage.open_cage(tmp_path, tmp_path)


def test_where_user_namespaces_are_closed_the_error_says_what_to_do(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(cage.CageUnavailable, match=r"No permissions.*unprivileged_userns_clone.*--no-cage"):
        cage.open_cage(tmp_path, tmp_path)
    assert "No permissions" in cage.probe()


def test_the_cage_works_here():
    assert cage.probe() == ""
