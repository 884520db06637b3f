"""What this machine has: keys by name, engines, notebook parts, tools and cores. No value of a key is read out."""

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

KEYS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "MISTRAL_API_KEY",
    "AZURE_API_KEY",
    "OPENROUTER_API_KEY",
)
_GIB = 2**30


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One thing that was looked for; ``fix`` says how to get it."""

    what: str
    found: bool
    detail: str
    fix: str = ""


def look_around() -> tuple[Found, ...]:
    """Everything that Maquette can use, found or not."""
    return (*_machine(), *_engines(), *_extras(), *_keys(), *_tools())


def _machine() -> Iterator[Found]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / _GIB:.1f} GiB"
    yield Found(what="machine", found=True, detail=f"{cores} cores{memory}, {platform.system()} {platform.machine()}")
    yield Found(what="python", found=True, detail=platform.python_version())


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
