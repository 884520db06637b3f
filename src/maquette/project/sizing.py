"""The machines that a project's own open models would take: rented, owned, and on the device that its answers name."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from maquette.capacity.candidates import candidate_setups
from maquette.capacity.setup import Engine, Setup
from maquette.capacity.sizing import Demand, Predict, Room, Sized, Sizing, size, size_one
from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.hardware import Accelerator
from maquette.foundation.expression import Facts
from maquette.foundation.problems import Problem
from maquette.foundation.units import readable_count
from maquette.project.demand import AskedLoad
from maquette.project.own_machines import OwnMachines, UnknownMachines, device, own_gpus

MOST_MODELS = 5
"""So many models of the shortlist are sized while none is chosen."""

LITTLE = 0.2
"""One replica that is busy for less of a day is too little for machines of one's own, as in rule R-SELF-04."""

_SECONDS_A_DAY = 86_400

DEVICE_FORMAT = "Q4_K_M"
"""What a device's model is quantised to: the usual file for llama.cpp."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Capacity:
    """What a sizing needs from outside: the accelerators, and predictions drawn by what the project measured.

    Attributes:
        key: Changes with any of it.
    """

    accelerators: tuple[Accelerator, ...]
    predict: Predict
    room: Room
    key: Hashable


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnSizing:
    """A model on the machines that are there already; ``sized`` is None where they cannot bear it, for ``reason``."""

    machines: OwnMachines
    sized: Sized | None
    reason: str = ""

    @property
    def enough(self) -> bool:
        """Whether all replicas and spares find room."""
        return self.sized is not None and self.sized.gpus <= self.machines.owned


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSizing:
    """One open model.

    Attributes:
        rented: Every accelerator of the catalog, the cheapest first.
        own: On the project's GPUs; None where it has none.
        device: One user on the device, by llama.cpp; None where the answers name none.
        notes: What else a reader must know, a sentence each.
    """

    card: ModelCard
    rented: Sizing
    own: OwnSizing | None = None
    device: OwnSizing | None = None
    notes: tuple[str, ...] = ()

    @property
    def best(self) -> Sized | None:
        """What the settings come from: the device, then own machines that suffice, then the cheapest rent."""
        if self.device is not None and self.device.sized is not None:
            return self.device.sized
        if self.own is not None and self.own.enough:
            return self.own.sized
        return next(iter(self.rented.options), None)

    @property
    def out(self) -> tuple[tuple[str, int, Setup], ...]:
        """Why setups cannot bear the load: the reason, for how many it holds, and one of them; the commonest first."""
        found: dict[str, list[Setup]] = {}
        for one in self.rented.unsuited:
            found.setdefault(one.reason.partition(":")[0], []).append(one.setup)
        ordered = sorted(found.items(), key=lambda pair: -len(pair[1]))
        return tuple((reason, len(setups), setups[0]) for reason, setups in ordered)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectSizing:
    """The load, what it rests on, and every model that was sized.

    Attributes:
        chosen: Whether these models are the project's choice; else they lead its shortlist.
        assumed: What stands in for answers, a sentence each.
        notes: What holds for all models.
    """

    load: Demand
    chosen: bool
    models: tuple[ModelSizing, ...]
    assumed: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def model(self, model_id: str) -> ModelSizing | None:
        """The sizing of one model; None when it was not sized."""
        return next((one for one in self.models if one.card.id == model_id), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """The models to size: those that are chosen, or those that lead the shortlist; and what is said about that."""

    cards: tuple[ModelCard, ...]
    chosen: bool
    notes: tuple[str, ...]


def wanted_models(chosen: Sequence[ModelCard], candidates: Callable[[], Sequence[ModelCard]]) -> Wanted:
    """The chosen models whose weights are open; else the first of ``candidates`` that are, at most five.

    Args:
        chosen: All that are chosen.
        candidates: The shortlist, best first; it is asked only while no open model is chosen.
    """
    closed = [card.id for card in chosen if card.weights is None]
    own = tuple(card for card in chosen if card.weights is not None)
    notes = [f"{name} is not sized: nobody states its weights" for name in closed]
    if own:
        return Wanted(cards=own, chosen=True, notes=tuple(notes))
    open_ones = [card for card in candidates() if card.weights is not None]
    first = tuple(open_ones[:MOST_MODELS])
    if not first:
        notes.append("no model of the shortlist has weights to serve, so there is nothing to size")
    elif len(open_ones) > len(first):
        notes.append(f"no open model is chosen: the first {len(first)} of {len(open_ones)} of the shortlist are sized")
    else:
        notes.append("no open model is chosen: those of the shortlist are sized")
    return Wanted(cards=first, chosen=False, notes=tuple(notes))


def size_project(asked: AskedLoad, wanted: Wanted, facts: Facts, capacity: Capacity) -> ProjectSizing:
    """Every wanted model on rented accelerators, and on the machines that the answers name."""
    gpus, own_device = own_gpus(facts, capacity.accelerators), device(facts, capacity.accelerators)
    named = [one for one in (gpus, own_device) if isinstance(one, OwnMachines)]
    notes = [*wanted.notes, *_about(asked.demand, facts)]
    if isinstance(gpus, UnknownMachines):
        notes.append(gpus.reason)
    per_day = facts.get("scale.requests_per_day")
    mean = float(per_day) / _SECONDS_A_DAY if isinstance(per_day, int | float | Decimal) else None
    rentable = replace(capacity, accelerators=tuple(one for one in capacity.accelerators if not one.unified_memory))
    found = (_model(asked.demand, card, gpus, own_device, rentable) for card in wanted.cards)
    return ProjectSizing(
        load=asked.demand,
        chosen=wanted.chosen,
        models=tuple(replace(one, notes=tuple(_model_notes(mean, one))) for one in found),
        assumed=(*asked.assumed, *(one.assumed for one in named)),
        notes=tuple(notes),
    )


def _about(load: Demand, facts: Facts) -> list[str]:
    notes = []
    if load.rate_per_s <= 0:
        notes.append("nobody asks anything (scale.requests_per_day): one replica is the least that there is")
    if facts.get("data.residency") == "on_prem_only":
        notes.append("the data stay on the premises: a rent only tells what such a machine is worth")
    return notes


def _model(
    load: Demand,
    card: ModelCard,
    gpus: OwnMachines | UnknownMachines | None,
    own_device: OwnMachines | None,
    capacity: Capacity,
) -> ModelSizing:
    rented = size(
        load,
        candidate_setups(card, capacity.accelerators, engine=_engine(card)),
        predict=capacity.predict,
        room=capacity.room,
    )
    return ModelSizing(
        card=card,
        rented=rented,
        own=_on_own(load, card, gpus, capacity) if isinstance(gpus, OwnMachines) else None,
        device=_on_device(load, card, own_device, capacity) if own_device is not None else None,
    )


def _on_own(load: Demand, card: ModelCard, machines: OwnMachines, capacity: Capacity) -> OwnSizing:
    setups = candidate_setups(card, [machines.accelerator], engine=_engine(card))
    found = size(load, setups, predict=capacity.predict, room=capacity.room)
    if found.options:
        return OwnSizing(machines=machines, sized=found.options[0])
    return OwnSizing(machines=machines, sized=None, reason=found.unsuited[0].reason)


def _on_device(load: Demand, card: ModelCard, machine: OwnMachines, capacity: Capacity) -> OwnSizing:
    """One request at a time, without a spare: every user brings a device."""
    alone = replace(load, rate_per_s=0.0, spare=0)
    setup = Setup(
        card=card, accelerator=machine.accelerator, engine=Engine.LLAMA_CPP, quantisation=_device_format(card)
    )
    try:
        found = size_one(alone, setup, predict=capacity.predict, room=lambda one, tok: min(1, capacity.room(one, tok)))
    except Problem as problem:
        return OwnSizing(machines=machine, sized=None, reason=problem.what)
    if isinstance(found, Sized):
        return OwnSizing(machines=machine, sized=found)
    return OwnSizing(machines=machine, sized=None, reason=found.reason)


def _engine(card: ModelCard) -> Engine | None:
    """A file of weights is llama.cpp's; what serves the others is chosen by accelerator."""
    return Engine.LLAMA_CPP if card.hosting is Hosting.LOCAL_FILE else None


def _device_format(card: ModelCard) -> str | None:
    """A file is what it is; anything else is quantised for the device."""
    published = card.weights.native_quantisation if card.weights else None
    return DEVICE_FORMAT if published in (None, "bf16", "fp16", "f16", "fp8") else None


def _model_notes(mean_per_s: float | None, found: ModelSizing) -> list[str]:
    best = found.best
    if best is None:
        return ["no accelerator of the catalog bears this load with it"]
    on_device = found.device is not None and best is found.device.sized
    if mean_per_s is None or on_device or best.replicas > 1:
        return []
    busy = mean_per_s / best.rate_per_replica_s
    if busy >= LITTLE:
        return []
    percent = readable_count(Decimal(f"{100 * busy:.1g}"))
    return [f"one replica bears the peak and is busy {percent} % of a day: too small for machines of its own"]
