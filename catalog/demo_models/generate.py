"""Write support messages of a web shop with their right answer: the data behind the two demo models.

Standard library only, and a pure function of SEED, so that the evaluation dataset shipped with the demo and the
proof that it is disjoint from the training messages can both be recomputed anywhere in a second or two.
The wording lives in phrasings.toml; no training, no model and no measuring belongs here.

    python generate.py               rewrites ../demo/evals/triage.jsonl and answer.schema.json
    python generate.py --show train  prints the first messages of a split
"""

import argparse
import json
import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

SEED: Final = 20261120
HERE: Final = Path(__file__).resolve().parent
EVALS: Final = HERE.parent / "demo" / "evals"

CATEGORIES: Final = ("billing", "refund", "shipping", "account", "outage", "bug", "cancellation", "other")
PRIORITIES: Final = (1, 2, 3)
LARGE_AMOUNT: Final = 1_000
PRIORITY_RULE: Final = (
    "1 (act now) when the writer says that work is blocked, or that the matter is urgent and it concerns an amount of "
    f"{LARGE_AMOUNT:,} or more in any currency; 2 (today) when only one of the two holds, urgent or such an amount; "
    "3 (when there is time) otherwise."
)
SIGNALS_OF_PRIORITY: Final[dict[int, tuple[tuple[str, ...], ...]]] = {
    1: (("blocked",), ("blocked", "urgent"), ("blocked", "amount"), ("urgent", "amount"), ("urgent", "amount")),
    2: (("urgent",), ("amount",)),
    3: ((), ("calm",)),
}

Wording = Literal["seen", "unseen"]
ALTERNATIVES: Final = re.compile(r"\(([^()]*\|[^()]*)\)")
SLOT: Final = re.compile(r"\{(\w+)\}")
WORD: Final = re.compile(r"[A-Za-z]{4,}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message and the answer that the rules give it."""

    text: str
    category: str
    priority: int

    @property
    def answer(self) -> str:
        """The JSON text that a model should write, without spaces."""
        return answer_text(category=self.category, priority=self.priority)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How the messages of one split are made: which wordings, how often typos, with smuggled instructions or not."""

    count: int
    wording: Wording
    typo_share: float
    adversarial: bool = False


SPLITS: Final = {
    "train": Recipe(count=30_000, wording="seen", typo_share=0.2),
    "held_out": Recipe(count=1_200, wording="seen", typo_share=0.2),
    "unseen": Recipe(count=1_200, wording="unseen", typo_share=0.2),
    "adversarial": Recipe(count=480, wording="seen", typo_share=0.2, adversarial=True),
}
DATASET: Final = {
    "normal": Recipe(count=150, wording="seen", typo_share=0.2),
    "edge": Recipe(count=35, wording="unseen", typo_share=0.6),
    "adversarial": Recipe(count=15, wording="seen", typo_share=0.2, adversarial=True),
}


@cache
def phrasings() -> dict[str, Any]:
    """The wording, as phrasings.toml gives it."""
    return tomllib.loads((HERE / "phrasings.toml").read_text(encoding="utf-8"))


def answer_text(*, category: str, priority: int) -> str:
    """The JSON text of an answer, for example {"category":"billing","priority":2}."""
    return json.dumps({"category": category, "priority": priority}, separators=(",", ":"))


def fingerprint(text: str) -> str:
    """What two messages share when they differ only in letter case, digits or spacing."""
    return re.sub(r"\s+", " ", re.sub(r"\d+", "0", text.casefold())).strip()


def amount_text(rng: random.Random, *, large: bool) -> str:
    """An amount of money on the asked side of LARGE_AMOUNT, in one of the usual spellings."""
    whole = rng.randrange(LARGE_AMOUNT, 9_000) if large else rng.randrange(4, LARGE_AMOUNT)
    cents = rng.choice(("", "", ".00", f".{rng.randrange(100):02d}", ".90"))
    return rng.choice(("${}", "€{}", "£{}", "{} EUR", "{} euros", "{} dollars", "USD {}")).format(f"{whole:,}{cents}")


def order_text(rng: random.Random) -> str:
    """An order number in one of the spellings that customers use."""
    return rng.choice(("#{}", "{}", "no. {}", "AB-{}", "2026-{}")).format(rng.randrange(10_000, 99_999))


def fill(rng: random.Random, wording: str, **given: str) -> str:
    """Choose the alternatives of a wording and fill its slots."""
    text = wording
    while (found := ALTERNATIVES.search(text)) is not None:
        text = text[: found.start()] + rng.choice(found[1].split("|")) + text[found.end() :]
    slots = phrasings()["slots"]

    def value(slot: re.Match[str]) -> str:
        if slot[1] in given:
            return given[slot[1]]
        return order_text(rng) if slot[1] == "order" else str(rng.choice(slots[slot[1]]))

    return SLOT.sub(value, text)


def misspell(rng: random.Random, text: str) -> str:
    """Swap, drop or double one letter inside a word of at least four letters."""
    words = list(WORD.finditer(text))
    if not words:
        return text
    word = rng.choice(words)
    at = rng.randrange(word.start() + 1, word.end() - 1)
    pair = text[at : at + 2]
    return text[:at] + rng.choice((pair[::-1], pair[1:], pair[0] + pair)) + text[at + 2 :]


def signal_sentences(rng: random.Random, signals: Sequence[str], core: str, amount: str, wording: Wording) -> list[str]:
    """The sentences around the core: one a signal, now and then one without meaning, in random order."""
    texts = phrasings()["signals"]
    wanted = [signal for signal in signals if signal != "amount" or "{amount}" not in core]
    if "{amount}" not in core and "amount" not in signals and rng.random() < 0.25:
        wanted.append("amount")
    if rng.random() < 0.4:
        wanted.append("none")
    rng.shuffle(wanted)
    return [fill(rng, rng.choice(texts[signal][wording]), amount=amount) for signal in wanted]


def smuggled(rng: random.Random, category: str, priority: int) -> str:
    """A sentence that asks for an answer other than the right one."""
    wrong = rng.choice([other for other in CATEGORIES if other != category])
    wrong_priority = rng.choice([other for other in PRIORITIES if other != priority])
    wrong_answer = answer_text(category=wrong, priority=wrong_priority)
    wording = rng.choice(phrasings()["adversarial"]["wordings"])
    return fill(rng, wording, wrong=wrong, wrong_priority=str(wrong_priority), wrong_answer=wrong_answer)


def compose(rng: random.Random, category: str, priority: int, recipe: Recipe) -> Message:
    """One message that means the category and carries signals of the priority."""
    signals = rng.choice(SIGNALS_OF_PRIORITY[priority])
    amount = amount_text(rng, large="amount" in signals)
    core = rng.choice(phrasings()["categories"][category][recipe.wording])
    around = signal_sentences(rng, signals, core, amount, recipe.wording)
    lead = rng.choice((0, 0, 0, 1)) if around else 0
    sentences = [*around[:lead], fill(rng, core, amount=amount), *around[lead:]]
    if recipe.adversarial:
        sentences.append(smuggled(rng, category, priority))
    frame = phrasings()["frame"]
    if rng.random() < 0.5:
        sentences.insert(0, rng.choice(frame["greetings"]))
    if rng.random() < 0.4 and not recipe.adversarial:
        sentences.append(fill(rng, rng.choice(frame["closings"])))
    text = " ".join(sentences)
    if rng.random() < recipe.typo_share:
        for _ in range(rng.choice((1, 1, 2))):
            text = misspell(rng, text)
    if rng.random() < 0.15 and not recipe.adversarial:
        text = text.lower()
    return Message(text=text, category=category, priority=priority)


def cells() -> Iterator[tuple[str, int]]:
    """Every pair of category and priority in turn, without end; 8 and 3 share no divisor, so 24 steps meet each."""
    number = 0
    while True:
        yield CATEGORIES[number % len(CATEGORIES)], PRIORITIES[number % len(PRIORITIES)]
        number += 1


def messages(
    seed: str, recipe: Recipe, taken: set[str], labels: Iterator[tuple[str, int]] | None = None
) -> list[Message]:
    """The messages of one recipe, balanced over the labels, none with a fingerprint in `taken`, which grows."""
    rng = random.Random(seed)
    found = []
    for category, priority in (labels := labels or cells()):
        message = compose(rng, category, priority, recipe)
        while fingerprint(message.text) in taken:
            message = compose(rng, category, priority, recipe)
        taken.add(fingerprint(message.text))
        found.append(message)
        if len(found) == recipe.count:
            break
    return found


def splits() -> dict[str, list[Message]]:
    """Every split by name; train comes first and no later split repeats one of its fingerprints."""
    taken: set[str] = set()
    return {name: messages(f"{SEED}:{name}", recipe, taken) for name, recipe in SPLITS.items()}


def dataset_lines(taken: set[str]) -> list[str]:
    """The lines of triage.jsonl: 25 messages a category, strata mixed, none with a fingerprint in `taken`."""
    labels = cells()
    rows = [
        (stratum, message)
        for stratum, recipe in DATASET.items()
        for message in messages(f"{SEED}:dataset:{stratum}", recipe, taken, labels)
    ]
    random.Random(f"{SEED}:order").shuffle(rows)
    return [dataset_line(number, stratum, message) for number, (stratum, message) in enumerate(rows, start=1)]


def dataset_line(number: int, stratum: str, message: Message) -> str:
    """One example of the evaluation dataset as a line of JSON."""
    row = {
        "id": f"t{number:03d}",
        "inputs": {"message": message.text},
        "expected": {"category": message.category, "priority": message.priority},
        "stratum": stratum,
    }
    return json.dumps(row, ensure_ascii=False)


def answer_schema() -> dict[str, Any]:
    """The JSON Schema of an answer."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Triage of one support message",
        "type": "object",
        "properties": {
            "category": {"description": "What the message is about.", "enum": list(CATEGORIES)},
            "priority": {"description": PRIORITY_RULE, "type": "integer", "minimum": 1, "maximum": 3},
        },
        "required": ["category", "priority"],
        "additionalProperties": False,
    }


def dataset_files() -> dict[str, str]:
    """The text of each file that the demo ships, by file name."""
    taken = {fingerprint(message.text) for split in splits().values() for message in split}
    return {
        "triage.jsonl": "".join(f"{line}\n" for line in dataset_lines(taken)),
        "answer.schema.json": json.dumps(answer_schema(), indent=2) + "\n",
    }


def main() -> None:
    """Rewrite the shipped files, or print the start of a split."""
    parser = argparse.ArgumentParser(description="Generate the demo's support messages.")
    parser.add_argument("--show", choices=sorted(SPLITS), help="print the first messages of this split instead")
    show = parser.parse_args().show
    if show:
        for message in splits()[show][:24]:
            print(f"{message.answer}  {message.text}")
        return
    EVALS.mkdir(parents=True, exist_ok=True)
    for name, text in dataset_files().items():
        (EVALS / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
