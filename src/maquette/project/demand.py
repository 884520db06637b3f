"""The load that a project's answers describe, as a sizing asks for it; what no answer says is assumed, and said."""

from dataclasses import dataclass
from decimal import Decimal

from maquette.capacity.sizing import UTILISATION, Demand
from maquette.catalog.traffic import new_tok_of_a_turn
from maquette.foundation.expression import Facts
from maquette.foundation.problems import InvalidInput, Place

LONGEST_OF_MEAN = 4
"""The longest prompt as a multiple of the mean where nobody says: long tails of prompts are of that order."""

_NEEDED = {
    "derived.rps_peak": "scale.requests_per_day",
    "tokens.input_avg": "tokens.input_avg",
    "tokens.output_avg": "tokens.output_avg",
}
"""What a sizing cannot do without, and the question whose answer gives it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedLoad:
    """The load at launch, in the busiest minute.

    Attributes:
        assumed: What stands in for answers, a sentence each.
    """

    demand: Demand
    assumed: tuple[str, ...]


def asked_load(facts: Facts) -> AskedLoad:
    """The load of a project.

    Raises:
        InvalidInput: An answer is missing that no assumption can stand in for (every one is named), or a request is
            said to have no tokens.
    """
    missing = [question for fact, question in _NEEDED.items() if _number(facts, fact) is None]
    if missing:
        raise InvalidInput(
            f"the load is not known: {', '.join(missing)} has no answer",
            place=Place(file="maquette.yaml", field=missing[0]),
            fix=f"Answer it: maquette set {missing[0]}=NUMBER.",
        )
    assumed: list[str] = []
    mean_in, mean_out = _known(facts, "tokens.input_avg"), _known(facts, "tokens.output_avg")
    _check(mean_in, mean_out)
    longest_in, longest_out = _number(facts, "tokens.input_p99"), _number(facts, "tokens.output_max")
    if longest_in is None:
        longest_in = LONGEST_OF_MEAN * mean_in
        assumed.append(f"the longest prompt is {LONGEST_OF_MEAN} times the mean (tokens.input_p99 is open)")
    if longest_out is None:
        longest_out = LONGEST_OF_MEAN * mean_out
        assumed.append(f"the longest answer is {LONGEST_OF_MEAN} times the mean (tokens.output_max is open)")
    assumed.append(f"the busiest minute takes at most {UTILISATION:.0%} of what the replicas bear")
    cached = _cached_share(facts, mean_in, assumed)
    ttft_ms, p95_ms = _number(facts, "latency.ttft_ms"), _number(facts, "latency.p95_ms")
    demand = Demand(
        rate_per_s=_known(facts, "derived.rps_peak"),
        input_tok=mean_in,
        output_tok=mean_out,
        longest_tok=round(max(longest_in, mean_in) + max(longest_out, mean_out)),
        ttft_s=None if ttft_ms is None else ttft_ms / 1000,
        p95_s=None if p95_ms is None else p95_ms / 1000,
        utilisation=UTILISATION,
        prefix_share=cached,
    )
    return AskedLoad(demand=demand, assumed=tuple(assumed))


def _cached_share(facts: Facts, mean_in: float, assumed: list[str]) -> float:
    """The share of a prompt that the prefix cache answers: the shared prefix, and in a conversation what was said.

    Of a history that is only appended to, only what a turn adds is new.
    """
    prefix = min(_number(facts, "tokens.shared_prefix") or 0.0, mean_in)
    turns = _number(facts, "context.turns_avg")
    if facts.get("context.multi_turn") is not True or turns is None or turns <= 1:
        return prefix / mean_in
    share = 1.0 - new_tok_of_a_turn(mean_in, prefix, turns) / mean_in
    assumed.append(
        f"a conversation's history is only appended to and stays cached between its {turns:g} turns: "
        f"{share:.0%} of a prompt is not computed again (context.turns_avg)"
    )
    return share


def _check(mean_in: float, mean_out: float) -> None:
    for name, value in (("tokens.input_avg", mean_in), ("tokens.output_avg", mean_out)):
        if value <= 0:
            raise InvalidInput(
                f"{name} is {value:g}: a request without a prompt or without an answer cannot be sized",
                place=Place(file="maquette.yaml", field=name),
                fix=f"Give the tokens: maquette set {name}=NUMBER.",
            )


def _known(facts: Facts, name: str) -> float:
    value = _number(facts, name)
    assert value is not None  # checked by the caller
    return value


def _number(facts: Facts, name: str) -> float | None:
    value = facts.get(name)
    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None
