"""What a person says while deciding, as changes of maquette.yaml: a reason about a rule, a fact of the design."""

from collections.abc import Mapping
from typing import Literal

from maquette.foundation.lineage import plain
from maquette.foundation.problems import InvalidInput, Place
from maquette.project.typing_in import typed_fact
from maquette.project.view import View
from maquette.requirements.checking import DESIGN_FACT_GROUPS
from maquette.rules.explaining import finding_named


def about_rule(view: View, key: Literal["override", "mute"], rule: str, because: str) -> dict[str, object]:
    """Override or mute a rule with a reason, in the place of an earlier entry about it.

    Raises:
        NotFound: There is no such rule.
        InvalidInput: There is no reason.
    """
    if not because.strip():
        raise InvalidInput(f"{rule} needs a reason", place=Place(field=f"rules.{key}"), fix="Say why, in your words.")
    return entry_about(view, key, rule, {"because": because.strip()})


def entry_about(view: View, key: Literal["override", "mute"], rule: str, said: Mapping[str, str]) -> dict[str, object]:
    """What is said about a rule, in the place of an earlier entry about it.

    Raises:
        NotFound: There is no such rule.
    """
    name = finding_named(view.report, rule).rule.id
    there = view.document.value_at(f"rules.{key}")
    others = [one for one in (there if isinstance(there, list) else []) if one.get("id") != name]
    return {f"rules.{key}": plain([*others, {"id": name, **said}])}


def can_be_stated(fact: str) -> bool:
    """Whether a person may state the fact about the design; ``eval.*`` is measured, never stated."""
    return fact.partition(".")[0] in DESIGN_FACT_GROUPS


def stated_fact(view: View, fact: str, text: str) -> dict[str, object]:
    """A fact about the design as typed: yes or no, a number, or a word.

    Raises:
        InvalidInput: The text is not of the fact's kind, or is empty.
    """
    return {f"design_facts.{fact}": typed_fact(fact, view.report.fact_kinds.get(fact, "str"), text)}
