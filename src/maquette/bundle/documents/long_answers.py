"""What a long answer takes on machines that are sized for the mean one, against the limit of the whole answer."""

from collections.abc import Iterator
from math import floor

from maquette.bundle.documents.capacity_figures import computed
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import FactSheet, Figure, Sentence, estimated
from maquette.bundle.serving import ServedModel

_SLOW_FIRST = "slow end of the time to first token"


def answer_tok(one: ServedModel) -> float | None:
    """Tokens of the answer for which the sizing reckons its P95; None where its load is not known."""
    if one.demand is None:
        return None
    long_tok = one.demand.output_p95_tok
    return one.demand.output_tok if long_tok is None else long_tok


def longest_answer(one: ServedModel, facts: FactSheet) -> Figure | None:
    """The time of an answer as long as the cap allows; None where that is not longer than what is sized for."""
    longest, sized_tok = facts.number("tokens.output_max"), answer_tok(one)
    if longest is None or sized_tok is None or longest <= sized_tok:
        return None
    formula = f"{_SLOW_FIRST} + (tokens.output_max - 1) x TPOT of {one.role.model}"
    return estimated(f"{_whole_s(one, float(longest)):.1f} s", formula)


def late_answers(seen: Seen) -> Iterator[Sentence]:
    """A sentence for each sized model on which answers that the cap allows miss the limit."""
    for one in seen.served:
        yield from late_answers_of(one, seen.facts)


def late_answers_of(one: ServedModel, facts: FactSheet) -> Iterator[Sentence]:
    """Where the longest answer is late: how late, and up to which length answers are in time."""
    limit, found = facts.number("latency.p95_ms"), longest_answer(one, facts)
    longest, cap = facts.number("tokens.output_max"), facts.figure("tokens.output_max")
    asked = facts.figure("latency.p95_ms")
    if limit is None or longest is None or found is None or cap is None or asked is None:
        return
    limit_s = float(limit) / 1000
    if _whole_s(one, float(longest)) <= limit_s:
        return
    in_time = max(0, floor((limit_s - one.sized.ttft_s.high) / one.sized.tpot_s.value) + 1)
    formula = f"(latency.p95_ms - {_SLOW_FIRST}) / TPOT of {one.role.model} + 1"
    yield [
        f"{one.role.model} is sized for the mean answer: one of ",
        cap,
        " takes ",
        found,
        ", the limit is ",
        asked,
        ". It holds only while 95 of 100 answers stay within ",
        computed(in_time, "tokens", formula),
        ".",
    ]


def _whole_s(one: ServedModel, tokens: float) -> float:
    """As `maquette.capacity.sizing` reckons it: after the slow end of TTFT, at the mean pace."""
    return one.sized.ttft_s.high + max(0.0, tokens - 1) * one.sized.tpot_s.value
