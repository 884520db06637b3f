"""What an encoder in front of the language model leaves to it: share, tokens in the busiest minute, and money."""

from decimal import Decimal

from maquette.bundle.documents.capacity_figures import computed
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import percent
from maquette.bundle.figures import Figure, Sentence, clause, estimated
from maquette.bundle.runbooks.operating import operating, planned_escalation
from maquette.bundle.slots import decided
from maquette.cost.design_split import ENCODER
from maquette.cost.projection import CASES, ByCase, LineGroup
from maquette.foundation.units import readable_usd


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
        *_money(seen),
    ]


def _volume(seen: Seen, share: Decimal) -> Sentence:
    peak, limit = seen.facts.number("derived.peak_tpm"), clause(seen.facts.figure("cat.rate_limit_tpm"))
    if peak is None:
        return []
    left: Figure = computed(peak * share, "tokens/min", f"derived.peak_tpm x {share}, the share that is passed on")
    return [": ", left, " in the busiest minute", *([", of an account's ", *limit] if limit else [])]


def passed_share(seen: Seen) -> Figure | None:
    """The planned share of the traffic that comes past the encoder; None without one."""
    op = operating(seen) if decided(seen.inputs.decision).get("adaptation_first") == ENCODER else None
    if op is None:
        return None
    share, source = planned_escalation(op)
    return estimated(percent(float(share)), source)


def passed_on(seen: Seen) -> Sentence:
    """Behind a figure of all traffic: the planned share of it that comes past the encoder; empty without one."""
    return clause(" for all traffic, of which the encoder passes on ", passed_share(seen))


def cascade_month(seen: Seen) -> Figure | None:
    """What the language model costs in the first month for the share that the encoder passes on."""
    op = operating(seen) if decided(seen.inputs.decision).get("adaptation_first") == ENCODER else None
    rest = _group_month(seen, LineGroup.API) if op is not None else None
    return None if rest is None else estimated(readable_usd(rest.base), "its lines of month 1, base case")


def _group_month(seen: Seen, group: LineGroup) -> ByCase | None:
    """The chosen model's lines of one group in the first month; None without any."""
    projection, name = seen.inputs.projection, seen.roles[0].model if seen.roles else None
    lines = [
        line.amount_usd
        for line in (projection.lines if projection is not None else ())
        if line.option == name and line.month == 1 and line.group is group
    ]
    if not any(one.base for one in lines):
        return None
    return ByCase(**{case: sum((one.of(case) for one in lines), Decimal(0)) for case in CASES})


def _money(seen: Seen) -> list[Sentence]:
    rest, machines = _group_month(seen, LineGroup.API), _group_month(seen, LineGroup.HOSTING)
    if rest is None:
        return []
    base = estimated(readable_usd(rest.base), "the model's lines of month 1, base case")
    dear = estimated(readable_usd(rest.high), "the model's lines of month 1, dear case")
    beside: Sentence = []
    if machines is not None:
        hours = estimated(readable_usd(machines.base), "the machines' lines of month 1, base case")
        beside = ["; the encoder's machines take ", hours, " more"]
    return [["That rest costs ", base, " in the first month, ", dear, " in the dear case", *beside, "."]]
