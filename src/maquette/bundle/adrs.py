"""Decision records as plain data, and the path of each inside the bundle."""

from typing import Any

from maquette.bundle.safe_text import file_slug
from maquette.decision.record import Record


def record_view(record: Record) -> dict[str, Any]:
    """One record in the sections of MADR."""
    return {
        "file": f"{record.number:04d}-{file_slug(record.slug)}",
        "id": record.id,
        "title": record.title,
        "status": record.status,
        "decided_on": record.decided_on.isoformat() if record.decided_on else None,
        "context": list(record.context),
        "drivers": [{"fact": one.fact, "value": one.value, "unit": one.unit} for one in record.drivers],
        "options": [
            {"name": one.name, "outcome": one.outcome, "pros": list(one.pros), "cons": list(one.cons)}
            for one in record.options
        ],
        "outcome": list(record.outcome),
        "reasons": list(record.reasons),
        "good": list(record.good),
        "bad": list(record.bad),
        "confirmation": [{"text": one.text, "rule": one.rule} for one in record.confirmation],
        "rules": list(record.rules),
        "evidence": list(record.evidence),
        "disagreements": [{"rule": one.rule, "text": one.text} for one in record.disagreements],
    }
