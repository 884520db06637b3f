"""The machines that a project says it has: its answers as accelerators of the catalog, or why none can be named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from maquette.catalog.hardware import Accelerator
from maquette.foundation.expression import Facts, FactValue

_CLOSE = Decimal("0.1")
"""How far the answered memory may be from the data sheet's: people say 192 GB of what is sold as 180."""

_ACCELERATORS: Mapping[str, tuple[str, ...]] = {
    generation: tuple(names.split(", "))
    for generation, names in {
        "turing": "T4, RTX 2080 Ti",
        "ampere": "A100-SXM 80GB, A100-PCIe 80GB, A100-SXM 40GB, A100-PCIe 40GB, A10, A10G, A30, A40, RTX A6000, "
        "RTX 3090, RTX 3090 Ti, RTX 3080, RTX 3080 Ti, RTX 3060, RTX 3070",
        "ada": "L40S, L4, L40, RTX 4090, RTX 6000 Ada, RTX 5000 Ada, RTX 4000 Ada, RTX 4080, RTX 4080 Super, "
        "RTX 4070 Ti Super, RTX 4060 Ti 16GB, RTX 4070, RTX 4070 Ti",
        "hopper": "H100-SXM 80GB, H100-PCIe 80GB, H100 NVL 94GB, H200-SXM 141GB, H200 NVL 141GB, H20, GH200 96GB, "
        "GH200 144GB",
        "blackwell": "B200-SXM 180GB, B300-SXM, RTX PRO 6000 Blackwell Server, RTX PRO 6000 Blackwell Workstation, "
        "RTX 5090, RTX 5080, RTX 5070 Ti",
        "amd": "MI300X, MI325X, MI350X, MI355X, MI250X, MI210, RX 7900 XTX",
    }.items()
}
"""What the question's generations stand for, servers' accelerators before desktops'."""

_SHARED = ((Decimal(32), "Apple M4"), (Decimal(64), "Apple M4 Pro"), (Decimal(128), "Apple M4 Max"))
_SHARED_MORE = "Apple M3 Ultra"
"""The chip that is sold with so much memory at the most, in GB (apple.com/mac, technical specifications)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnMachines:
    """Accelerators that cost no rent.

    Attributes:
        accelerator: Without prices.
        owned: How many there are.
        assumed: How the answers became this accelerator, a sentence.
    """

    accelerator: Accelerator
    owned: int
    assumed: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UnknownMachines:
    """Accelerators that are owned and cannot be reckoned with; ``reason`` is a sentence that says what to answer."""

    owned: int
    reason: str


def own_gpus(facts: Facts, known: Sequence[Accelerator]) -> OwnMachines | UnknownMachines | None:
    """The GPUs that the answers say are there; None where there are none."""
    owned = int(_number(facts.get("infra.gpu_available")) or 0)
    if owned < 1:
        return None
    memory, generation = _number(facts.get("infra.gpu_vram_gb")), facts.get("infra.gpu_arch")
    if not memory:
        return UnknownMachines(owned=owned, reason="infra.gpu_vram_gb has no answer, so your GPUs are not sized")
    if generation == "apple":
        return _shared(memory, known, owned)
    names = _ACCELERATORS.get(str(generation))
    if names is None:
        said = "has no answer" if generation in (None, "none") else f"is {generation}, of which the catalog has none"
        return UnknownMachines(owned=owned, reason=f"infra.gpu_arch {said}, so your GPUs are not sized")
    near = _nearest([one for name in names for one in known if one.name == name], memory)
    if not near:
        reason = f"no {generation} accelerator of the catalog has {memory.normalize():f} GB, so your GPUs are not sized"
        return UnknownMachines(owned=owned, reason=reason)
    others = f"; {', '.join(one.name for one in near[1:3])} would fit the answers too" if near[1:] else ""
    assumed = f"your {owned} GPUs are {near[0].name} (infra.gpu_arch, infra.gpu_vram_gb){others}"
    return OwnMachines(accelerator=replace(near[0], prices=()), owned=owned, assumed=assumed)


def device(facts: Facts, known: Sequence[Accelerator]) -> OwnMachines | None:
    """The device that the system runs on, imagined with the memory that the answers give it; None where there is none.

    Nobody asks how fast its memory is: it is taken to be a chip that shares it, as those are sold with so much.
    """
    memory = _number(facts.get("infra.device_ram_gb"))
    found = _shared(memory, known, 1) if memory else None
    return found if isinstance(found, OwnMachines) else None


def _shared(memory: Decimal, known: Sequence[Accelerator], owned: int) -> OwnMachines | UnknownMachines:
    name = next((name for most, name in _SHARED if memory <= most), _SHARED_MORE)
    chip = next((one for one in known if one.name == name), None)
    if chip is None:
        return UnknownMachines(
            owned=owned, reason=f"the catalog has no {name} any more, so your machines are not sized"
        )
    size = f"{memory.normalize():f} GB"
    machine = replace(chip, memory_gb=memory, prices=())
    assumed = f"a device whose models get {size} is as fast as an {name} (nobody asks for its bandwidth)"
    return OwnMachines(accelerator=machine, owned=owned, assumed=assumed)


def _nearest(named: Sequence[Accelerator], memory: Decimal) -> list[Accelerator]:
    """Those that are as near to the memory as the nearest one, in their order."""
    away = {one.name: abs(one.memory_gb - memory) for one in named if one.memory_gb is not None}
    least = min(away.values(), default=None)
    if least is None or least > _CLOSE * memory:
        return []
    return [one for one in named if away.get(one.name) == least]


def _number(value: FactValue | None) -> Decimal | None:
    return None if value is None or isinstance(value, bool | str | tuple) else Decimal(str(value))
