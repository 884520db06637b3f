"""What an encoder in front of the language model leaves to it: share, tokens in the busiest minute, and money."""

from decimal import Decimal

from maquette.bundle.documents.capacity_figures import computed
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import percent
from maquette.bundle.figures import Figure, Sentence, clause, estimated
from maquette.bundle.runbooks.operating import operating, planned_escalation
from maquette.bundle.slots import decided
from maquette.foundation.units import readable_usd

ENCODER = "encoder_classifier"


def cascade_notes(seen: Seen) -> list[Sentence]:
    """Empty where no encoder is decided or no model chosen for the rest."""
    op = operating(seen) if decided(seen.inputs.decision).get("adaptation_first") == ENCODER else None
    if op is None or not seen.roles:
        return []
    share, source = planned_escalation(op)
    first = estimated(percent(float(1 - share)), f"1 - the share that is passed on: {source}")
    rest = estimated(percent(float(share)), source)
    model = seen.roles[0].model
    return [
        [
            "The encoder answers ",
            first,
            " of the traffic and passes ",
            rest,
            f" on to {model}",
            *_volume(seen, share),
            ".",
        ],
        *_money(seen, share),
    ]


def _volume(seen: Seen, share: Decimal) -> Sentence:
    peak, limit = seen.facts.number("derived.peak_tpm"), clause(seen.facts.figure("cat.rate_limit_tpm"))
    if peak is None:
        return []
    left: Figure = computed(peak * share, "tokens/min", f"derived.peak_tpm x {share}, the share that is passed on")
    return [": ", left, " in the busiest minute", *([", of an account's ", *limit] if limit else [])]


def passed_on(seen: Seen) -> Sentence:
    """Behind a figure of all traffic: the planned share of it that comes past the encoder; empty without one."""
    op = operating(seen) if decided(seen.inputs.decision).get("adaptation_first") == ENCODER else None
    if op is None:
        return []
    share, source = planned_escalation(op)
    return [" for all traffic, of which the encoder passes on ", estimated(percent(float(share)), source)]


def cascade_month(seen: Seen) -> Figure | None:
    """What the language model costs in the first month for the share that the encoder passes on."""
    op = operating(seen) if decided(seen.inputs.decision).get("adaptation_first") == ENCODER else None
    month = seen.roles[0].cost.first_month_usd if seen.roles and seen.roles[0].cost else None
    if op is None or month is None or not month.base:
        return None
    share, _ = planned_escalation(op)
    formula = f"{share} x the first month of {seen.roles[0].model} for all traffic"
    return estimated(readable_usd(month.base * share), f"{formula}, {readable_usd(month.base)}")


def _money(seen: Seen, share: Decimal) -> list[Sentence]:
    cost = seen.roles[0].cost
    month = cost.first_month_usd if cost else None
    if month is None or not month.base:
        return []
    formula = f"{share} x the first month of {seen.roles[0].model} for all traffic"
    base = estimated(readable_usd(month.base * share), f"{formula}, {readable_usd(month.base)}")
    dear = estimated(readable_usd(month.high * share), f"{formula}, dear case {readable_usd(month.high)}")
    return [
        [
            "That rest costs ",
            base,
            " in the first month, ",
            dear,
            " in the dear case; the encoder's machines come on top.",
        ]
    ]
