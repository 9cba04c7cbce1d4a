"""What a fresh fork does to itself before any student's code runs: it enters the cage, gives up its rights, and takes its limits."""

import ctypes
import fcntl
import os
import platform
import re
import resource
import struct
from collections.abc import Iterable
from contextlib import suppress

LIBC = ctypes.CDLL(None, use_errno=True)
NS_GET_USERNS = 0xB701
SPACES = ("mnt", "pid", "net", "ipc", "uts", "cgroup")
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 4, 22, 24, 38, 47
LAST_CAPABILITY = 63
PROCESSES, OPEN_FILES, LARGEST_FILE = 256, 256, 128 * 2**20
"""Limits of a cage: processes and threads (the watch kills a cage well below), open files of one process (pairs of them can wait for each
other, and how many such pairs a user may have is shared by all cages), bytes of one file."""
STACKS = 256 * 2**20
"""Bytes of addresses that the kernel's own threads take without using them."""
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""What the kernel calls a machine, and the column of `FORBIDDEN` that holds its call numbers."""
FORBIDDEN = {
    # name: number on x86_64, on aarch64; none of them is needed by a kernel, all of them help to get out or to hide memory
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "vmsplice": (278, 75),  # a page in a pipe keeps two megabytes that no process seems to hold
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "personality": (135, 92),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "pidfd_getfd": (438, 438),
    "clone3": (435, 435),  # its flags lie in memory, where a filter cannot read them; libc falls back to clone
}
CLONE = {"x86_64": 56, "aarch64": 220}
NEW_USER = 0x10000000
EPERM, ENOSYS = 1, 38


def checked(result: int, what: str) -> int:
    """The result of a call to libc, or OSError."""
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def enter(pid: int) -> None:
    """Join the namespaces of the process `pid`; the next fork is inside its pid namespace too."""
    spaces = {name: os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC) for name in SPACES}
    last = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    owner = fcntl.ioctl(spaces["mnt"], NS_GET_USERNS)
    users = [owner] if os.fstat(owner).st_ino == os.fstat(last).st_ino else [owner, last]
    checked(LIBC.setns(users[0], 0), "setns user")
    for name, fd in spaces.items():
        checked(LIBC.setns(fd, 0), f"setns {name}")
    for fd in users[1:]:
        checked(LIBC.setns(fd, 0), "setns user")
    for fd in [*spaces.values(), *{owner, last}]:
        os.close(fd)
    os.chdir("/")


def give_up_rights(user: int) -> None:
    """Become `user`: no capability now or later, no new one by running a program, and a filter over system calls."""
    for capability in range(LAST_CAPABILITY + 1):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    with suppress(PermissionError):
        os.setgroups([])  # only root has groups to lose here
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    LIBC.prctl(PR_CAP_AMBIENT, 4, 0, 0, 0)
    header, none = struct.pack("=Ii", 0x20080522, 0), bytes(24)
    checked(LIBC.capset(header, none), "capset")
    checked(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    checked(LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "dumpable")
    filter_calls()


def rule(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    """One instruction of the kernel's packet filter."""
    return struct.pack("=HBBI", code, yes, no, value)


def program(machine: str) -> bytes:
    """The filter: other machines' calls and the forbidden ones fail, and so does a clone into a new user namespace."""
    load, equal, is_set, ret = 0x20, 0x15, 0x45, 0x06
    allow, deny, absent = 0x7FFF0000, 0x00050000 | EPERM, 0x00050000 | ENOSYS
    audit, column = MACHINES[machine]
    lines = [rule(load, 4), rule(equal, audit, 1, 0), rule(ret, absent), rule(load, 0)]
    if machine == "x86_64":
        lines += [rule(0x35, 0x40000000, 0, 1), rule(ret, absent)]  # the x32 calls
    for name, numbers in FORBIDDEN.items():
        lines += [rule(equal, numbers[column], 0, 1), rule(ret, absent if name == "clone3" else deny)]
    lines += [rule(equal, CLONE[machine], 0, 3), rule(load, 16), rule(is_set, NEW_USER, 0, 1), rule(ret, deny), rule(ret, allow)]
    return b"".join(lines)


def filter_calls() -> None:
    """Install the filter; on a machine whose numbers we don't know the namespaces must do."""
    if platform.machine() not in MACHINES:
        return
    code = ctypes.create_string_buffer(program(platform.machine()))
    head = struct.pack("HL", (len(code) - 1) // 8, ctypes.addressof(code))
    checked(LIBC.prctl(PR_SET_SECCOMP, 2, ctypes.c_char_p(head), 0, 0), "seccomp")


def counts_by_cage() -> bool:
    """Whether the kernel counts the processes of a cage apart from all others of the same user: Linux 5.14 or newer."""
    return tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2]) >= (5, 14)


def take_limits(memory: int, seconds: float, caged: bool) -> None:
    """Limits of this process and of all that it starts: `memory` megabytes beyond what is mapped now, `seconds` of one processor."""
    with open("/proc/self/statm") as file:
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    space = mapped + memory * 2**20 + STACKS
    limits = {
        resource.RLIMIT_AS: space,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(seconds) + 1,
        resource.RLIMIT_FSIZE: LARGEST_FILE,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_STACK: 16 * 2**20,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 2**20,
        resource.RLIMIT_RTPRIO: 0,
        resource.RLIMIT_NICE: 0,
    }
    if caged and counts_by_cage():
        limits[resource.RLIMIT_NPROC] = PROCESSES
    for limit, value in limits.items():
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))


def keep_only(fds: Iterable[int]) -> None:
    """Close every open file but these and the three standard ones."""
    start = 3
    for fd in sorted({fd for fd in fds if fd > 2}):
        os.closerange(start, fd)
        start = fd + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 2**20 else 2**20)
