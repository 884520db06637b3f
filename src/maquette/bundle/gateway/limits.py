"""What bounds a deployment: rates of a minute, the length of an answer, seconds, failures; each from a fact."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import ceil
from typing import Any

from maquette.bundle.figures import FactSheet, Figure, estimated
from maquette.bundle.gateway.model import Limits, Setting, Upkeep
from maquette.bundle.inputs import RoleModel, ServingPlan
from maquette.cost.design_split import passed_on
from maquette.foundation.units import readable_count

HALF = Decimal("0.5")
"""Of an account's limit, what a share in another group takes at the most: the rest is kept for the takeover."""

TIMEOUT_FACTOR = 2
"""A request may take twice the required P95 before it is given up: the tail beyond the P95 still gets an answer."""

RETRIES = 2
"""Repetitions of one attempt: three attempts in all, as rule R-FALL-05 has it."""

SPREAD = 5
"""Standard deviations: random arrivals pass their mean by so many less than once in a million minutes."""

FAIL_SHARE = Decimal("0.05")
"""Of a minute's requests, what may fail before a deployment rests: rule R-FALL-07 calls more an incident."""

LEAST_FAILS = 3
COOLDOWN_S = 60
"""Failures are counted by the minute, so a deployment rests for one."""

LONGEST_CHECK_S = 300
CHECKS_IN_RTO = 10
"""A failure is seen within a tenth of the time in which it must be over, and at the latest in five minutes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Longest:
    """How long the longest answer takes, in seconds, and how that is reckoned."""

    seconds: float
    formula: str


def timeout(
    facts: FactSheet, roles: tuple[RoleModel, ...], serving: Mapping[str, ServingPlan]
) -> tuple[float | None, Figure | None]:
    """Seconds of one attempt, and why; None where no latency is required.

    Twice the required P95, and at least what the longest answer takes: it is late by its length, not by a failure.
    """
    p95_ms = facts.number("latency.p95_ms")
    if p95_ms is None:
        return None, None
    longest = longest_answer(facts, roles, serving)
    seconds, formula = max(1.0, float(TIMEOUT_FACTOR * p95_ms / 1000)), "2 x latency.p95_ms, at least 1 s"
    if longest is not None and longest.seconds > seconds:
        seconds, formula = float(ceil(longest.seconds)), longest.formula
    return seconds, estimated(f"{seconds:g} s", formula)


def longest_answer(
    facts: FactSheet, roles: tuple[RoleModel, ...], serving: Mapping[str, ServingPlan]
) -> Longest | None:
    """The longest answer at the slowest pace that is known: measured, then predicted, then required; None without one.

    What is required is the pace at which an answer of the average length is whole at the P95.
    """
    most = facts.number("tokens.output_max")
    if not most:
        return None
    measured = [one.seconds for role in roles if (one := _measured(role, most))]
    predicted = [one.seconds for role in roles if (one := _predicted(role, most, serving))]
    if len(measured) == len(roles):
        return Longest(seconds=max(measured), formula="measured P95 of TTFT + tokens.output_max x P95 of TPOT")
    if len(predicted) == len(roles):
        return Longest(seconds=max(predicted), formula="sizing: TTFT + tokens.output_max x TPOT, each at its slow end")
    return _required(facts, most)


def _required(facts: FactSheet, most: Decimal) -> Longest | None:
    p95_ms, average = facts.number("latency.p95_ms"), facts.number("tokens.output_avg")
    first_ms = facts.number("latency.ttft_ms")
    if p95_ms is None or not average:
        return None
    if first_ms is None or first_ms >= p95_ms:
        formula = "latency.p95_ms x tokens.output_max / tokens.output_avg"
        return Longest(seconds=float(p95_ms * most / average / 1000), formula=formula)
    formula = "latency.ttft_ms + tokens.output_max x (latency.p95_ms - latency.ttft_ms) / tokens.output_avg"
    return Longest(seconds=float((first_ms + most * (p95_ms - first_ms) / average) / 1000), formula=formula)


def _measured(role: RoleModel, most: Decimal) -> Longest | None:
    result = role.result
    if result is None or result.ttft is None or result.tpot is None:
        return None
    return Longest(seconds=result.ttft.p95_s + float(most) * result.tpot.p95_s, formula="")


def _predicted(role: RoleModel, most: Decimal, serving: Mapping[str, ServingPlan]) -> Longest | None:
    plan = serving.get(role.card.id) if role.card else None
    if plan is None:
        return None
    return Longest(seconds=plan.sized.ttft_s.high + float(most) * plan.sized.tpot_s.high, formula="")


def timeout_check(roles: tuple[RoleModel, ...], timeout_s: float | None) -> Figure | None:
    """The measured P99 of the primary, where it is longer than an attempt may take."""
    result = roles[0].result
    measured = result.latency.p99_s if result and result.latency else None
    if timeout_s is None or measured is None or measured <= timeout_s:
        return None
    return estimated(f"{measured:g} s", f"measured P99 of {roles[0].model}: more than 1 answer in 100 is cut off")


def limits(
    facts: FactSheet,
    slots: Mapping[str, Any],
    *,
    account: bool,
    above: str,
    taken: Setting | None = None,
    parts: int = 1,
) -> Limits:
    """The limits of a deployment.

    Args:
        facts: What is known of the project.
        slots: What is decided.
        account: Whether a provider's account serves it: each has the stated limit.
        above: What happens to the requests above the limits, in words.
        taken: What another entry of the same account takes of it.
        parts: Replicas that share the load.
    """
    longest, first = facts.number("tokens.output_max"), facts.number("latency.ttft_ms")
    thin = slots.get("complexity_budget") == "minimal"
    rpm = None if thin else _rpm(facts, slots, parts)
    cap = f"tokens.output_max = {facts.readable('tokens.output_max')}; a request may ask for another number"
    wait = "2 x latency.ttft_ms, at least 1 s: no token for so long"
    streamed = first is not None and slots.get("streaming") is not False
    return Limits(
        rpm=rpm,
        tpm=_tpm(facts, rpm, account=account, above=above, taken=taken),
        above=above if rpm else None,
        bound=_bound(facts, rpm, account=account, taken=taken),
        max_tokens=_setting(longest, cap) if longest else None,
        stream_timeout=_setting(max(Decimal(1), 2 * first / 1000), wait) if streamed and first is not None else None,
    )


def _rpm(facts: FactSheet, slots: Mapping[str, Any], parts: int = 1) -> Setting | None:
    """For all traffic, or for the most that a classifier in front is taken to pass on of it."""
    peak, share = facts.number("derived.rps_peak"), passed_on(facts.values, slots)
    if not peak:
        return None
    passed = "" if share is None else f" x {share.part.high:f} (at most passed on; {share.source.ref})"
    minute = peak * 60 * (Decimal(1) if share is None else share.part.high) / parts
    most = (minute + SPREAD * minute.sqrt()).to_integral_value(ROUND_CEILING)
    mean = readable_count(Decimal(f"{minute:.3g}") if minute < 1000 else minute.to_integral_value())
    shared = f" / {parts} replicas" if parts > 1 else ""
    formula = f"derived.rps_peak x 60{passed}{shared} = {mean}, and 5 times its root, which random arrivals do not pass"
    return _setting(most, formula)


def _tpm(facts: FactSheet, rpm: Setting | None, *, account: bool, above: str, taken: Setting | None) -> Setting | None:
    length = _length(facts)
    if rpm is None or length is None:
        return None
    wanted, allowed = rpm.value * length, _allowed(facts, taken) if account else None
    if allowed is not None and allowed < wanted:
        less = f" less {readable_count(taken.value)} of its share in another group" if taken else ""
        at_most = readable_count(_whole(allowed / length))
        formula = f"cat.rate_limit_tpm{less}: {at_most} average requests; the peak wants {readable_count(wanted)}"
        return _setting(allowed, f"{formula}, the rest {above}")
    return _setting(wanted, "rpm x (tokens.input_avg + tokens.output_avg)")


def _bound(facts: FactSheet, rpm: Setting | None, *, account: bool, taken: Setting | None) -> Setting | None:
    """Average requests of a minute at which the first of both limits binds."""
    length, allowed = _length(facts), _allowed(facts, taken) if account else None
    if rpm is None or not length or allowed is None or allowed >= rpm.value * length:
        return rpm
    less = f" - {readable_count(taken.value)}" if taken else ""
    formula = f"(cat.rate_limit_tpm{less}) / (tokens.input_avg + tokens.output_avg)"
    return _setting(_whole(allowed / length), formula)


def least_prompt(facts: FactSheet) -> Decimal | None:
    """Tokens of a usual prompt: its shared prefix, or the average length where that is more."""
    known = [one for name in ("tokens.shared_prefix", "tokens.input_avg") if (one := facts.number(name)) is not None]
    return max(known, default=None)


def shared_part(facts: FactSheet, slots: Mapping[str, Any], share: Setting) -> Setting | None:
    """Tokens of a minute that a ``share`` of another group's requests takes of its account; None without a limit."""
    rpm = None if slots.get("complexity_budget") == "minimal" else _rpm(facts, slots)
    length, allowed = _length(facts), facts.number("cat.rate_limit_tpm")
    if rpm is None or not length or allowed is None:
        return None
    part = (rpm.value * length * share.value / 100).to_integral_value(ROUND_CEILING)
    if part <= allowed * HALF:
        return _setting(part, f"{share.value:f} % of rpm x (tokens.input_avg + tokens.output_avg)")
    return _setting(_whole(allowed * HALF), f"{HALF} x cat.rate_limit_tpm; the rest is kept for the takeover")


def _length(facts: FactSheet) -> Decimal | None:
    sent, received = facts.number("tokens.input_avg"), facts.number("tokens.output_avg")
    return None if sent is None or received is None else sent + received


def _allowed(facts: FactSheet, taken: Setting | None) -> Decimal | None:
    allowed = facts.number("cat.rate_limit_tpm")
    return None if allowed is None else allowed - (taken.value if taken else 0)


def _whole(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_FLOOR)


def upkeep(facts: FactSheet, slots: Mapping[str, Any], *, chained: bool) -> Upkeep | None:
    """When a deployment rests and how often it is asked for a sign of life; None where nothing could take over."""
    if not chained or slots.get("complexity_budget") == "minimal":
        return None
    mean = facts.number("derived.rps_mean")
    fails = Decimal(LEAST_FAILS)
    if mean:
        fails = max(fails, (FAIL_SHARE * mean * 60).to_integral_value(ROUND_CEILING))
    within = facts.number("availability.rto_min")
    check = None
    if slots.get("alerts") == "burn_rate":
        seconds = min(Decimal(LONGEST_CHECK_S), within * 60 / CHECKS_IN_RTO) if within else Decimal(LONGEST_CHECK_S)
        check = _setting(seconds, "a tenth of availability.rto_min, at most 300 s; 16 tokens at most from each")
    return Upkeep(
        allowed_fails=_setting(fails, "5 % (R-FALL-07) of derived.rps_mean x 60, at least 3"),
        cooldown_s=_setting(Decimal(COOLDOWN_S), "failures are counted by the minute"),
        health_s=check,
    )


def _setting(value: Decimal, formula: str) -> Setting:
    return Setting(value=value, reason=estimated(readable_count(value), formula))
