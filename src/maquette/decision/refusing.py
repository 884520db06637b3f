"""Saying no: no model is needed, the practice is prohibited, it is too small for the machinery, or it cannot be met.

Each no has its arithmetic and what would have to change. Nothing is said where a figure is unknown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.families import host
from maquette.catalog.shortlist import Shortlist
from maquette.catalog.traffic import days_per_month, least_month_usd, traffic_of
from maquette.evals.run import EvalRun
from maquette.foundation.expression import Facts, FactValue
from maquette.foundation.units import DAYS_PER_MONTH, SECONDS_PER_DAY, readable_count, readable_usd
from maquette.rules.report import RuleReport

MINUTES_PER_MONTH = 24 * 60 * DAYS_PER_MONTH
BEFORE_DECODING_MS = 300
"""Network and prefill, as the derived fact ``derived.min_decode_tps`` takes them."""

FASTEST_STREAM_TPS = 150
"""Tokens a second of one stream above which the rule R-LAT-02 calls a target out of reach."""

MINIMAL = ("a gateway", "the model", "one fallback", "an exact cache where requests repeat")
"""What the rule R-SCOPE-03 leaves of a design."""

FITS_IN_A_PROMPT_TOK = 150_000
"""A corpus up to this needs no index, by the rule R-SCOPE-03."""

COMPONENTS_FOR_GRANTED = 8
"""Components above which the rule R-SCOPE-04 asks what each is for."""


class RefusalKind(StrEnum):
    """Why not."""

    NOT_LLM = "not_llm"
    NOT_NEEDED = "not_needed"
    PROHIBITED = "prohibited"
    TOO_SMALL = "too_small"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """One no.

    Attributes:
        rule: The rule that says so; None where the figures do.
        what: One sentence.
        arithmetic: The figures behind it, a line each.
        change: What would have to change, any of these.
        facts: The facts that it rests on.
    """

    kind: RefusalKind
    rule: str | None
    what: str
    arithmetic: tuple[str, ...]
    change: tuple[str, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Uptime:
    """What a provider's agreement promises: a share of one month, and the page that says so."""

    share: Decimal
    source: str


def refusals(
    report: RuleReport,
    facts: Facts,
    shortlist: Shortlist,
    chosen: Sequence[ModelCard],
    *,
    run: EvalRun | None = None,
    uptimes: Mapping[str, Uptime] | None = None,
) -> tuple[Refusal, ...]:
    """Every no, the most fundamental first.

    Args:
        report: Of the rules over ``facts``.
        facts: What is known.
        shortlist: Who fits, who is out and why.
        chosen: The cards of the models in question: those that were chosen, or decided for.
        run: The current evaluation, for the speed that was measured.
        uptimes: Company that runs models to what it promises.
    """
    fired = {rule for rule in _SAID if (finding := report.finding(rule)) is not None and finding.counts}
    found = [*_by_rule(fired), *_not_needed(fired), _too_small(fired, facts), _too_slow(facts, run)]
    found += [_too_dear(facts, shortlist), _elsewhere(facts, chosen), _nowhere(facts, shortlist)]
    found += [_too_rarely_up(facts, chosen, uptimes or {})]
    return tuple(one for one in found if one is not None)


_SAID = ("R-SCOPE-01", "R-COMP-06", "R-SCOPE-03", "R-SCOPE-04", "R-SCOPE-05", "R-SCOPE-06")


def _by_rule(fired: Iterable[str]) -> list[Refusal | None]:
    found: list[Refusal | None] = []
    if "R-SCOPE-01" in fired:
        found.append(
            Refusal(
                kind=RefusalKind.NOT_LLM,
                rule="R-SCOPE-01",
                what="No LLM is needed: the task is not about language",
                arithmetic=("task.type is not_llm: a classical model or plain code does it for nothing a request",),
                change=("describe the task as one of language: task.type",),
                facts=("task.type",),
            )
        )
    if "R-COMP-06" in fired:
        found.append(
            Refusal(
                kind=RefusalKind.PROHIBITED,
                rule="R-COMP-06",
                what="It must not be built: the practice is prohibited",
                arithmetic=("risk.ai_act_class is prohibited (Regulation (EU) 2024/1689, Article 5)",),
                change=("another purpose that Article 5 does not name: risk.ai_act_class",),
                facts=("risk.ai_act_class",),
            )
        )
    return found


def _not_needed(fired: Iterable[str]) -> list[Refusal]:
    """Something simpler exists, or is all that is asked for: a note and a thin bundle are enough."""
    said = {
        "R-SCOPE-05": ("No architecture is needed: the integration that exists meets the need", "integration"),
        "R-SCOPE-06": ("No architecture is needed: only the prompt is to be improved", "prompt"),
    }
    return [
        Refusal(
            kind=RefusalKind.NOT_NEEDED,
            rule=rule,
            what=what,
            arithmetic=(f"design.simpler_suffices is {value}: the bundle keeps to {', '.join(MINIMAL)}",),
            change=("a requirement that this does not meet: design.simpler_suffices",),
            facts=("design.simpler_suffices",),
        )
        for rule, (what, value) in said.items()
        if rule in fired
    ]


def _too_small(fired: Iterable[str], facts: Facts) -> Refusal | None:
    """More components than so few requests need."""
    over = [rule for rule in ("R-SCOPE-04", "R-SCOPE-03") if rule in fired]
    components, requests = _number(facts, "design.component_count"), _number(facts, "scale.requests_per_day")
    if not over or requests is None:
        return None
    minimal = "R-SCOPE-03" in over
    keep = len(MINIMAL) if minimal else COMPONENTS_FOR_GRANTED
    excess = int(components or 0) - keep
    if components is not None and excess <= 0:
        return None
    second = requests / SECONDS_PER_DAY
    lines = [f"{readable_count(int(requests))} requests a day are {second:.3f} a second, day and night"]
    kept = f"that are needed ({', '.join(MINIMAL)})" if minimal else "that so few requests may have unexplained"
    if components is None:
        what = f"Too small for much machinery: {readable_count(int(requests))} requests a day"
    else:
        what = (
            f"Too small for this machinery: {int(components)} components for "
            f"{readable_count(int(requests))} requests a day: remove {excess}"
        )
        lines.append(f"{int(components)} components less {keep} {kept} leaves {excess}")
    lines += [f"not needed: {part}" for part in machinery(facts)]
    return Refusal(
        kind=RefusalKind.TOO_SMALL,
        rule=over[0],
        what=what,
        arithmetic=tuple(lines),
        change=("show for each further component the requirement that needs it", "5,000 requests a day or more"),
        facts=("scale.requests_per_day", "design.component_count"),
    )


def machinery(facts: Facts) -> list[str]:
    """What of the design the rules name as too much."""
    named: Mapping[str, tuple[FactValue, str]] = {
        "design.router": (True, "the router between models"),
        "design.cache": ("semantic", "the semantic cache"),
        "design.batch_lane": (True, "the batch lane"),
    }
    found = [words for fact, (value, words) in named.items() if facts.get(fact) == value]
    corpus = _number(facts, "knowledge.corpus_tokens")
    if corpus and corpus <= FITS_IN_A_PROMPT_TOK:
        found.append(f"a vector database: {readable_count(int(corpus))} tokens fit into the prompt")
    return found


def _too_slow(facts: Facts, run: EvalRun | None) -> Refusal | None:
    """An answer of that length within that time, one stream alone."""
    out, limit_ms = _number(facts, "tokens.output_avg"), _number(facts, "latency.p95_ms")
    if not out or limit_ms is None:
        return None
    left_s = (limit_ms - BEFORE_DECODING_MS) / 1000
    speed, whose = _fastest(run)
    if left_s > 0 and out / left_s <= speed:
        return None
    needed = "no time is left to write it" if left_s <= 0 else f"{out / left_s:.0f} tokens/s of one stream"
    most = max(0, int(speed * left_s))
    return Refusal(
        kind=RefusalKind.CONTRADICTION,
        rule="R-LAT-02",
        what=f"An answer of {_plain(out)} tokens does not fit into {_plain(limit_ms)} ms",
        arithmetic=(
            f"{_plain(out)} tokens / (({_plain(limit_ms)} ms - {BEFORE_DECODING_MS} ms) / 1000) = {needed}",
            f"at most {_plain(speed)} tokens/s: {whose}",
        ),
        change=(
            f"answers of {most} tokens at most: tokens.output_avg",
            f"{_plain((out / speed * 1000 + BEFORE_DECODING_MS).to_integral_value())} ms or more: latency.p95_ms",
            "stream, and ask for the time to the first token instead: latency.ttft_ms",
        ),
        facts=("tokens.output_avg", "latency.p95_ms"),
    )


def _fastest(run: EvalRun | None) -> tuple[Decimal, str]:
    """The fastest stream that was measured, where it is faster than what the rule takes for the most."""
    results = run.results if run else ()
    speeds = [(1 / one.tpot.p50_s, one.target_id) for one in results if one.tpot and one.tpot.p50_s]
    best, name = max(speeds, default=(0.0, ""))
    if best > FASTEST_STREAM_TPS:
        return Decimal(f"{best:.4g}") + 0, f"{name}, measured in run {run.id if run else ''}"
    return Decimal(FASTEST_STREAM_TPS), "the rule R-LAT-02"


def _too_dear(facts: Facts, shortlist: Shortlist) -> Refusal | None:
    """A budget below what the cheapest model costs, where every model that fits otherwise is priced."""
    budget, requests = _number(facts, "budget.monthly_usd"), _number(facts, "scale.requests_per_day")
    dear = [out.card for out in shortlist.exclusions if out.filter == "budget"]
    if budget is None or not requests or not dear or shortlist.candidates:
        return None
    traffic = traffic_of(facts)
    costs = [(least, card.id) for card in dear if (least := least_month_usd(card, traffic)) is not None]
    if not costs:
        return None
    least, name = min(costs)
    days = days_per_month(facts)
    monthly = requests * days
    return Refusal(
        kind=RefusalKind.CONTRADICTION,
        rule=None,
        what=f"The budget does not pay for the cheapest model: {readable_usd(budget)} against {readable_usd(least)}",
        arithmetic=(
            f"{readable_usd(budget)} / ({_plain(requests)} x {days:f}) = {readable_usd(budget / monthly)} each",
            f"{name}, the cheapest of {readable_count(len(costs))} that fit otherwise: {readable_usd(least / monthly)}",
        ),
        change=(
            f"a budget of {readable_usd(least)} a month or more: budget.monthly_usd",
            f"{_plain((requests * budget / least).to_integral_value())} requests a day at most: scale.requests_per_day",
            "shorter prompts and answers: tokens.input_avg, tokens.output_avg",
        ),
        facts=("budget.monthly_usd", "scale.requests_per_day", "tokens.input_avg", "tokens.output_avg"),
    )


def _elsewhere(facts: Facts, chosen: Sequence[ModelCard]) -> Refusal | None:
    """Data that may not leave, and a model that only others run."""
    why = [fact for fact, forbidding in _STAYS_HERE.items() if facts.get(fact) in forbidding]
    away = [card for card in chosen if card.hosting is Hosting.API]
    if not why or not away:
        return None
    return Refusal(
        kind=RefusalKind.CONTRADICTION,
        rule="R-SELF-01",
        what=f"The data must stay here, and {', '.join(card.id for card in away)} runs elsewhere",
        arithmetic=(
            *(f"{fact} is {facts[fact]}" for fact in why),
            *(f"{card.id} is reached at {host(card)} only" for card in away),
        ),
        change=("models with open weights: maquette shortlist --choose MODEL", f"the requirement: {', '.join(why)}"),
        facts=tuple(why),
    )


_STAYS_HERE: Mapping[str, tuple[FactValue, ...]] = {
    "data.residency": ("on_prem_only", "on_device"),
    "data.external_processing_allowed": (False,),
    "infra.offline_required": (True,),
}


def _nowhere(facts: Facts, shortlist: Shortlist) -> Refusal | None:
    """A region that no provider of a fitting model offers."""
    region = facts.get("data.residency")
    out = [one for one in shortlist.exclusions if one.filter == "residency"]
    if not isinstance(region, str) or region == "none" or not out or shortlist.candidates:
        return None
    return Refusal(
        kind=RefusalKind.CONTRADICTION,
        rule=None,
        what=f"No model that fits otherwise keeps the data in {region}",
        arithmetic=(f"{readable_count(len(out))} models are out for this alone, none is left",),
        change=("models with open weights on machines of your own in that region", "the region: data.residency"),
        facts=("data.residency",),
    )


def _too_rarely_up(facts: Facts, chosen: Sequence[ModelCard], uptimes: Mapping[str, Uptime]) -> Refusal | None:
    """A target above what the one provider promises, or is measured at."""
    target = _number(facts, "availability.target")
    hosts = {host(card) for card in chosen if card.hosting is Hosting.API}
    alone = len(hosts) == 1 and all(card.hosting is Hosting.API for card in chosen)
    stated = _number(facts, "design.providers_count")
    if target is None or not alone or (stated is not None and stated > 1):
        return None
    name = next(iter(hosts))
    measured = _number(facts, "ops.provider_availability")
    promised = uptimes.get(name)
    share = measured if measured is not None else promised.share if promised else None
    if share is None or share >= target:
        return None
    whose = "as measured" if measured is not None or promised is None else f"as its agreement says ({promised.source})"
    down, allowed = ((1 - one) * MINUTES_PER_MONTH for one in (share, target))
    both = 1 - (1 - share) ** 2
    return Refusal(
        kind=RefusalKind.CONTRADICTION,
        rule="R-FALL-01",
        what=f"{_plain(target * 100)} % cannot be had from {name} alone",
        arithmetic=(
            f"the target allows (1 - {_plain(target)}) x {_plain(MINUTES_PER_MONTH)} min = {allowed:.1f} min a month",
            f"{name}: {_plain(share)}, {whose}, is {down:.1f} min a month",
            f"two such providers that fail independently: 1 - (1 - {_plain(share)})^2 = {both:.6f}",
        ),
        change=("a fallback at another provider: maquette decide --fallback MODEL", "the target: availability.target"),
        facts=("availability.target",),
    )


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(facts: Facts, name: str) -> Decimal | None:
    value = facts.get(name)
    return None if value is None or isinstance(value, bool | str | tuple) else Decimal(str(value))
