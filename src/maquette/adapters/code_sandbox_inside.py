"""Runs inside the child process of `code_sandbox`: builds the walls, then runs the code, then says how it ended.

It is started as text with ``python -I -S -c`` and may import nothing but the standard library.
"""

import ctypes
import errno
import json
import os
import resource
import signal
import struct
import sys
from typing import Any

READY = b"ready\n"
"""Written to the report before the code starts, when its time begins to run."""

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (
    0x0002_0000,
    0x0400_0000,
    0x0800_0000,
    0x1000_0000,
    0x2000_0000,
    0x4000_0000,
)
_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
_MNT_DETACH, _AT_FDCWD, _AT_RECURSIVE = 2, -100, 0x8000
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV = 1, 2, 4
_SYS_MOUNT_SETATTR = 442
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x2008_0522
# Calls that no answer needs: mounts, namespaces, looking into processes, keys, and doors to the kernel's younger parts.
# After the architecture's own number come mount, umount2, pivot_root, chroot, unshare, setns, ptrace, process_vm_readv,
# process_vm_writev, keyctl, add_key, request_key, bpf, perf_event_open, userfaultfd and kexec_load; clone is the last.
_FORBIDDEN = {
    "x86_64": (
        (0xC000_003E, 165, 166, 155, 161, 272, 308, 101, 310, 311, 250, 248, 249, 321, 298, 323, 246),
        56,
    ),
    "aarch64": (
        (0xC000_00B7, 40, 39, 41, 51, 97, 268, 117, 270, 271, 219, 217, 218, 280, 241, 282, 104),
        220,
    ),
}
_FORBIDDEN_EVERYWHERE = (*range(425, 434), _SYS_MOUNT_SETATTR)
"""io_uring, and the newer calls for mounts; the same numbers on all architectures."""
_SYS_CLONE3 = 435
_NEW_NAMESPACES = 0x7E02_0080
"""The flags of clone for all kinds of namespaces."""
_STRANGER = 1_000_000_000
"""Added to the process id it is a user that nobody is, so that the limit of processes counts this run's alone."""

_REFUSED = {
    errno.EAGAIN: "too many processes or threads",
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EROFS: "read-only files",
    errno.EFBIG: "a file too large",
    errno.ENOSPC: "the temporary folder is full",
    errno.EMFILE: "too many open files",
    errno.ENETUNREACH: "no network",
    errno.EADDRNOTAVAIL: "no network",
}


class Refused(PermissionError):
    """The guard's own refusal."""


def main() -> None:
    """Read the job from standard input, run it, and leave."""
    with os.fdopen(0, "rb") as stdin:
        job = json.loads(stdin.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    report = os.dup(1)
    os.dup2(2, 1)
    if job["isolate"]:
        try:
            _build_walls(job)
        except OSError as error:
            _say(report, job, "setup", str(error))
            os._exit(0)
    else:
        os.chdir(job["folder"])
    _limit(job)
    if not job["isolate"]:
        _guard(job)
    os.write(report, READY)
    outcome, detail = _run(job["code"])
    _say(report, job, outcome, detail)
    os._exit(0)


def _say(report: int, job: dict[str, Any], outcome: str, detail: str) -> None:
    line = json.dumps({"token": job["token"], "outcome": outcome, "detail": detail[:400]})
    os.write(report, line.encode() + b"\n")


def _run(code: str) -> tuple[str, str]:
    try:
        exec(compile(code, "answer.py", "exec"), {"__name__": "__main__"})  # noqa: S102  # what the sandbox is for
        sys.stdout.flush()
    except MemoryError:
        return "memory", "out of memory"
    except BaseException as error:  # an answer may raise anything, SystemExit included
        return _told(error)
    return "passed", ""


def _told(error: BaseException) -> tuple[str, str]:
    try:
        words = f"{type(error).__name__}: {error}"
    except BaseException:  # its text is the code's own, too
        words = type(error).__name__
    if isinstance(error, SystemExit):
        return "failed", "the code ended the program before its tests"
    if isinstance(error, Refused):
        return "refused", words
    if isinstance(error, OSError) and error.errno in _REFUSED:
        return "refused", f"{_REFUSED[error.errno]}: {words}"
    if isinstance(error, RuntimeError) and "can't start new thread" in words:
        return "refused", f"{_REFUSED[errno.EAGAIN]}: {words}"
    return "failed", words


def _limit(job: dict[str, Any]) -> None:
    limits = job["limits"]
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_AS, limits["memory_bytes"]),
    ):
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (least, least))
        except (ValueError, OSError):
            if job["isolate"]:
                raise  # where it is not supported, the guard and the clock remain


def _build_walls(job: dict[str, Any]) -> None:
    """Namespaces, a root of one's own, a first process that takes all others along, and no rights."""
    libc = ctypes.CDLL(None, use_errno=True)
    as_root = _unshare(libc)
    _own_root(libc, job)
    _fork_and_follow(lambda: _checked(libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)))
    _fork_and_follow(lambda: _drop_rights(libc, as_root=as_root))
    os.chdir("/sandbox")


def _unshare(libc: Any) -> bool:
    """Leave the machine's namespaces; whether that was as its root, without a user namespace."""
    user, group = os.getuid(), os.getgid()
    flags = _NEWNS | _NEWUTS | _NEWIPC | _NEWPID | _NEWNET
    if user == 0 and libc.unshare(flags) == 0:
        return True
    _checked(libc.unshare(flags | _NEWUSER))
    for name, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(line)
    return False


def _own_root(libc: Any, job: dict[str, Any]) -> None:
    new = job["folder"]
    _mount(libc, None, "/", None, _MS_REC | _MS_PRIVATE)
    size = f"size={job['limits']['file_bytes']},mode=755"
    _mount(libc, "tmpfs", new, "tmpfs", _MS_NOSUID | _MS_NODEV, size)
    for path in job["visible"]:
        _show(libc, path, new + path, _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV)
    for path in ("/dev/null", "/dev/zero", "/dev/urandom"):
        _show(libc, path, new + path, _ATTR_NOSUID)
    for name in ("sandbox", "tmp"):
        os.makedirs(f"{new}/{name}", exist_ok=True)
        os.chmod(f"{new}/{name}", 0o1777)  # noqa: S103  # in a memory that nobody else sees
    os.mkdir(f"{new}/old")
    _checked(libc.syscall(_SYS_PIVOT_ROOT.get(os.uname().machine, -1), new.encode(), f"{new}/old".encode()))
    os.chdir("/")
    _checked(libc.umount2(b"/old", _MNT_DETACH))
    os.rmdir("/old")


def _show(libc: Any, path: str, at: str, attributes: int) -> None:
    """The file or folder at ``path`` also at ``at``; a link is made again."""
    os.makedirs(os.path.dirname(at), exist_ok=True)
    if os.path.lexists(at):
        return
    if os.path.islink(path):
        os.symlink(os.readlink(path), at)
        return
    if os.path.isdir(path):
        os.mkdir(at)
    else:
        os.close(os.open(at, os.O_CREAT | os.O_WRONLY, 0o644))
    _mount(libc, path, at, None, _MS_BIND | _MS_REC)
    wanted = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    _checked(
        libc.syscall(
            _SYS_MOUNT_SETATTR, _AT_FDCWD, at.encode(), _AT_RECURSIVE, ctypes.byref(wanted), ctypes.sizeof(wanted)
        )
    )


def _mount(libc: Any, source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind, data)]
    _checked(libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]))


def _fork_and_follow(begin: Any) -> None:
    """Go on as a child; this process waits for it, and ends as it ends."""
    child = os.fork()
    if child == 0:
        begin()
        return
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _drop_rights(libc: Any, *, as_root: bool) -> None:
    if as_root:
        stranger = _STRANGER + os.getppid() + int.from_bytes(os.urandom(3), "big")
        os.setgroups([])
        os.setresgid(stranger, stranger, stranger)
        os.setresuid(stranger, stranger, stranger)
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _checked(libc.capset(ctypes.byref(header), ctypes.byref(nothing)))
    _forbid(libc)


def _forbid(libc: Any) -> None:
    """A seccomp filter, so that nobody builds namespaces of his own in here, where he would have rights again."""
    (architecture, *numbers), clone = _FORBIDDEN[os.uname().machine]
    load, equal, at_least, any_bit, leave = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, refuse, unknown = 0x7FFF_0000, 0x0005_0000 | errno.EPERM, 0x0005_0000 | errno.ENOSYS
    # Each line: operation, lines to skip if true, if false, operand. At 4 stands the architecture, at 0 the number of
    # the call, at 16 its first argument.
    lines = [(load, 0, 0, 4), (equal, 1, 0, architecture), (leave, 0, 0, refuse), (load, 0, 0, 0)]
    lines += [(at_least, 0, 1, 0x4000_0000), (leave, 0, 0, refuse)]
    for number in (*numbers, *_FORBIDDEN_EVERYWHERE):
        lines += [(equal, 0, 1, number), (leave, 0, 0, refuse)]
    # The C library makes do with clone where clone3 is unknown; that one hides its flags from a filter.
    lines += [(equal, 0, 1, _SYS_CLONE3), (leave, 0, 0, unknown)]
    lines += [(equal, 0, 3, clone), (load, 0, 0, 16), (any_bit, 0, 1, _NEW_NAMESPACES), (leave, 0, 0, refuse)]
    lines += [(leave, 0, 0, allow)]
    program = b"".join(struct.pack("=HBBI", *line) for line in lines)
    held = ctypes.create_string_buffer(program, len(program))
    whole = ctypes.create_string_buffer(struct.pack("@HP", len(lines), ctypes.addressof(held)))
    _checked(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(whole), 0, 0))


def _checked(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


_NEVER = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.startfile",
    "os.putenv",
    "os.setxattr",
    "ctypes.",
    "signal.pthread_kill",
    "urllib.",
)
_OF_PATHS = (
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.chmod",
    "os.chown",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.utime",
    "os.chdir",
    "os.listdir",
    "os.scandir",
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _guard(job: dict[str, Any]) -> None:
    """Refuse what Python tells of: sockets, processes, and files outside the folder and Python's own."""
    own = os.path.realpath(job["folder"])
    readable = (own, *map(os.path.realpath, job["visible"]), "/dev/null", "/dev/urandom")
    realpath, fsdecode = os.path.realpath, os.fsdecode

    def inside(path: object, folders: tuple[str, ...]) -> bool:
        if isinstance(path, int) or path is None:
            return True
        found = realpath(fsdecode(path))  # type: ignore[arg-type]  # what is no path raises, and is refused
        return any(found == folder or found.startswith(folder + os.sep) for folder in folders)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_NEVER):
            raise Refused(f"{event} is not allowed")
        if event == "open":
            path, _, flags = arguments
            writes = isinstance(flags, int) and flags & _WRITES
            if not inside(path, (own,) if writes else readable):
                raise Refused("a file outside the temporary folder")
        elif event in _OF_PATHS:
            paths = arguments[:2] if event in {"os.rename", "os.link", "os.symlink"} else arguments[:1]
            reads = event in {"os.listdir", "os.scandir"}
            if not all(inside(path, readable if reads else (own,)) for path in paths):
                raise Refused("a file outside the temporary folder")

    sys.addaudithook(hook)


if __name__ == "__main__":
    main()
