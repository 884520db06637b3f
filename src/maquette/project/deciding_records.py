"""The decision's records in a project: what each was made from, and which of them a later change made stale."""

from maquette.decision.basis import Stale, bases, stale_records
from maquette.decision.record import Record, records
from maquette.project.view import View


def records_of(view: View) -> tuple[Record, ...]:
    """The records of the decision as it stands today."""
    return records(view.decision, facts=view.rule_facts, questions=view.questions)


def made_from(view: View) -> dict[str, tuple[str, ...]]:
    """Record id to what it is made from today, a line each."""
    return bases(
        view.decision,
        records_of(view),
        facts=view.rule_facts,
        questions=view.questions,
        cards=view.cards_by_option,
    )


def stale_of(view: View) -> tuple[Stale, ...]:
    """The records that no longer rest on what they were made from, with what changed.

    None while nothing is decided, nor for a decision that was made before its records' lines were kept.
    """
    choice = view.document.choice
    if choice is None or not choice.rests_on:
        return ()
    return stale_records(choice.rests_on, made_from(view), records_of(view))
