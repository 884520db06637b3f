"""A machine to run models on, real or imagined: cores, memory, accelerators; and how people write one down."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maquette.catalog.hardware import Accelerator, Host
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd, readable_count
from maquette.foundation.wording import listed, shown, suggestion

METAL_SHARE = Decimal("0.75")
"""The part of a Mac's memory that Metal lets a model use, unless its owner raised it: an estimate."""

IMAGINED = Source(kind=SourceKind.ASSUMED, ref="a machine that the user imagines")

_EXAMPLES = "Write for example '2x L40S', '8xH100 + 128 cores 1024 GiB', '1x M4 Max 64GB' or '16 cores 64 GiB'."
_CORES = re.compile(r"(?<![\w.])(\d{1,6})[ -]?(?:v?cpus?|v?cores?|threads?)\b", re.IGNORECASE)
_MEMORY = re.compile(r"(?<![\w.])(\d{1,6}(?:\.\d{1,3})?) ?([MGT])i?B?\b(?: ?(?:ram|memory))?", re.IGNORECASE)
_COUNTED = re.compile(r"(\d{1,4}) ?[x\u00d7*] ?(?=\D)(.+)|(.+?) [x\u00d7*] ?(\d{1,4})", re.IGNORECASE)
_MAKERS = re.compile(r"\b(nvidia|amd|apple|geforce|instinct|tesla|quadro)\b", re.IGNORECASE)
_MOST_ACCELERATORS = 1024
_GIB_OF = {"g": Decimal(1), "t": Decimal(1024)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """Accelerators of one kind in a machine.

    Attributes:
        memory_gib: Of each one: what the driver measures, else the data sheet's figure; None when nobody says.
        estimated: Whether the memory is a share of the machine's own, which is an estimate.
    """

    accelerator: Accelerator
    count: int
    memory_gib: Decimal | None
    estimated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """One machine.

    Attributes:
        cores: That a program may use: limits of a container are taken off.
        memory_gib: Main memory that a program may use, limits of a container taken off.
        simulated: Whether somebody imagines it.
    """

    name: str
    cores: int | None
    memory_gib: Decimal | None
    accelerators: tuple[Fitted, ...]
    simulated: bool
    source: Source

    def __str__(self) -> str:
        """As `parse_machine` reads it."""
        parts = [f"{fitted.count}x {fitted.accelerator.name}" for fitted in self.accelerators]
        own = [] if self.cores is None else [f"{self.cores} cores"]
        own += [] if self.memory_gib is None else [f"{_plain(self.memory_gib)} GiB"]
        return " + ".join([*parts, " ".join(own)] if own else parts)

    @property
    def accelerator_count(self) -> int:
        """All accelerators together."""
        return sum(fitted.count for fitted in self.accelerators)

    @property
    def accelerator_memory_gib(self) -> Decimal | None:
        """The memory of all accelerators together; None when one's is unknown, zero without any."""
        sizes = [None if part.memory_gib is None else part.memory_gib * part.count for part in self.accelerators]
        return sum((size for size in sizes if size is not None), Decimal(0)) if None not in sizes else None


@dataclass(frozen=True, kw_only=True, slots=True)
class MachinePrice:
    """What a machine like this one costs to rent; ``missing`` names what has no price, and then the sum is None."""

    usd_per_hour: Usd | None
    parts: tuple[tuple[str, Source], ...]
    missing: tuple[str, ...]


def cheapest_price(machine: Machine, hosts: Iterable[Host]) -> MachinePrice:
    """The cheapest on-demand price for the machine's accelerators; without any, of a host that is large enough."""
    if not machine.accelerators:
        enough = [host for host in hosts if _fits(host, machine)]
        host = min(enough, key=lambda one: one.usd_per_hour, default=None)
        if host is None:
            return MachinePrice(usd_per_hour=None, parts=(), missing=(str(machine),))
        return MachinePrice(usd_per_hour=host.usd_per_hour, parts=((host.name, host.source),), missing=())
    total, parts, missing = Usd(0), [], []
    for fitted in machine.accelerators:
        rental = fitted.accelerator.cheapest(fitted.count)
        if rental is None:
            missing.append(fitted.accelerator.name)
            continue
        total += rental.usd_per_hour
        parts.append((f"{rental.instances}x {rental.price.provider} {rental.price.instance}", rental.price.source))
    return MachinePrice(usd_per_hour=None if missing else total, parts=tuple(parts), missing=tuple(missing))


def parse_machine(text: str, known: Sequence[Accelerator]) -> Machine:
    """The machine that ``text`` describes, such as "2x L40S + 32 cores 256 GiB".

    Letter case, spaces and the names of makers do not matter. GB of main memory are read as GiB, as they are sold.

    Raises:
        InvalidInput: It names an accelerator that nobody knows, several that it may mean, or nothing at all.
    """
    found: dict[str, Fitted] = {}
    cores: int | None = None
    memory: Decimal | None = None
    for part in (piece.strip() for piece in re.split(r"[+,;]| and ", text)):
        rest, part_cores, part_memory = _resources(part, known)
        if (cores is not None and part_cores is not None) or (memory is not None and part_memory is not None):
            raise _unreadable(text, "cores or memory are given twice")
        cores, memory = part_cores if cores is None else cores, part_memory if memory is None else memory
        if rest:
            fitted = _fitted(rest, known)
            name = fitted.accelerator.name
            if name in found:
                raise _unreadable(text, f"{name} is given twice")
            found[name] = fitted
    if not found and cores is None and memory is None:
        raise _unreadable(text, "it names neither accelerators nor cores nor memory")
    shared = tuple(with_shared_memory(fitted, memory) for fitted in found.values())
    machine = Machine(name="", cores=cores, memory_gib=memory, accelerators=shared, simulated=True, source=IMAGINED)
    return _named(machine)


def with_shared_memory(fitted: Fitted, memory_gib: Decimal | None) -> Fitted:
    """For a chip that shares the machine's memory: the part of it that Metal lets a model use, an estimate."""
    if not fitted.accelerator.unified_memory or memory_gib is None:
        return fitted
    share = memory_gib * METAL_SHARE
    return Fitted(accelerator=fitted.accelerator, count=fitted.count, memory_gib=share, estimated=True)


def find_accelerator(name: str, known: Sequence[Accelerator]) -> Accelerator | None:
    """The accelerator of that name or alias; makers' names, letter case, spaces and hyphens do not matter."""
    return _by_name(known).get(_key(name))


def named_accelerator(name: str, known: Sequence[Accelerator]) -> Accelerator:
    """The accelerator that a user means by ``name``.

    Raises:
        InvalidInput: None is called so; the message names the nearest one, or those that it may mean.
    """
    exact = find_accelerator(name, known)
    if exact is not None:
        return exact
    key = _key(name)
    starting = [one.name for one in known if key and _key(one.name).startswith(key)]
    if starting:
        raise InvalidInput(
            f"{shown(name)} may mean {listed(starting)}", place=Place(field="machine"), fix="Write the whole name."
        )
    spellings = (spelling for one in known for spelling in (one.name, *one.aliases))
    near = suggestion(name, spellings) or f"Known are {listed(one.name for one in known)}."
    raise InvalidInput(f"no accelerator is called {shown(name)}", place=Place(field="machine"), fix=near)


def _resources(part: str, known: Sequence[Accelerator]) -> tuple[str, int | None, Decimal | None]:
    """What is left of ``part`` without its cores and its main memory, those two."""
    cores_found = _CORES.search(part)
    rest = _CORES.sub(" ", part, count=1) if cores_found else part
    counted = _COUNTED.fullmatch(" ".join(rest.split()))
    name = (counted[2] or counted[3]) if counted else rest
    memory_found = None if find_accelerator(name, known) else _MEMORY.search(rest)
    memory = None
    if memory_found:
        unit = memory_found[2].lower()
        if unit not in _GIB_OF:
            raise _unreadable(part, "memory in MB is too little to run a model")
        memory = Decimal(memory_found[1]) * _GIB_OF[unit]
        left = " ".join(f"{rest[: memory_found.start()]} {rest[memory_found.end() :]}".split())
        _same_memory(left, memory, known)
        rest = left
    cores = int(cores_found[1]) if cores_found else None
    if cores == 0 or memory == 0:
        raise _unreadable(part, "zero is no number of cores and no size of memory")
    return " ".join(rest.split()), cores, memory


def _same_memory(left: str, memory: Decimal, known: Sequence[Accelerator]) -> None:
    """Memory behind an accelerator that has its own is a mistake: nobody says "L40S 64 GB" of the main memory."""
    if not left:
        return
    counted = _COUNTED.fullmatch(left)
    one = named_accelerator((counted[2] or counted[3]) if counted else left, known)
    if not one.unified_memory:
        has = "an unknown size" if one.memory_gb is None else f"{_plain(one.memory_gb)} GB"
        raise InvalidInput(
            f"{one.name} has {has} of memory, not {_plain(memory)} GB",
            place=Place(field="machine"),
            fix=f"Write main memory behind a plus sign: '1x {one.name} + {_plain(memory)} GiB'.",
        )


def _fitted(text: str, known: Sequence[Accelerator]) -> Fitted:
    counted = _COUNTED.fullmatch(text)
    name, number = ((counted[2] or counted[3]), int(counted[1] or counted[4])) if counted else (text, 1)
    if not 1 <= number <= _MOST_ACCELERATORS:
        raise _unreadable(text, f"a machine has 1 to {_MOST_ACCELERATORS} accelerators")
    one = named_accelerator(name, known)
    if one.unified_memory and number > 1:
        raise _unreadable(text, f"{one.name} is a whole machine, which has one of it")
    return Fitted(accelerator=one, count=number, memory_gib=one.memory_gb)


def _by_name(known: Sequence[Accelerator]) -> Mapping[str, Accelerator]:
    names = {_key(alias): one for one in known for alias in one.aliases}
    return {**names, **{_key(one.name): one for one in known}}


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", "", _MAKERS.sub("", name)).casefold()


def _named(machine: Machine) -> Machine:
    return Machine(
        name=str(machine),
        cores=machine.cores,
        memory_gib=machine.memory_gib,
        accelerators=machine.accelerators,
        simulated=machine.simulated,
        source=machine.source,
    )


def _fits(host: Host, machine: Machine) -> bool:
    return host.vcpus >= (machine.cores or 0) and host.memory_gib >= (machine.memory_gib or 0)


def _plain(number: Decimal) -> str:
    return readable_count(number).replace(",", "")


def _unreadable(text: str, why: str) -> InvalidInput:
    return InvalidInput(f"{shown(text)} is no machine: {why}", place=Place(field="machine"), fix=_EXAMPLES)
