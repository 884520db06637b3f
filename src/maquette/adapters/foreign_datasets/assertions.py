"""promptfoo's assertions as an expected answer and a metric. What runs code is told; what asks a model is suggested."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from maquette.adapters.foreign_datasets.imported import CHOOSE, plain

_CODE = frozenset({"javascript", "python", "ruby", "webhook"})
_GRADED = frozenset(
    {
        *("answer-relevance", "classifier", "context-faithfulness", "context-recall", "context-relevance"),
        *("conversation-relevance", "factuality", "g-eval", "llm-rubric", "model-graded-closedqa"),
        *("model-graded-factuality", "moderation", "pi", "search-rubric", "select-best"),
    }
)
_RUBRICS = frozenset({"llm-rubric", "model-graded-closedqa", "g-eval"})
_FACTS = frozenset({"factuality", "model-graded-factuality"})
_SAME_FACTS = (
    "Pass when the answer agrees with the facts of the expected answer; fail when it contradicts or misses one."
)
_SIMILAR = frozenset({"similar", "similar:cosine"})
_SIMILAR_FROM = 0.75
"""promptfoo's own threshold, where an assertion names none (``src/assertions/similar.ts``)."""

_MEASURED = frozenset({"cost", "latency"})
_PLAIN_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_IN_TEXT = re.compile(r"(not-)?([a-z][a-z0-9-]*(?::cosine)?)(?:\((\d+(?:\.\d+)?)\))?(?::([\s\S]*))?")
_NAMES = frozenset(
    {
        *("equals", "contains", "icontains", "contains-any", "contains-all", "icontains-any", "icontains-all"),
        *("contains-json", "contains-html", "contains-sql", "contains-xml", "is-json", "is-html", "is-sql"),
        *("is-xml", "regex", "similar", "starts-with", "levenshtein", "rouge-n", "bleu", "gleu", "meteor"),
        *("f-score", "perplexity", "perplexity-score", "finish-reason", "guardrails", "is-refusal"),
        *("word-count",),
    }
) | (_CODE | _GRADED | _MEASURED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """An assertion that a metric can stand for.

    Attributes:
        kind: promptfoo's name of it.
        metric: The entry of ``evaluation.metrics``.
        expected: The expected answer that the metric compares with; None when it needs none.
        asks_model: Whether the metric asks a model, which the user has to choose.
    """

    kind: str
    metric: Mapping[str, Any]
    expected: Any = None
    asks_model: bool = False


Tell = Callable[[str], None]


def from_text(text: str) -> Mapping[str, Any]:
    """An assertion in the short form of a CSV cell: ``icontains: Paris``; bare text means equals."""
    for prefix, kind in (("fn:", "javascript"), ("eval:", "javascript"), ("grade:", "llm-rubric")):
        if text.startswith(prefix):
            return {"type": kind, "value": text[len(prefix) :]}
    if text.startswith("file://"):
        return {"type": "javascript", "value": text}
    found = _IN_TEXT.fullmatch(text)
    if found is None or found[2] not in _NAMES:
        return {"type": "equals", "value": text}
    value: Any = found[4].strip() if found[4] is not None else None
    if value and found[2].endswith(("-any", "-all")):
        value = [part.strip() for part in value.split(",")]
    elif value and found[2] in ("is-json", "contains-json"):
        with suppress(ValueError, RecursionError):
            value = json.loads(value)
    said = {"type": f"{found[1] or ''}{found[2]}", "value": value}
    return said if found[3] is None or found[2] not in _SIMILAR else {**said, "threshold": float(found[3])}


def check_of(assertion: Mapping[str, Any], variables: Mapping[str, Any], tell: Tell) -> Check | None:
    """What the assertion asks, or None after telling why it cannot be taken over."""
    kind = str(assertion.get("type"))
    value = _filled(assertion.get("value"), variables)
    if isinstance(value, str) and "{%" in value + value.replace("{{", "{%"):
        tell(f"assertion {kind}: its value is a template that is more than a variable")
        return None
    if isinstance(value, str) and value.startswith("file://"):
        tell(f"assertion {kind}: its value is in a file")
        return None
    match kind:
        case "equals" if value is not None:
            return Check(kind=kind, metric={"kind": _comparing(value)}, expected=plain(value))
        case "contains" | "icontains" | "contains-all" | "icontains-all" if texts := _texts(value):
            return Check(kind=kind, metric=_containing("contains", kind), expected=_one_or_all(texts))
        case "contains-any" | "icontains-any" if texts := _texts(value):
            return Check(kind=kind, metric={**_containing("contains", kind), "need": "any"}, expected=texts)
        case "not-contains" | "not-icontains" if texts := _texts(value):
            return Check(kind=kind, metric={**_containing("not_contains", kind), "texts": texts})
        case "regex" if isinstance(value, str) and _compiles(value):
            return Check(kind=kind, metric={"kind": "regex", "pattern": value})
        case "is-json" | "contains-json" if value is None or isinstance(value, Mapping):
            fences = {"strip_fences": True} if kind == "contains-json" else {}
            return Check(kind=kind, metric={"kind": "json_schema", "schema": plain(value or {}), **fences})
    graded = _graded(kind, value, assertion.get("threshold"))
    if graded is None:
        tell(f"assertion {kind}: {_reason(kind)}")
    return graded


def _graded(kind: str, value: object, threshold: object) -> Check | None:
    """A check that asks a model, where a metric asks the same."""
    if kind in _RUBRICS and (rubric := "\n".join(_texts(value))).strip():
        return Check(kind=kind, metric={"kind": "rubric_judge", "model": CHOOSE, "rubric": rubric}, asks_model=True)
    if kind in _FACTS and isinstance(value, str) and value:
        metric = {"kind": "rubric_judge", "model": CHOOSE, "rubric": _SAME_FACTS}
        return Check(kind=kind, metric=metric, expected=value, asks_model=True)
    if kind in _SIMILAR and (texts := _texts(value)):
        near = {"kind": "embedding_similarity", "model": CHOOSE, "at_least": _number(threshold, _SIMILAR_FROM)}
        return Check(kind=kind, metric=near, expected=_one_or_all(texts), asks_model=True)
    return None


def _number(value: object, otherwise: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return otherwise
    return float(value)


def merged(checks: Sequence[Check]) -> list[Check]:
    """The checks with those that want texts in the answer as one: it wants them all."""
    found: list[Check] = []
    for check in checks:
        same = next((each for each in found if each.metric == check.metric and _wants_all(check)), None)
        if same is None:
            found.append(check)
        else:
            texts = list(dict.fromkeys([*_texts(same.expected), *_texts(check.expected)]))
            found[found.index(same)] = replace(same, expected=_one_or_all(texts))
    return found


def _wants_all(check: Check) -> bool:
    return check.metric["kind"] == "contains" and "need" not in check.metric


def _texts(value: object) -> list[str]:
    """A text, or a list of texts, as a list; nothing else is one."""
    found = value if isinstance(value, list) else [value]
    return [str(text) for text in found] if all(isinstance(text, str | int) and text != "" for text in found) else []


def _one_or_all(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts


def _containing(metric: str, kind: str) -> dict[str, Any]:
    return {"kind": metric, "ignore_case": True} if "icontains" in kind else {"kind": metric}


def _comparing(value: object) -> str:
    return "json_fields" if isinstance(value, Mapping) else "exact_match"


def _reason(kind: str) -> str:
    if kind in _CODE:
        return "it is code, and nothing of a file is run"
    if kind in _GRADED:
        return "it is graded by a model in a way that no metric does; write a rubric_judge of your own"
    if kind in _MEASURED:
        return "every run measures it"
    if kind.startswith("not-"):
        return "there is no metric for what must not be there"
    return "no metric does the same"


def _filled(value: Any, variables: Mapping[str, Any]) -> Any:
    """``{{name}}`` in a value is the test's own variable."""
    if not isinstance(value, str):
        return value
    return _PLAIN_VARIABLE.sub(lambda found: str(variables.get(found[1], found[0])), value)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True
