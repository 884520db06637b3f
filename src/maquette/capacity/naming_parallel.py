"""How a replica is spread over accelerators, from the words that benchmarks have for it."""

import re
from dataclasses import dataclass

_PART = re.compile(r"(tp|adp|dp|pp|ep|tep|dep|cp)\s?_?(\d{1,5})(?!\d)")
_TAG = re.compile(r"_tp(\d{1,5})(?:_0)?_ep(\d{1,5})(?:_0)?(?:_|$)")
_BARE = re.compile(r"[0-9]{1,5}")
_LAYERS = re.compile(r"layer|pipeline", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """The parallel settings of one replica; see `maquette.capacity.setup.Setup`."""

    gpus: int
    tensor: int = 1
    expert: int = 1
    data: int = 1
    pipeline: int = 1


def spread_of(text: str, gpus: int | None, run: str) -> Spread | None:
    """The settings that ``text`` names, such as "tp4 adp1 pp1 ep4", "DEP8", "TEP8", "DEP2PP2", "4", "layer-split".

    DEP copies the attention and spreads the experts, TEP splits the attention and spreads the experts. Experts live on
    the accelerators that hold the attention too: a list that counts both has the product, which the run's name and the
    same runs elsewhere in it correct.

    Returns:
        None when nothing is said.
    """
    said = text.strip().lower()
    if not said:
        return None
    if _LAYERS.search(said):
        return Spread(gpus=gpus or 1, pipeline=gpus or 1)
    if _BARE.fullmatch(said):
        width = max(int(said), 1)
        return Spread(gpus=max(gpus or width, width), tensor=width)
    parts = {name: max(int(number), 1) for name, number in _PART.findall(said)}
    if not parts:
        return None
    pipeline = parts.get("pp", 1)
    if "dep" in parts:
        wide = parts["dep"]
        return Spread(gpus=gpus or wide * pipeline, data=wide, expert=wide, pipeline=pipeline)
    if "tep" in parts:
        wide = parts["tep"]
        return Spread(gpus=gpus or wide * pipeline, tensor=wide, expert=wide, pipeline=pipeline)
    return _listed(parts, gpus, run)


def _listed(parts: dict[str, int], gpus: int | None, run: str) -> Spread:
    tensor, expert, pipeline = (parts.get(name, 1) for name in ("tp", "ep", "pp"))
    data = parts.get("adp", parts.get("dp", 1))
    whole = gpus or tensor * data * pipeline
    true = _without_product(tensor, data, expert, whole, run)
    if true is not None:
        copied = tensor == 1 and data > 1
        return Spread(
            gpus=true * pipeline,
            tensor=1 if copied else true,
            data=true if copied else 1,
            expert=min(true, expert),
            pipeline=pipeline,
        )
    data = min(data, whole)
    tensor = min(tensor, max(whole // (data * pipeline), 1))
    return Spread(gpus=whole, tensor=tensor, data=data, expert=min(expert, whole), pipeline=pipeline)


def _without_product(tensor: int, data: int, expert: int, gpus: int, run: str) -> int | None:
    """The accelerators where the list has tensor times expert parallelism; None where it has none of that."""
    tag = _TAG.search(run)
    if tag is not None:
        wide, spread = int(tag[1]), int(tag[2])
        return wide if spread > 1 and gpus == wide * spread else None
    if expert > 1 and gpus == expert * expert and max(tensor, data) == gpus:
        return expert
    if expert > 1 and tensor == data and expert == tensor * data == gpus:
        return tensor
    return None
