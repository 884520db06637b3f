"""Which accelerator of the catalog somebody's benchmark means, by its words, its form and its memory."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from maquette.catalog.hardware import Accelerator
from maquette.catalog.machines import METAL_SHARE

_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_MEMORY = re.compile(r"(?<![\w.])(\d{1,4})\s?gi?b?(?:\b|(?=_))", re.IGNORECASE)
_COUNT = re.compile(r"^\s*\d+\s*[x\u00d7]\s+", re.IGNORECASE)
_CORES = re.compile(r"\b\d+-core\b(?: gpu)?", re.IGNORECASE)
_GLUED = re.compile(r"([a-z]+\d+[a-z]*)(sxm\d?|pcie|nvl\d*|oam)\b")
_NOISE = re.compile(
    r"\b(?:nvidia|amd|apple|geforce|instinct|tesla|quadro|intel|maxsun|ms|turbo|virtualized|virtualised|gpu|gpus|hbm\d?e?"
    r"|gddr\d\w?|tensor|cores?|graphics|accelerator|founders|laptop|edition|generation|radeon|habana|the|ai|series|vm"
    r"|pod|rack|node|hgx|dgx|ac|gracehopper|superchip|aarch64|x86|hopper|ampere|volta|turing)\b"
)
_FORMS = ("sxm", "pcie", "nvl", "oam")
_WORD = re.compile(r"(?:sxm|nvl)\d*|[a-z]+|\d+")
_CLOSE = Decimal("0.12")


@dataclass(frozen=True, slots=True)
class _Said:
    """A name taken apart.

    Attributes:
        core: The words and numbers that name the chip, in any order.
        form: How it is built in, where that is said.
        memory_gb: Where that is said.
    """

    core: tuple[str, ...]
    form: str | None
    memory_gb: int | None


class AcceleratorNames:
    """The accelerators of a catalog by their names taken apart; made once for many names."""

    def __init__(self, known: Sequence[Accelerator]) -> None:
        self._known = [(one, tuple(_names(one))) for one in known]
        self._found: dict[str, Accelerator | None] = {}

    def find(self, name: str) -> Accelerator | None:
        """The accelerator that a benchmark calls ``name``; None when it names none that is known.

        A chip that shares the machine's memory takes the size from the name, less what the system keeps for itself.
        """
        if name not in self._found:
            self._found[name] = self._nearest(_taken_apart(_ASIDE.sub(" ", name)) or _taken_apart(name))
        return self._found[name]

    def _nearest(self, said: _Said | None) -> Accelerator | None:
        if said is None:
            return None
        called = [(one, names) for one, names in self._known if any(said.core == other.core for other in names)]
        if not called:
            return None
        best = min(called, key=lambda entry: _rating(said, *entry))[0]
        if best.unified_memory and said.memory_gb:
            return replace(best, memory_gb=said.memory_gb * METAL_SHARE)
        return best


def _taken_apart(name: str) -> _Said | None:
    text = _GLUED.sub(r"\1 \2", _CORES.sub(" ", _COUNT.sub("", name.lower()).replace("_", " ")))
    memory = _MEMORY.search(text)
    text = _NOISE.sub(" ", _MEMORY.sub(" ", text))
    words, form = [], None
    for word in _WORD.findall(text):
        found = next((one for one in _FORMS if word.startswith(one)), None)
        if found:
            form = form or found
        elif word not in words:
            words.append(word)
    return _Said(tuple(sorted(words)), form, int(memory[1]) if memory else None) if words else None


def _names(one: Accelerator) -> Iterator[_Said]:
    yield from (said for said in map(_taken_apart, (one.name, *one.aliases)) if said is not None)


def _rating(said: _Said, one: Accelerator, names: Sequence[_Said]) -> tuple[bool, int, int, Decimal]:
    """Lower is nearer: called exactly so, then the form, then the memory; where neither is said, more memory."""
    forms = {name.form for name in names if name.core == said.core}
    if said.form is None:
        form = 0 if None in forms else 1
    else:
        form = 0 if said.form in forms else 1 if forms == {None} else 2
    memory = one.memory_gb or Decimal(0)
    if said.memory_gb is None or not memory:
        return said not in names, form, 1, -memory
    near = abs(memory - said.memory_gb) <= said.memory_gb * _CLOSE
    return said not in names, form, 0 if near else 2, -memory
