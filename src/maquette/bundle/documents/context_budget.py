"""How a model's window is shared out: prefix, passages, history, answer; when it is full, and when it is compacted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import computed
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import percent
from maquette.bundle.figures import Figure, estimated, figure
from maquette.bundle.inputs import RoleModel
from maquette.bundle.slots import decided
from maquette.catalog.cards import ModelCard
from maquette.catalog.media_facts import ASKED, media_input, media_tok
from maquette.catalog.quoting import steps_tok
from maquette.catalog.traffic import new_tok_of_a_turn
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

COMPACT_SHARE = Decimal("0.5")
"""The share of a window that is used at the most: rule R-CTX-04 compacts at 25 to 50 %."""

KEPT_SHARE = Decimal("0.5")
"""Of the length at which a session is compacted, what is left of it: the lower end of the same rule."""

SUMMARY_TOK = Decimal(2000)
"""The rolling summary and the pinned facts together: a parameter, which the evaluation of recall proves."""

PASSAGES = Decimal(20)
"""Passages that a search leaves for the prompt: rule R-RAG-01 reranks a hundred to twenty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """How a prompt grows. Turn t sends the shared prefix and t parts: P + g t.

    Attributes:
        turn_tok: g, what a turn adds.
        answer_tok: Kept free for the answer.
    """

    prefix_tok: Decimal
    turn_tok: Decimal
    turns: Decimal
    answer_tok: Decimal

    def prompt_tok(self, turn: Decimal) -> Decimal:
        """The prompt of that turn."""
        return self.prefix_tok + self.turn_tok * turn

    def turns_within(self, limit_tok: Decimal) -> int:
        """The last turn whose prompt and answer fit."""
        return max(0, int((limit_tok - self.prefix_tok - self.answer_tok) // self.turn_tok))


def session_of(seen: Seen) -> Session | None:
    """The sessions of the project; None where each request stands alone, or a length is unknown."""
    facts = seen.facts
    average, turns = facts.number("tokens.input_avg"), facts.number("context.turns_avg")
    answer = answer_tok(seen)
    if facts.values.get("context.multi_turn") is not True or average is None or answer is None:
        return None
    if turns is None or turns < 2:
        return None
    prefix = min(facts.number("tokens.shared_prefix") or Decimal(0), average)
    added = new_tok_of_a_turn(average, prefix, turns)
    if added <= 0:
        return None
    return Session(prefix_tok=prefix, turn_tok=added, turns=turns, answer_tok=answer)


def answer_tok(seen: Seen) -> Decimal | None:
    """What is kept free for the answer: the cap, or twice the average where there is none."""
    cap, average = seen.facts.number("tokens.output_max"), seen.facts.number("tokens.output_avg")
    return cap if cap is not None else None if average is None else 2 * average


def retrieved_tok(seen: Seen) -> Decimal | None:
    """Tokens of the passages in a prompt; None where no index is searched."""
    plan = seen.inputs.index
    if plan is None or decided(seen.inputs.decision).get("retrieval") != "hybrid_rerank":
        return None
    return PASSAGES * plan.chunks.tok.base


def compact_at(card: ModelCard, session: Session) -> tuple[Decimal, str] | None:
    """The prompt at which a session is compacted on that model, and what sets it; None without a known window."""
    if card.context_tok is None:
        return None
    most = Decimal(card.context_tok) * COMPACT_SHARE
    steps = [step for step in (steps_tok(card.price) if card.price else ()) if step > session.prompt_tok(Decimal(2))]
    if steps and steps[0] < most:
        return Decimal(steps[0]), f"price step of {card.id}, below {COMPACT_SHARE} x its window (R-CTX-04)"
    return most, f"{COMPACT_SHARE} x window of {card.id} (R-CTX-04)"


def tightest(seen: Seen, session: Session) -> tuple[Decimal, str] | None:
    """The lowest of these over primary and fallback: a session must survive a change of the model."""
    found = [one for role in seen.roles if role.card for one in [compact_at(role.card, session)] if one is not None]
    return min(found, default=None)


def window_turns(session: Session, trigger_tok: Decimal) -> int:
    """The size of the sliding window: turns that stay word for word when a session is compacted, two at least."""
    room = trigger_tok * KEPT_SHARE - session.prefix_tok - SUMMARY_TOK
    return max(2, int(room // session.turn_tok))


def budget_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """A row for each model: its window and what takes it up."""
    models = [*seen.roles, *_compared(seen)]
    return [row for role in models for row in _row(seen, role)]


def _compared(seen: Seen) -> Iterator[RoleModel]:
    """The models that were compared and play no role."""
    held = {role.model for role in seen.roles}
    for option in seen.inputs.decision.options if seen.inputs.decision else ():
        candidate = seen.inputs.shortlist.candidate(option.model) if seen.inputs.shortlist else None
        if option.model not in held and candidate is not None and seen.roles:
            yield RoleModel(
                role="compared", model=option.model, target=None, card=candidate.card, result=None, cost=None
            )


def _row(seen: Seen, role: RoleModel) -> Iterator[Mapping[str, Any]]:
    facts, answer, average = seen.facts, answer_tok(seen), seen.facts.number("tokens.input_avg")
    if role.card is None or role.card.context_tok is None or answer is None or average is None:
        return
    window, longest = Decimal(role.card.context_tok), facts.number("tokens.input_p99") or average
    prefix = min(facts.number("tokens.shared_prefix") or Decimal(0), average)
    named = "tokens.input_p99" if facts.number("tokens.input_p99") is not None else "tokens.input_avg"
    session, passages = session_of(seen), retrieved_tok(seen) or Decimal(0)
    rest, less = longest - prefix - passages, " - passages" if passages else ""
    if rest <= 0 < passages:  # The stated length was that of a prompt without them.
        longest, named, rest, less = (
            longest + passages,
            f"{named} + passages, which it cannot hold",
            rest + passages,
            "",
        )
    beside = sum((tok for _, tok in media_tok(role.card, media_input(facts.values))), Decimal(0))
    left = window - longest - beside - answer
    more = " - pictures, pages, sound and film" if beside else ""
    formula = f"context of {role.model} - ({named}){more} - answer"
    yield {
        "model": role.model,
        "role": role.role,
        "window": figure(f"{readable_count(window)} tokens", role.card.source),
        "prefix": facts.figure("tokens.shared_prefix"),
        "passages": _passages(passages) if passages else None,
        "beside": _beside(seen, role.card, beside) if beside else None,
        "rest": computed(rest, "tokens", f"{named.partition(' + ')[0]} - tokens.shared_prefix{less}"),
        "answer": facts.figure("tokens.output_max")
        or computed(answer, "tokens", "2 x tokens.output_avg, as no cap is known"),
        "left": computed(left, "tokens", formula) if left >= 0 else estimated("none: too long", formula),
        "share": estimated(
            percent(float((longest + beside + answer) / window)),
            f"({named}{' + pictures, pages, sound and film' if beside else ''} + answer) / context of {role.model}",
        ),
        **(_growing(role.card, session) if session else {}),
    }


def _beside(seen: Seen, card: ModelCard, total: Decimal) -> Figure:
    """What goes in beside the text, in this model's tokens."""
    asked = {one.medium: one.fact for one in ASKED}
    brought = media_input(seen.facts.values)
    parts = (f"{asked[medium]} at {readable_count(tok)} tokens" for medium, tok in media_tok(card, brought))
    return computed(total, "tokens", f"{' + '.join(parts)} (rule for {card.id} in catalog/media)")


def _passages(passages: Decimal) -> Figure:
    return computed(passages, "tokens", f"{PASSAGES} passages (R-RAG-01) x tokens of a chunk")


def _growing(card: ModelCard, session: Session) -> Mapping[str, Any]:
    """When the window is full, and at which prompt and turn it is compacted."""
    assert card.context_tok is not None  # checked by the caller
    full = f"(context of {card.id} - prefix - answer) / tokens that a turn adds"
    trigger = compact_at(card, session)
    assert trigger is not None  # the window is known
    length, why = trigger
    turns = session.turns_within(length + session.answer_tok)
    return {
        "full_turn": estimated(
            f"turn {readable_count(Decimal(session.turns_within(Decimal(card.context_tok))))}", full
        ),
        "trigger": computed(length, "tokens", why),
        "trigger_turn": estimated(f"turn {readable_count(Decimal(turns))}", f"({why} - prefix) / a turn"),
    }


def assumed(text: str, why: str) -> Figure:
    """A parameter of this design with why it was set so."""
    return figure(text, Source(kind=SourceKind.ASSUMED, ref=why))
