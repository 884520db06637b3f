"""Model cards of GGUF files, one for each model: a model in several files, ``-00001-of-0000N``, is one."""

import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from maquette.adapters.gguf_files.header import Header, read_header
from maquette.catalog.attention import CacheKind, LayerGroup
from maquette.catalog.cards import Capability, Hosting, ModelCard
from maquette.catalog.gguf_shapes import FILE_TYPES, FileShape, file_shape
from maquette.catalog.weights import Weights
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.sources import Source, SourceKind

_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})")
_LONGEST_LICENCE = 200
_FIX = "Get the file again, or take it out of the models' folder."


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundModels:
    """What a search found: cards of the readable files, and a problem for each of the others."""

    cards: tuple[ModelCard, ...]
    problems: tuple[InvalidInput, ...]


def find_local_models(folders: Iterable[Path]) -> FoundModels:
    """The GGUF files directly in ``folders``, by name; one broken file does not hide the others."""
    cards: dict[str, ModelCard] = {}
    problems: list[InvalidInput] = []
    for path in _first_files(folders):
        try:
            card = read_card(path)
        except InvalidInput as problem:
            problems.append(problem)
        else:
            cards.setdefault(card.id, card)
    return FoundModels(cards=tuple(cards.values()), problems=tuple(problems))


def _first_files(folders: Iterable[Path]) -> Iterator[Path]:
    """Every file, of a model in several files only the one with the lowest number."""
    for folder in folders:
        seen: set[str] = set()
        for path in sorted(folder.glob("*.gguf")) if folder.is_dir() else ():
            part = _PART.fullmatch(path.stem)
            if part is None or part["stem"] not in seen:
                yield path
            if part:
                seen.add(part["stem"])


def read_card(path: Path) -> ModelCard:
    """The card of one model; its id is ``local/`` and the file's name without its ending and its number.

    Args:
        path: A file, or any file of a model in several.

    Raises:
        InvalidInput: It is no GGUF file, its header cannot be true, or it is cut off; or one of several is missing.
    """
    paths, headers = model_parts(path), read_headers(path)
    if not any(header.params for header in headers):
        raise InvalidInput("the file holds no weights, only words about a model", place=Place(file=path.name), fix=_FIX)
    return _card(path, paths, headers)


def read_headers(path: Path) -> list[Header]:
    """The headers of a model's files, in their order.

    Raises:
        InvalidInput: One of them is missing, or no GGUF file.
    """
    return [_header(part) for part in model_parts(path)]


def _header(path: Path) -> Header:
    try:
        return read_header(path)
    except (OSError, ValueError, struct.error, UnicodeDecodeError) as error:
        what = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else f"not a GGUF file: {error}"
        raise InvalidInput(what, place=Place(file=path.name), fix=_FIX) from error


def model_parts(path: Path) -> list[Path]:
    """The files of the model, by their numbers; ``path`` is any of them.

    Raises:
        InvalidInput: One of them is missing.
    """
    part = _PART.fullmatch(path.stem)
    if part is None:
        return [path]
    count = int(part["count"])
    present = {
        int(found["number"]): other
        for other in path.parent.glob("*.gguf")
        if (found := _PART.fullmatch(other.stem)) and (found["stem"], found["count"]) == (part["stem"], part["count"])
    }
    missing = next((number for number in range(1, count + 1) if number not in present), None)
    if missing is not None or not count:
        name = f"{part['stem']}-{missing or 1:05d}-of-{part['count']}.gguf"
        raise InvalidInput(
            f"the model is in {count} files, and {name} is missing",
            place=Place(file=path.name),
            fix="Get the missing file, or take the others out of the models' folder.",
        )
    return [present[number] for number in range(1, count + 1)]


def _card(path: Path, paths: Sequence[Path], headers: Sequence[Header]) -> ModelCard:
    metadata = headers[0].metadata
    shape = file_shape(metadata)
    kinds = sum((Counter(header.kinds) for header in headers), Counter[str]())
    part = _PART.fullmatch(path.stem)
    licence = metadata.get("general.license")
    return ModelCard(
        id=f"local/{part['stem'] if part else path.stem}",
        provider="llama.cpp",
        hosting=Hosting.LOCAL_FILE,
        source=Source(kind=SourceKind.MEASURED, ref=f"header of {paths[0].name}"),
        context_tok=shape.context_tok,
        # llama.cpp turns a JSON Schema into a grammar, whatever the model.
        capabilities={Capability.JSON_SCHEMA: True},
        weights=Weights(
            params_b=_billions(sum(header.params for header in headers)),
            active_params_b=_active(headers, shape),
            layers=shape.layers,
            hidden=shape.hidden,
            vocabulary=_vocabulary(metadata, shape.architecture),
            experts=shape.experts,
            experts_per_tok=shape.experts_per_tok,
            attention=f"{shape.architecture}: {_attention(shape.cache)}" if shape.cache else shape.architecture,
            native_quantisation=_quantisation(metadata, kinds),
            cache=shape.cache,
            file_bytes=sum(header.weight_bytes for header in headers),
            licence=licence if isinstance(licence, str) and 0 < len(licence) <= _LONGEST_LICENCE else None,
            notes=shape.notes,
        ),
        path=str(paths[0]),
    )


def _billions(count: int) -> Decimal:
    return Decimal(count) / 10**9


def _active(headers: Sequence[Header], shape: FileShape) -> Decimal | None:
    """Parameters that one token passes: of the routed experts as many as it uses; None when that is not said."""
    total, routed = sum(header.params for header in headers), sum(header.routed for header in headers)
    if not shape.experts:
        return _billions(total)
    if not shape.experts_per_tok or not routed:
        return None
    return _billions(total - routed + routed * shape.experts_per_tok // shape.experts)


def _vocabulary(metadata: Mapping[str, Any], architecture: str) -> int | None:
    said = metadata.get(f"{architecture}.vocab_size", metadata.get("tokenizer.ggml.tokens"))
    return said if isinstance(said, int) and not isinstance(said, bool) and said > 0 else None


def _quantisation(metadata: Mapping[str, Any], kinds: Counter[str]) -> str | None:
    """What the file says of itself; otherwise the kind of most of its numbers."""
    said = metadata.get("general.file_type")
    if isinstance(said, int) and said in FILE_TYPES:
        return FILE_TYPES[said]
    return kinds.most_common(1)[0][0] if kinds else None


def _attention(groups: Sequence[LayerGroup]) -> str:
    """The kinds of its layers, such as "full and window"."""
    kinds = {group.kind for group in groups}
    return " and ".join(kind.value for kind in CacheKind if kind in kinds)
