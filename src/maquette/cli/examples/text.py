"""How an audit and an import read: as text, and as the data of --json."""

import json
from collections.abc import Sequence
from typing import cast

import click

from maquette.adapters.foreign_datasets import CHOOSE, Imported
from maquette.cli.console import clean, print_table, say
from maquette.cli.contract_parts import FORMAT
from maquette.cli.examples.contracts import AuditData, ImportData
from maquette.evals.data_audit import Audit
from maquette.evals.data_origins import origin_words
from maquette.evals.dataset import example_row
from maquette.foundation.lineage import plain

_MOST_LABELS = 8
_MOST_CHARS = 600


def show_audit(found: Audit, notes: Sequence[str], *, plain_text: bool) -> None:
    """The set in figures, then what was found, the most serious first."""
    width = f"± {found.half_width:.1%}"
    say(f"{found.dataset}: {found.examples:,} examples, at best {width} (95 %, Wilson); {found.few_shot} few-shot.")
    for note in notes:
        say(f"Note: {note}.")
    click.echo("Coverage")
    strata = [(each.name, f"{each.examples:,}", f"± {each.half_width:.1%}") for each in found.strata]
    print_table(["stratum", "examples", "at best"], strata, plain_text=plain_text)
    lengths = found.lengths
    click.echo(
        f"\nCharacters with the prompt: half have at most {lengths.p50_chars:,}, 95 % at most {lengths.p95_chars:,}, "
        f"the longest {lengths.most_chars:,} (about {lengths.most_tok:,} tokens, an estimate)."
    )
    click.echo("Written in: " + ", ".join(f"{name} {count:,}" for name, count in found.scripts.items()) + ".")
    click.echo(clean(f"They come from: {origin_words(found.sources)}."))
    for balance in found.labels:
        counts = ", ".join(f"{label} {count:,}" for label, count in balance.counts[:_MOST_LABELS])
        more = f" and {balance.labels - _MOST_LABELS} more" if balance.labels > _MOST_LABELS else ""
        where = f"Answers in {balance.field}" if balance.field else "Answers"
        click.echo(clean(f"{where}: {counts}{more}. Always {balance.majority!r} scores {balance.baseline:.0%}."))
    if not found.findings:
        click.echo("\nNothing was found.")
        return
    click.echo("\nFindings")
    rows = [(f.severity.value, f.what, ", ".join(f.examples), f.fix) for f in found.findings]
    print_table(["severity", "what", "where", "what to do"], rows, plain_text=True)


def audit_data(found: Audit, notes: Sequence[str]) -> AuditData:
    """The audit as data."""
    data = {"format": FORMAT, **plain(found), "serious": found.serious, "notes": list(notes)}
    return cast("AuditData", data)


def show_import(found: Imported, out: str) -> None:
    """What would be written, and what would not, on stderr: nothing of it is written yet."""
    say(f"{found.name}: {len(found.examples):,} examples of {found.tool}. The first one:")
    first = json.dumps(example_row(found.examples[0]), ensure_ascii=False, indent=2)
    say(first if len(first) <= _MOST_CHARS else f"{first[:_MOST_CHARS]}…")
    if found.left_out:
        say("Not taken over:")
        for left in found.left_out:
            times = f" ({left.count:,} times, first here)" if left.count > 1 else ""
            say(f"  {left.place}: {left.what}{times}")
    for kind, count in found.assertions.items():
        say(f"{kind}: {count:,} examples")
    if len(found.metrics) > 1:
        say("The examples come with different checks, and each metric scores all of them: tags tell them apart.")
    if found.suggested:
        say(f"Metrics that ask a model are suggested: put a target's id for {CHOOSE}, and hold a judge against people.")
    if found.outputs:
        say(f"{len(found.outputs):,} answers came with the examples; --outputs FILE keeps them.")
    say("Put this into maquette.yaml:" if found.metrics else "No other metric follows from the file; choose one.")
    click.echo(clean(suggestion(found, out)))


def suggestion(found: Imported, out: str) -> str:
    """The part of maquette.yaml that uses the import; JSON's form of a mapping is YAML too."""
    lines = ["evaluation:", f"  dataset: {json.dumps(out, ensure_ascii=False)}"]
    if found.metrics:
        lines.append("  metrics:")
        lines += [f"    - {json.dumps(metric, ensure_ascii=False)}" for metric in found.metrics]
    elif found.suggested:
        lines.append("  # metrics:")
    lines += [f"    # - {json.dumps(metric, ensure_ascii=False)}" for metric in found.suggested]
    return "\n".join(lines)


def import_data(found: Imported, out: str, *, written: bool, outputs_to: str | None) -> ImportData:
    """The import as data."""
    return {
        "format": FORMAT,
        "tool": found.tool,
        "file": found.name,
        "out": out,
        "written": written,
        "examples": len(found.examples),
        "first": plain(example_row(found.examples[0])),
        "assertions": dict(found.assertions),
        "metrics": plain(found.metrics),
        "suggested": plain(found.suggested),
        "left_out": [
            {
                "what": left.what,
                "file": left.place.file,
                "line": left.place.line,
                "field": left.place.field,
                "count": left.count,
            }
            for left in found.left_out
        ],
        "outputs": len(found.outputs),
        "outputs_to": outputs_to,
    }
