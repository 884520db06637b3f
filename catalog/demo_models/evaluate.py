"""Measure the demo models through llama.cpp and record the figures in models.yaml and MODEL_CARD.md.

Install:  python -m pip install gguf ruamel.yaml llama-cpp-python     (or xllamacpp in place of llama-cpp-python)
Run:      python evaluate.py [--engine llama_cpp|xllamacpp] [--dry-run]

Each model answers every message of the test splits and of the shipped dataset as a user of the demo would ask: the
plain message as the only turn, greedy decoding, no grammar. One thread. No figure is written that was not counted here.
"""

# Types are checked only where gguf is installed, which the project itself never needs.
# mypy: ignore-errors

import argparse
import datetime
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import generate
from gguf import GGUFReader, Keys
from ruamel.yaml import YAML

HERE: Final = Path(__file__).resolve().parent
CONTEXT_TOK: Final = 256
ANSWER_TOK: Final = 24
DISTRIBUTIONS: Final = {"llama_cpp": "llama-cpp-python", "xllamacpp": "xllamacpp"}
SHARES: Final = ("exact", "category", "priority", "valid_json")
TABLE_START: Final = "<!-- measured: written by evaluate.py -->\n"
TABLE_END: Final = "<!-- end of measured -->\n"

Ask = Callable[[str], str]


@dataclass(kw_only=True, slots=True)
class Score:
    """Counts over one split; `exact` means that category and priority are both right and nothing else is there."""

    n: int = 0
    exact: int = 0
    category: int = 0
    priority: int = 0
    valid_json: int = 0
    exact_pct: float = field(default=0.0)

    def count(self, text: str, message: generate.Message) -> None:
        """Add one answer."""
        answer = parsed(text)
        self.n += 1
        self.valid_json += answer is not None
        self.category += answer is not None and answer.get("category") == message.category
        self.priority += answer is not None and answer.get("priority") == message.priority
        self.exact += answer == {"category": message.category, "priority": message.priority}
        self.exact_pct = round(100 * self.exact / self.n, 1)


def parsed(text: str) -> dict[str, Any] | None:
    """The JSON object in an answer, or None where it is not one."""
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def ask_llama_cpp(path: Path) -> Ask:
    """Answers by llama-cpp-python."""
    from llama_cpp import Llama

    llama = Llama(str(path), n_ctx=CONTEXT_TOK, n_threads=1, n_threads_batch=1, n_gpu_layers=0, verbose=False)

    def ask(message: str) -> str:
        reply = llama.create_chat_completion(
            [{"role": "user", "content": message}], temperature=0.0, max_tokens=ANSWER_TOK
        )
        return str(reply["choices"][0]["message"]["content"])

    return ask


def ask_xllamacpp(path: Path) -> Ask:
    """Answers by xllamacpp."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = CONTEXT_TOK
    parameters.n_parallel = 1
    parameters.n_gpu_layers = 0
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.verbosity = 0
    server = xllamacpp.Server(parameters)

    def ask(message: str) -> str:
        turns = [{"role": "user", "content": message}]
        reply = server.handle_chat_completions({"messages": turns, "temperature": 0.0, "max_tokens": ANSWER_TOK})
        return str(reply["choices"][0]["message"]["content"])

    return ask


ENGINES: Final = {"llama_cpp": ask_llama_cpp, "xllamacpp": ask_xllamacpp}


def test_sets() -> dict[str, list[generate.Message]]:
    """The splits that no model was trained on, and the strata of the shipped dataset."""
    sets = {name: messages for name, messages in generate.splits().items() if name != "train"}
    sets |= {f"dataset_{name}": [] for name in (*generate.DATASET, "all")}
    for line in (generate.EVALS / "triage.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        message = generate.Message(text=row["inputs"]["message"], **row["expected"])
        for name in (f"dataset_{row['stratum']}", "dataset_all"):
            sets[name].append(message)
    return sets


def score(ask: Ask, messages: Iterable[generate.Message]) -> Score:
    """Ask for every message and count."""
    total = Score()
    for message in messages:
        total.count(ask(message.text), message)
    return total


def describe(path: Path) -> dict[str, Any]:
    """What the file itself says: hash, size, parameters, context length."""
    reader = GGUFReader(path)
    context = reader.fields[Keys.LLM.CONTEXT_LENGTH.format(arch="llama")]
    content = path.read_bytes()
    return {
        "id": path.stem,
        "file": path.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "params": sum(int(tensor.n_elements) for tensor in reader.tensors),
        "architecture": "llama",
        "quantisation": "Q8_0",
        "context_length_tok": int(context.parts[context.data[0]][0]),
        "chat_template": "chatml",
        "licence": "Apache-2.0",
    }


def measure(path: Path, engine: str, sets: dict[str, list[generate.Message]]) -> dict[str, Any]:
    """The entry of one model in models.yaml."""
    ask = ENGINES[engine](path)
    name = DISTRIBUTIONS[engine]
    measured = {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "engine": f"{name} {importlib.metadata.version(name)}",
        "machine": f"{platform.system()} {platform.machine()}, 1 thread",
        "decoding": f"greedy, at most {ANSWER_TOK} tokens, no grammar",
        "splits": {split: asdict(score(ask, messages)) for split, messages in sets.items()},
    }
    return {**describe(path), "measured": measured}


def table(entries: list[dict[str, Any]]) -> str:
    """The measured figures as a Markdown table."""
    lines = ["| model | messages | n | exact | category | priority | valid JSON |", "|---|---|--:|--:|--:|--:|--:|"]
    for entry in entries:
        for split, counts in entry["measured"]["splits"].items():
            shares = (f"{100 * counts[key] / counts['n']:.1f} %" for key in SHARES)
            lines.append(f"| {entry['id']} | {split} | {counts['n']} | {' | '.join(shares)} |")
    return "\n".join(lines) + "\n"


def write(entries: list[dict[str, Any]]) -> None:
    """Replace models.yaml and the table of MODEL_CARD.md."""
    yaml = YAML()
    yaml.default_flow_style = False
    with (HERE / "models.yaml").open("w", encoding="utf-8", newline="\n") as stream:
        stream.write("# Written by evaluate.py; the counts of each split are out of its n.\n")
        yaml.dump({"models": entries}, stream)
    card = HERE / "MODEL_CARD.md"
    before, rest = card.read_text(encoding="utf-8").split(TABLE_START)
    after = rest.split(TABLE_END)[1]
    text = before + TABLE_START + "\n" + table(entries) + "\n" + TABLE_END + after
    card.write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Measure every model of this folder."""
    parser = argparse.ArgumentParser(description="Measure the demo models through llama.cpp.")
    parser.add_argument("--engine", choices=sorted(ENGINES), default="llama_cpp")
    parser.add_argument("--folder", type=Path, default=HERE, help="where the GGUF files are")
    parser.add_argument("--dry-run", action="store_true", help="print the table, write nothing")
    given = parser.parse_args()
    sets = test_sets()
    entries = [measure(path, given.engine, sets) for path in sorted(given.folder.glob("triage-*.gguf"), reverse=True)]
    print(table(entries))
    if not given.dry_run:
        write(entries)


if __name__ == "__main__":
    main()
