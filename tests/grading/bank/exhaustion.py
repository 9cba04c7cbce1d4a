"""Loops, memory, processes, disks and output without end. What is right beside them keeps its points."""

from bank.book import answered, beside

LOOPS, MEMORY, OUTPUT = "loops", "memory", "output"
SHORT = 3.0

answered(LOOPS, "endless_answer", "def js_divergence(p, q):\n    while True:\n        pass\n", timeout=SHORT)
answered(
    LOOPS,
    "endless_answer_that_catches_all",
    """
import signal, sys
def js_divergence(p, q):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
""",
    timeout=SHORT,
)
answered(LOOPS, "sleeping_answer", "import time\ndef js_divergence(p, q):\n    time.sleep(10**6)\n", timeout=SHORT)
answered(LOOPS, "native_number", "def js_divergence(p, q):\n    return 10**10**8\n", timeout=SHORT)
answered(LOOPS, "native_expression", "import re\ndef js_divergence(p, q):\n    return re.match('(a+)+b', 'a' * 60)\n", timeout=SHORT)
answered(LOOPS, "stops_itself", "import os, signal\ndef js_divergence(p, q):\n    os.kill(os.getpid(), signal.SIGSTOP)\n", timeout=SHORT)
beside(LOOPS, "endless_cell", "while True:\n    pass\n", timeout=SHORT)
beside(
    LOOPS,
    "endless_cell_that_catches_all",
    "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass\n",
    timeout=SHORT,
)
beside(LOOPS, "native_loop_in_a_cell", "import re\nre.match('(a+)+b', 'a' * 60)\n", timeout=SHORT)
beside(
    LOOPS,
    "endless_thread",
    "import threading\ndef spin():\n    while True:\n        pass\nthreading.Thread(target=spin).start()\n",
    timeout=5.0,
)
beside(
    LOOPS,
    "interrupts_ignored_in_a_cell",
    "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(10**6)\n",
    timeout=SHORT,
)
beside(
    LOOPS,
    "waits_for_input",
    "try:\n    input('your name? ')\nexcept Exception as error:\n    print(type(error).__name__)\nimport getpass\ngetpass.getpass()\n",
    timeout=SHORT,
)

answered(MEMORY, "memory_in_an_answer", "def js_divergence(p, q):\n    return torch.ones(10**11, dtype=torch.float64)\n")
answered(
    MEMORY, "memory_in_small_pieces", "def js_divergence(p, q):\n    kept = []\n    while True:\n        kept.append(bytearray(10**7))\n"
)
beside(MEMORY, "memory_in_a_cell", "kept = [bytearray(10**8) for _ in range(10**4)]\n")
beside(MEMORY, "a_huge_list_caught", "try:\n    kept = ['x' * 10**7 for _ in range(10**5)]\nexcept MemoryError:\n    kept = None\n")
beside(
    MEMORY,
    "fork_bomb",
    "import os\nfor _ in range(12):\n    try:\n        os.fork()\n    except OSError:\n        pass\n",
    free="*",
    timeout=5.0,
)
beside(
    LOOPS,
    "many_busy_forks",
    "import os\nfor _ in range(80):\n    if os.fork() == 0:\n        os.setsid()\n        while True:\n            pass\n",
    timeout=5.0,
)
beside(
    MEMORY,
    "shell_bomb",
    "import subprocess\nsubprocess.Popen('b(){ b|b& };b', shell=True, executable='/bin/bash')\n",
    free="*",
    timeout=5.0,
)
beside(
    MEMORY,
    "thread_bomb",
    "import threading, time\nfor _ in range(5000):\n    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n",
    free="*",
    timeout=5.0,
)
DISK = """
import os
for folder in ("/tmp", os.path.expanduser("~"), "/dev/shm", os.getcwd()):
    try:
        with open(os.path.join(folder, "full"), "wb") as file:
            for _ in range(10**4):
                file.write(bytes(10**7))
    except OSError as error:
        print(folder, error)
"""
beside(MEMORY, "disks_filled", DISK)
beside(
    MEMORY,
    "memory_files",
    """
import os, mmap
try:
    file = os.memfd_create("full")
    for _ in range(10**4):
        os.write(file, bytes(10**7))
except OSError as error:
    print(error)
""",
)
beside(MEMORY, "many_files", "import os\nfor i in range(10**5):\n    open(f'/tmp/{i}', 'w').close()\n", free="*")
beside(MEMORY, "open_files", "import os\nkept = [os.dup(0) for _ in range(10**5)]\n", free="*")

beside(
    MEMORY,
    "memory_of_sockets",
    """
import socket
kept = []
while len(kept) < 400:
    kept.append(socket.socketpair())
    for end in kept[-1]:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
        end.setblocking(False)
        try:
            while True:
                end.send(bytes(2**16))
        except BlockingIOError:
            pass
""",
)
beside(
    MEMORY,
    "a_million_empty_files",
    "import os\nfor folder in ('/tmp', '/dev/shm', os.path.expanduser('~')):\n"
    "    for i in range(400_000):\n        os.mknod(f'{folder}/{i}')\n",
)
beside(OUTPUT, "endless_printing", "while True:\n    print('x' * 1000)\n", timeout=5.0)
beside(OUTPUT, "one_long_line", "print('x' * 500_000_000)\n")
beside(OUTPUT, "many_lines", "for i in range(300_000):\n    print(i)\n")
beside(OUTPUT, "many_displays", "from IPython.display import display\nfor i in range(20_000):\n    display(i)\n", timeout=5.0)
beside(
    OUTPUT,
    "comm_messages",
    """
from ipykernel.comm import Comm
for i in range(2000):
    Comm(target_name="jupyter.widget", data={"state": {"x": "y" * 1000}})
get_ipython().kernel.session.send(get_ipython().kernel.iopub_socket, "no_such_message", {"a": [[[]]]})
""",
)
beside(
    OUTPUT,
    "messages_that_are_none",
    """
socket = get_ipython().kernel.iopub_socket
socket.send_multipart([b"x"]); socket.send_multipart([b"<IDS|MSG>", b"", b"{", b"}", b"\\xff", b"[]"])
""",
    free="*",
)
beside(
    OUTPUT,
    "a_message_of_endless_parts",
    """
import time, zmq
thread, part = get_ipython().kernel.iopub_socket.io_thread, zmq.Frame(bytes(2**24 - 100))
def endless():
    for _ in range(400):
        thread.socket.send(part, zmq.SNDMORE, copy=False)
thread.schedule(endless)
time.sleep(8)
""",
)
beside(
    OUTPUT,
    "large_pictures",
    "import matplotlib.pyplot as plt\nfig = plt.figure(figsize=(100, 100), dpi=100)\nplt.plot([1, 2])\nplt.show()\n",
)
answered(OUTPUT, "endless_printing_in_an_answer", "def js_divergence(p, q):\n    while True:\n        print('x' * 10**6)\n", timeout=SHORT)
answered(OUTPUT, "a_huge_message", "def js_divergence(p, q):\n    raise ValueError('x' * 10**8)\n")
answered(OUTPUT, "a_huge_result", "def js_divergence(p, q):\n    return torch.zeros(10**7, dtype=torch.float64)\n")
answered(OUTPUT, "a_deep_result", "def js_divergence(p, q):\n    x = []\n    for _ in range(10**5):\n        x = [x]\n    return x\n")
answered(
    OUTPUT,
    "a_wide_result",
    "def js_divergence(p, q):\n    return {str(i): ['x' * 100] * 100 for i in range(10**4)}\n",
)
answered(OUTPUT, "a_result_that_holds_itself", "def js_divergence(p, q):\n    x = {}\n    x['x'] = [x, x]\n    return x\n")
