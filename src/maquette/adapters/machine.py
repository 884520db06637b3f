"""What this machine has: cores and memory under a container's limits, accelerators, keys by name, engines, tools.

No value of a key is read out. What is not there is reported with the reason; nothing here fails for want of a driver.
"""

import os
import platform
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from maquette.catalog.hardware import Accelerator
from maquette.catalog.machines import METAL_SHARE, Fitted, Machine, find_accelerator, with_shared_memory
from maquette.foundation.sources import Source, SourceKind

KEYS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "MISTRAL_API_KEY",
    "AZURE_API_KEY",
    "OPENROUTER_API_KEY",
)
_GIB = 2**30
_UNLIMITED_BYTES = 2**60
_CENT = Decimal("0.01")
_LONGEST_NAME = 80
_AMD_VENDOR = "0x1002"
_SYSCTL_S = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One thing that was looked for; ``fix`` says how to get it."""

    what: str
    found: bool
    detail: str
    fix: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """This machine, and what was looked for to learn it."""

    machine: Machine
    findings: tuple[Found, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Device:
    name: str
    memory_bytes: int | None


def look_around(known: Sequence[Accelerator] = ()) -> tuple[Found, ...]:
    """Everything that Maquette can use, found or not; accelerators are matched to the ``known`` ones."""
    python = Found(what="python", found=True, detail=platform.python_version())
    return (*this_machine(known).findings, python, *_engines(), *_extras(), *_keys(), *_tools())


def this_machine(known: Sequence[Accelerator] = (), root: Path = Path("/")) -> Seen:
    """The machine that this runs on: what a program here may use, which in a container is less than the host has.

    Args:
        known: Accelerators of the catalog, matched by the name that the driver says.
        root: Where ``proc`` and ``sys`` are.
    """
    cores, quota = _cores(), cpu_quota(root)
    memory, limit = _memory_bytes(), memory_limit(root)
    usable = min((size for size in (memory, limit) if size is not None), default=None)
    devices, accelerator_findings = _accelerators(root)
    memory_gib = None if usable is None else (Decimal(usable) / _GIB).quantize(_CENT)
    machine = Machine(
        name="this machine",
        cores=cores if quota is None else max(1, min(cores, int(quota))),
        memory_gib=memory_gib,
        accelerators=tuple(with_shared_memory(fitted, memory_gib) for fitted in _fitted(devices, known)),
        simulated=False,
        source=Source(kind=SourceKind.MEASURED, ref="this machine", as_of=datetime.now(tz=UTC).date()),
    )
    size = "" if memory is None else f", {memory / _GIB:.1f} GiB"
    whole = Found(what="machine", found=True, detail=f"{cores} cores{size}, {platform.system()} {platform.machine()}")
    return Seen(machine=machine, findings=(whole, _limits(quota, limit), *accelerator_findings))


def cpu_quota(root: Path) -> Decimal | None:
    """The cores that the control group allows, such as 1.5; None without a limit."""
    quotas = []
    for folder in _groups(root, "cpu"):
        words = (_read(folder / "cpu.max") or "").split()
        if not words:
            words = [_read(folder / "cpu.cfs_quota_us") or "", _read(folder / "cpu.cfs_period_us") or ""]
        if len(words) == 2 and all(word.isascii() and word.isdigit() for word in words) and int(words[1]):
            quotas.append(Decimal(words[0]) / Decimal(words[1]))
    return min((quota for quota in quotas if quota > 0), default=None)


def memory_limit(root: Path) -> int | None:
    """The bytes of memory that the control group allows; None without a limit."""
    limits = []
    for folder in _groups(root, "memory"):
        word = _read(folder / "memory.max") or _read(folder / "memory.limit_in_bytes") or ""
        if word.isascii() and word.isdigit() and 0 < int(word) < _UNLIMITED_BYTES:
            limits.append(int(word))
    return min(limits, default=None)


def amd_devices(root: Path) -> tuple[_Device, ...]:
    """AMD's accelerators as the kernel driver (amdgpu) lists them."""
    found = []
    for card in sorted((root / "sys/class/drm").glob("card[0-9]*")):
        device = card / "device"
        size = _read(device / "mem_info_vram_total") or ""
        if "-" in card.name or _read(device / "vendor") != _AMD_VENDOR or not size.isdigit():
            continue
        name = _read(device / "product_name") or f"AMD device {_read(device / 'device') or 'of unknown kind'}"
        found.append(_Device(name=_clean(name), memory_bytes=int(size)))
    return tuple(found)


def nvidia_devices(nvml: Any) -> tuple[_Device, ...]:
    """NVIDIA's accelerators as the driver lists them.

    Args:
        nvml: The module ``pynvml``.

    Raises:
        NVMLError: There is no driver, or it is broken.
    """
    nvml.nvmlInit()
    try:
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        return tuple(_nvidia_device(nvml, handle) for handle in handles)
    finally:
        with suppress(nvml.NVMLError):
            nvml.nvmlShutdown()


def _nvidia_device(nvml: Any, handle: Any) -> _Device:
    name = nvml.nvmlDeviceGetName(handle)
    text = name.decode(errors="replace") if isinstance(name, bytes) else str(name)
    memory = None
    with suppress(nvml.NVMLError):  # chips that share the machine's memory have none of their own to report
        memory = int(nvml.nvmlDeviceGetMemoryInfo(handle).total)
    return _Device(name=_clean(text), memory_bytes=memory)


def free_accelerator_bytes(root: Path = Path("/")) -> tuple[int, ...]:
    """Free memory of each accelerator that a program of this process may use; empty without one.

    NVIDIA's by its driver and ``CUDA_VISIBLE_DEVICES``, else AMD's by the kernel driver, else what Metal lets a model
    use of the memory that is there, an estimate. A device that does not tell is left out.
    """
    if found := _free_nvidia():
        return found
    if found := tuple(_free_amd(root)):
        return found
    memory = _memory_bytes() if _metal()[0] else None
    return () if memory is None else (int(memory * METAL_SHARE),)


def _free_nvidia() -> tuple[int, ...]:
    try:
        nvml: Any = import_module("pynvml")
    except ImportError:
        return ()
    try:
        nvml.nvmlInit()
        devices = [index for index in range(nvml.nvmlDeviceGetCount()) if _visible(index)]
        return tuple(
            int(nvml.nvmlDeviceGetMemoryInfo(nvml.nvmlDeviceGetHandleByIndex(index)).free) for index in devices
        )
    except (nvml.NVMLError, OSError):
        return ()
    finally:
        with suppress(nvml.NVMLError, OSError):
            nvml.nvmlShutdown()


def _visible(index: int) -> bool:
    """Whether the environment leaves the device to this process; names other than numbers are not looked up."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    return chosen is None or str(index) in [part.strip() for part in chosen.split(",")]


def _free_amd(root: Path) -> Iterator[int]:
    for card in sorted((root / "sys/class/drm").glob("card[0-9]*")):
        total, used = (_read(card / "device" / f"mem_info_vram_{part}") or "" for part in ("total", "used"))
        if "-" not in card.name and total.isdigit() and used.isdigit():
            yield max(0, int(total) - int(used))


def _accelerators(root: Path) -> tuple[tuple[_Device, ...], tuple[Found, ...]]:
    devices: list[_Device] = []
    findings = []
    for what, look in (("NVIDIA GPUs", _nvidia), ("AMD GPUs", lambda: (amd_devices(root), "", "")), ("Metal", _metal)):
        found, reason, fix = look()
        devices.extend(found)
        names = Counter(device.name for device in found)
        detail = ", ".join(f"{count}x {name}" for name, count in names.items()) or reason
        if found or reason:
            findings.append(Found(what=what, found=bool(found), detail=detail, fix=fix))
    return tuple(devices), tuple(findings)


def _nvidia() -> tuple[tuple[_Device, ...], str, str]:
    """The devices, or why there are none and what to do."""
    try:
        nvml: Any = import_module("pynvml")
    except ImportError:
        fix = "pip install 'maquette[gpu]' (only to have NVIDIA GPUs found)"
        return (), "the package nvidia-ml-py, which asks the driver, is not installed", fix
    try:
        return nvidia_devices(nvml), "the driver lists no GPU", ""
    except nvml.NVMLError_LibraryNotFound:
        return (), "there is no NVIDIA driver", "needed only for models on an NVIDIA GPU of this machine"
    except (nvml.NVMLError, OSError) as error:
        return (), f"the NVIDIA driver does not work: {_clean(str(error))}", "Check what nvidia-smi says."


def _metal() -> tuple[tuple[_Device, ...], str, str]:
    if platform.system() != "Darwin" or platform.machine() != "arm64":
        return (), "", ""
    name = _sysctl("machdep.cpu.brand_string")
    return ((_Device(name=_clean(name), memory_bytes=None),) if name else (), "sysctl does not name the chip", "")


def _fitted(devices: Iterable[_Device], known: Sequence[Accelerator]) -> Iterator[Fitted]:
    """The devices by kind, in the catalog's words where it knows them."""
    for device, count in Counter(devices).items():
        memory = None if device.memory_bytes is None else (Decimal(device.memory_bytes) / _GIB).quantize(_CENT)
        unknown = Accelerator(
            name=device.name, source=Source(kind=SourceKind.MEASURED, ref="the name that this machine's driver says")
        )
        one = find_accelerator(device.name, known) or unknown
        yield Fitted(accelerator=one, count=count, memory_gib=memory)


def _limits(quota: Decimal | None, limit: int | None) -> Found:
    parts = [] if quota is None else [f"{quota.normalize():f} cores"]
    parts += [] if limit is None else [f"{limit / _GIB:.1f} GiB"]
    return Found(what="container limits", found=bool(parts), detail=", ".join(parts) or "none, or not readable")


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's control group and of all above it, whose limits hold as well (v2 and v1)."""
    for line in (_read(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers and controller not in controllers.split(","):
            continue
        mount = root / "sys/fs/cgroup" / (controller if controllers else "")
        parts = [part for part in path.split("/") if part not in {"", ".", ".."}]
        for length in range(len(parts), -1, -1):
            yield mount.joinpath(*parts[:length])


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory_bytes() -> int | None:
    if platform.system() == "Darwin":
        size = _sysctl("hw.memsize")
        return int(size) if size.isdigit() else None
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _sysctl(name: str) -> str:
    try:
        return subprocess.run(  # noqa: S603  # arguments of our own
            ["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, timeout=_SYSCTL_S, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _clean(name: str) -> str:
    return "".join(char for char in name if char.isprintable())[:_LONGEST_NAME].strip() or "without a name"


def _engines() -> Iterator[Found]:
    for module, package, extra in (
        ("llama_cpp", "llama-cpp-python", "local"),
        ("xllamacpp", "xllamacpp", "local-prebuilt"),
    ):
        yield _package(package, module, f"pip install 'maquette[{extra}]'")


def _extras() -> Iterator[Found]:
    for module, package in (("litellm", "litellm"), ("textual", "textual"), ("duckdb", "duckdb")):
        yield _package(package, module, "pip install maquette")
    for module, package in (("jupyterlab", "jupyterlab"), ("ipywidgets", "ipywidgets")):
        yield _package(package, module, "pip install 'maquette[notebook]'")


def _package(package: str, module: str, fix: str) -> Found:
    if find_spec(module) is None:
        return Found(what=package, found=False, detail="", fix=fix)
    try:
        return Found(what=package, found=True, detail=version(package))
    except PackageNotFoundError:
        return Found(what=package, found=True, detail="version unknown")


def _keys() -> Iterator[Found]:
    for name in KEYS:
        is_set = bool(os.environ.get(name))
        yield Found(
            what=name,
            found=is_set,
            detail="set" if is_set else "",
            fix=f"export {name}=... (only to use that provider)",
        )


def _tools() -> Iterator[Found]:
    for tool in ("docker", "kubectl", "nvidia-smi"):
        path = shutil.which(tool)
        yield Found(what=tool, found=path is not None, detail="", fix="needed only for checks of a bundle that use it")
