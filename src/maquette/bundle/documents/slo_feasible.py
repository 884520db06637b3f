"""Whether targets can be met: the chain's availability, and the time that an answer of that length takes.

Beside the project's own targets stand those of the common guidance, for whoever has not set one yet.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import computed, percent
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.slo_availability import chain_share
from maquette.bundle.evidence import measured
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.foundation.sources import Source, SourceKind

GUIDED_AVAILABILITY = Decimal("0.999")
GUIDED_P95_MS = Decimal(500)
FASTEST_TPS = Decimal(150)
"""Tokens a second of one stream above which a fast host is needed: rule R-LAT-02."""

FIRST_TOKEN_MS = Decimal(300)
"""The time until the first token where no target says it, as derived.min_decode_tps takes it."""

UNMEASURED = "not known: nothing is measured"
_GUIDANCE = Source(kind=SourceKind.CLAIMED, ref="common guidance, operations targets (G3)")


def feasible(seen: Seen) -> list[Mapping[str, Any]]:
    """A row a target: what is wanted, what it takes, and whether that is to be had; empty while nothing is chosen."""
    return [*_availability(seen), *_latency(seen)] if seen.roles else []


def _availability(seen: Seen) -> Iterator[Mapping[str, Any]]:
    own, shown = seen.facts.number("availability.target"), seen.facts.figure("availability.target")
    best = chain_share(seen)
    if best is None:
        return
    chain = estimated(percent(best[0]), best[1])
    needs: Sentence = [f"{' and '.join(role.model for role in seen.roles)} at the most ", chain]
    if own is not None and shown is not None:
        yield _row("availability", [shown], needs, _holds(best[0] >= own))
    if own != GUIDED_AVAILABILITY:
        guided = figure(percent(GUIDED_AVAILABILITY), _GUIDANCE)
        yield _row("availability, guidance", [guided], needs, _holds(best[0] >= GUIDED_AVAILABILITY))


def _latency(seen: Seen) -> Iterator[Mapping[str, Any]]:
    own, shown = seen.facts.number("latency.p95_ms"), seen.facts.figure("latency.p95_ms")
    result = seen.roles[0].result
    found = result.latency.p95_s if result is not None and result.latency is not None else None
    if own is not None and shown is not None:
        yield _timed(seen, "P95 of whole answers", own, shown, found)
    yield from _first_token(seen)
    if own != GUIDED_P95_MS:
        guided = figure(f"{GUIDED_P95_MS} ms", _GUIDANCE)
        yield _timed(seen, "P95 of whole answers, guidance", GUIDED_P95_MS, guided, found)


def _first_token(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The first token's own row: measured, predicted for machines of one's own, or resting on nothing yet."""
    own, shown = seen.facts.number("latency.ttft_ms"), seen.facts.figure("latency.ttft_ms")
    if own is None or shown is None:
        return
    result, run = seen.roles[0].result, seen.inputs.run
    served = next((one.sized for one in seen.served if one.role.role == seen.roles[0].role), None)
    name = "first token"
    if run is not None and result is not None and result.ttft_p50_s is not None:
        found = measured(f"P50 {result.ttft_p50_s:.3g} s", run)
        late = Decimal(str(result.ttft_p50_s)) * 1000 > own
        yield _row(name, [shown], ["measured ", found], "cannot be met" if late else "not known: no P95 was measured")
    elif served is not None:
        most = served.ttft_s.high
        found = estimated(f"{1000 * most:.0f} ms", "roofline prediction, upper end of its 80 % interval")
        yield _row(name, [shown], ["predicted up to ", found], f"{_holds(Decimal(str(most)) * 1000 <= own)}, predicted")
    else:
        yield _row(name, [shown], ["no measurement of it"], UNMEASURED)


def _timed(seen: Seen, name: str, limit_ms: Decimal, shown: Figure, found_s: float | None) -> Mapping[str, Any]:
    """What was measured decides; without it the pace that the answer's length asks for."""
    needs = _pace(seen, limit_ms)
    rate = _rate(seen, limit_ms)
    run = seen.inputs.run
    if found_s is not None and run is not None:
        told: Sentence = [*needs, "; measured " if needs else "measured ", measured(f"{found_s:.3g} s", run)]
        return _row(name, [shown], told, _holds(Decimal(str(found_s)) * 1000 <= limit_ms))
    served = next((one.sized for one in seen.served if one.role.role == seen.roles[0].role), None)
    tokens = seen.facts.number("tokens.output_avg")
    if served is not None and tokens:
        most = Decimal(str(served.ttft_s.high)) + tokens * Decimal(str(served.tpot_s.high))
        usual = estimated(f"{most:.3g} s", "roofline prediction at the upper end, for an answer of tokens.output_avg")
        predicted: Sentence = [
            *needs,
            "; predicted " if needs else "predicted ",
            usual,
            " for an answer of usual length",
        ]
        return _row(name, [shown], predicted, f"{_holds(most * 1000 <= limit_ms)}, predicted")
    verdict = "not known: the answer's length is not" if rate is None else _paced(rate)
    return _row(name, [shown], needs, verdict)


def _paced(rate: Decimal) -> str:
    """A pace that hosts offer is no proof; one that only fast hosts offer is against it."""
    if rate <= 0:
        return "no: the first token takes all of it"
    return UNMEASURED if rate <= FASTEST_TPS else "cannot be met"


def _rate(seen: Seen, limit_ms: Decimal) -> Decimal | None:
    """Tokens a second of one stream; 0 where nothing is left after the first token; None without a length."""
    tokens = seen.facts.number("tokens.output_avg")
    if not tokens:
        return None
    first = seen.facts.number("latency.ttft_ms")
    left = limit_ms - (first if first is not None else FIRST_TOKEN_MS)
    return tokens * 1000 / left if left > 0 else Decimal(0)


def _pace(seen: Seen, limit_ms: Decimal) -> Sentence:
    rate = _rate(seen, limit_ms)
    length = seen.facts.figure("tokens.output_avg")
    if rate is None or length is None:
        return []
    first = seen.facts.figure("latency.ttft_ms")
    if rate <= 0:
        return [*clause("first token ", first), " alone takes longer"]
    until = "latency.ttft_ms" if first is not None else f"{FIRST_TOKEN_MS} ms"
    pace = computed(rate, "tokens/s", f"1000 x tokens.output_avg / ({limit_ms} ms - {until})")
    return [length, " at ", pace, *clause(" after a first token of ", first)]


def _holds(can: bool) -> str:
    return "can be met" if can else "cannot be met"


def _row(target: str, wanted: Sentence, needs: Sentence, verdict: str) -> Mapping[str, Any]:
    return {"target": target, "wanted": list(wanted), "needs": list(needs), "verdict": verdict}
