"""Processes that end themselves, attack others, or try to stay."""

from bank.book import answered, beside

ENDS, STAYS = "violence", "daemons"
SEGFAULT = "import ctypes\nctypes.string_at(0)\n"

beside(ENDS, "exit_of_a_cell", "import os\nos._exit(0)\n")
beside(ENDS, "system_exit", "import sys\nexit()\nsys.exit(3)\n")
beside(ENDS, "segmentation_fault", SEGFAULT)
beside(ENDS, "aborts", "import os\nos.abort()\n")
answered(ENDS, "exit_of_an_answer", "import os\ndef js_divergence(p, q):\n    os._exit(0)\n")
answered(ENDS, "segmentation_fault_of_an_answer", "import ctypes\ndef js_divergence(p, q):\n    ctypes.string_at(0)\n")
answered(ENDS, "system_exit_of_an_answer", "import sys\ndef js_divergence(p, q):\n    sys.exit('4.0')\n")
answered(ENDS, "recursion", "def js_divergence(p, q):\n    return js_divergence(p, q)\n")
answered(
    ENDS,
    "recursion_without_limit",
    "import sys\nsys.setrecursionlimit(10**9)\ndef js_divergence(p, q):\n    return js_divergence(p, q) + 1\n",
    free="*",
)
answered(
    ENDS,
    "interrupt_of_an_answer",
    "def js_divergence(p, q):\n    raise KeyboardInterrupt\n",
)
beside(
    ENDS,
    "kills_everyone",
    """
import os, signal
for pid in [os.getppid(), 1, *(int(n) for n in os.listdir("/proc") if n.isdigit() and int(n) != os.getpid()), -1]:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError as error:
        print(pid, error)
""",
    free="*",
)
beside(
    ENDS,
    "stops_everyone",
    """
import os, signal
for act in (lambda: os.kill(os.getppid(), signal.SIGSTOP), lambda: os.kill(1, signal.SIGSTOP), lambda: os.killpg(0, signal.SIGSTOP)):
    try:
        act()
    except OSError as error:
        print(error)
""",
    free="*",
    timeout=4.0,
)
answered(
    ENDS,
    "kills_from_an_answer",
    """
import os, signal
def js_divergence(p, q):
    for pid in (os.getppid(), 1, -1):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
""",
    free="*",
)
beside(
    ENDS,
    "closes_all_files",
    "import os\nos.closerange(0, 1000)\n",
    free="*",
    timeout=4.0,
)
beside(
    ENDS,
    "shuts_the_kernel_down",
    "get_ipython().kernel.do_shutdown(False)\nget_ipython().ask_exit()\nimport asyncio\nasyncio.get_event_loop().stop()\n",
    free="*",
    timeout=4.0,
)

DAEMON = """
import os, time, sys, signal
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
"""
beside(STAYS, "double_fork", DAEMON)
beside(
    STAYS,
    "program_in_a_session_of_its_own",
    """
import subprocess, os
subprocess.Popen(["setsid", "nohup", "sleep", "1000"], env=os.environ | {"PGMKIT_MARK": "left"}, start_new_session=True)
subprocess.Popen("(sleep 1000 & disown) ; trap '' TERM HUP; sleep 1000 &", shell=True, env=os.environ | {"PGMKIT_MARK": "left"})
""",
)
answered(STAYS, "daemon_from_an_answer", DAEMON + "def js_divergence(p, q):\n" + "\n".join("    " + line for line in DAEMON.split("\n")))
beside(
    STAYS,
    "two_that_start_each_other",
    """
import os, time
def watch(other):
    while True:
        try:
            os.kill(other, 0)
        except OSError:
            break
        time.sleep(0.01)
    guard()
def guard():
    me = os.getpid()
    if os.fork() == 0:
        os.setsid()
        watch(me)
        os._exit(0)
if os.fork() == 0:
    guard()
    time.sleep(1000)
""",
)
beside(
    STAYS,
    "renamed_process",
    """
import ctypes, os, time
if os.fork() == 0:
    ctypes.CDLL(None).prctl(15, b"kworker/0:1", 0, 0, 0)
    os.setsid(); os.chdir("/"); os.closerange(0, 256)
    time.sleep(1000)
""",
)
beside(
    STAYS,
    "a_pool_of_workers",
    "import multiprocessing as mp, time\npool = mp.get_context('fork').Pool(4)\npool.map_async(time.sleep, [1000] * 4)\n",
)
