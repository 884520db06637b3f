"""This machine: limits of a container count, devices have the names of the catalog, a missing driver is told."""

import os
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from maquette.adapters import machine as module
from maquette.adapters.hardware_files import load_accelerators
from maquette.adapters.machine import Found, amd_devices, cpu_quota, look_around, memory_limit, this_machine

GIB = 2**30


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def test_a_containers_quota_and_memory_count_wherever_in_the_tree_they_are_set(tmp_path: Path) -> None:
    root = written(
        tmp_path,
        {
            "proc/self/cgroup": "0::/pod/box",
            "sys/fs/cgroup/pod/box/cpu.max": "max 100000",
            "sys/fs/cgroup/pod/cpu.max": "150000 100000",
            "sys/fs/cgroup/pod/box/memory.max": str(4 * GIB),
            "sys/fs/cgroup/pod/memory.max": "max",
        },
    )
    assert cpu_quota(root) == Decimal("1.5")
    assert memory_limit(root) == 4 * GIB


def test_the_older_control_groups_count_too(tmp_path: Path) -> None:
    root = written(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/docker/1\n3:cpu,cpuacct:/docker/1\n1:name=systemd:/",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": str(2 * GIB),
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
        },
    )
    assert (cpu_quota(root), memory_limit(root)) == (Decimal(2), 2 * GIB)


@pytest.mark.parametrize("files", [{}, {"proc/self/cgroup": "nonsense"}, {"proc/self/cgroup": "0::/../../etc"}])
def test_without_readable_limits_there_are_none(tmp_path: Path, files: dict[str, str]) -> None:
    root = written(tmp_path, files)
    assert (cpu_quota(root), memory_limit(root)) == (None, None)
    seen = this_machine((), root)
    assert seen.machine.cores == len(os.sched_getaffinity(0))
    assert Found(what="container limits", found=False, detail="none, or not readable") in seen.findings


def test_a_limit_below_the_machines_own_is_what_a_program_may_use(tmp_path: Path) -> None:
    limits = {"sys/fs/cgroup/cpu.max": "50000 100000", "sys/fs/cgroup/memory.max": str(GIB // 2)}
    seen = this_machine((), written(tmp_path, {"proc/self/cgroup": "0::/", **limits}))
    assert (seen.machine.cores, seen.machine.memory_gib) == (1, Decimal("0.50"))
    assert not seen.machine.simulated
    assert Found(what="container limits", found=True, detail="0.5 cores, 0.5 GiB") in seen.findings


def test_amd_devices_are_read_from_the_kernel_and_display_outputs_are_not_taken_for_devices(tmp_path: Path) -> None:
    card = "sys/class/drm/card0/device"
    root = written(
        tmp_path,
        {
            f"{card}/vendor": "0x1002",
            f"{card}/mem_info_vram_total": str(192 * GIB),
            f"{card}/product_name": "AMD Instinct MI300X OAM",
            "sys/class/drm/card0-DP-1/device/vendor": "0x1002",
            "sys/class/drm/card0-DP-1/device/mem_info_vram_total": "1",
            "sys/class/drm/card1/device/vendor": "0x10de",
            "sys/class/drm/card1/device/mem_info_vram_total": "1",
        },
    )
    assert [device.name for device in amd_devices(root)] == ["AMD Instinct MI300X OAM"]
    (fitted,) = this_machine(load_accelerators(), root).machine.accelerators
    assert (fitted.accelerator.name, fitted.count, fitted.memory_gib) == ("MI300X", 1, Decimal("192.00"))


class _NvmlError(Exception):
    pass


class _NoLibraryError(_NvmlError):
    pass


def driver(devices: list[tuple[str | bytes, int | None]], broken: Exception | None = None) -> Any:
    """Stands in for a driver with these devices, which no machine of the tests has."""

    def start() -> None:
        if broken is not None:
            raise broken

    def memory(index: int) -> SimpleNamespace:
        total = devices[index][1]
        if total is None:
            raise _NvmlError("Not Supported")
        return SimpleNamespace(total=total)

    return SimpleNamespace(
        NVMLError=_NvmlError,
        NVMLError_LibraryNotFound=_NoLibraryError,
        nvmlInit=start,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetCount=lambda: len(devices),
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda index: devices[index][0],
        nvmlDeviceGetMemoryInfo=memory,
    )


def with_driver(monkeypatch: pytest.MonkeyPatch, nvml: Any) -> None:
    monkeypatch.setattr(module, "import_module", lambda _: nvml)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("NVIDIA H200", "H200-SXM 141GB"),
        ("NVIDIA H200 NVL", "H200 NVL 141GB"),
        ("NVIDIA H800 NVL", "NVIDIA H800 NVL"),
        ("NVIDIA H100 80GB HBM3", "H100-SXM 80GB"),
        ("NVIDIA H100 NVL", "H100 NVL 94GB"),
        ("NVIDIA A100-SXM4-80GB", "A100-SXM 80GB"),
        ("NVIDIA A100-PCIE-40GB", "A100-PCIe 40GB"),
        (b"Tesla T4", "T4"),
        ("NVIDIA L40S", "L40S"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "RTX PRO 6000 Blackwell Server"),
        ("\x1b[2Jodd", "[2Jodd"),
    ],
)
def test_a_device_is_matched_by_its_name_and_otherwise_keeps_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str | bytes, meant: str
) -> None:
    with_driver(monkeypatch, driver([(said, 143771 * 2**20), (said, 143771 * 2**20)]))
    seen = this_machine(load_accelerators(), tmp_path)
    (fitted,) = seen.machine.accelerators
    assert (fitted.accelerator.name, fitted.count, fitted.memory_gib) == (meant, 2, Decimal("140.40"))
    assert any(one.what == "NVIDIA GPUs" and one.found and one.detail.startswith("2x ") for one in seen.findings)


def test_a_chip_that_reports_no_memory_is_there_with_unknown_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_driver(monkeypatch, driver([("NVIDIA GB10", None)]))
    (fitted,) = this_machine((), tmp_path).machine.accelerators
    assert fitted.memory_gib is None


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (_NoLibraryError("x"), "there is no NVIDIA driver"),
        (_NvmlError("Driver/library version mismatch"), "does not work: Driver/library version mismatch"),
        (OSError("cannot map"), "does not work: cannot map"),
    ],
)
def test_a_missing_or_broken_driver_means_no_gpu_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: Exception, told: str
) -> None:
    with_driver(monkeypatch, driver([], broken))
    seen = this_machine((), tmp_path)
    assert seen.machine.accelerators == ()
    (finding,) = (one for one in seen.findings if one.what == "NVIDIA GPUs")
    assert told in finding.detail
    assert finding.fix


def test_without_the_package_the_reason_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(_: str) -> Any:
        raise ImportError

    monkeypatch.setattr(module, "import_module", missing)
    (finding,) = (one for one in this_machine((), tmp_path).findings if one.what == "NVIDIA GPUs")
    assert "maquette[gpu]" in finding.fix


def test_a_mac_is_named_by_its_chip_and_lends_three_quarters_of_its_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = {"machdep.cpu.brand_string": "Apple M4 Max", "hw.memsize": str(64 * GIB)}
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    monkeypatch.setattr(module, "_sysctl", said.__getitem__)
    seen = this_machine(load_accelerators(), tmp_path)
    (chip,) = seen.machine.accelerators
    assert (chip.accelerator.name, chip.memory_gib, chip.estimated) == ("Apple M4 Max", Decimal("48.0000"), True)
    assert seen.machine.memory_gib == Decimal("64.00")


def test_looking_around_says_what_this_machine_really_has() -> None:
    findings = {found.what: found for found in look_around(load_accelerators())}
    assert findings["machine"].found
    assert {"container limits", "NVIDIA GPUs", "python", "docker"} <= findings.keys()
