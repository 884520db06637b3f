"""Where two figures of one project do not go together: a stated design against a limit, a price step against a prompt.

Each is a sentence with both figures; nothing is said where one of them is unknown.
"""

from collections.abc import Iterator
from decimal import Decimal

from maquette.bundle.diagrams.providers import runs_own
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, estimated, figure
from maquette.bundle.slots import decided
from maquette.catalog.quoting import steps_tok
from maquette.decision.refusing import MINIMAL
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd


def contradictions(seen: Seen) -> list[Sentence]:
    """What is required or stated and cannot hold at the same time, the dearest first."""
    found = (_stated_cost, _rate_limit, _over_budget, _without_cache, _price_step, _too_many_parts)
    return [sentence for one in found for sentence in one(seen)]


def hosting_notes(seen: Seen) -> list[Sentence]:
    """Whether the law or a policy of one's own keeps the data from a processor.

    HIPAA lets a business associate process health data under contract: 45 CFR 164.502(e).
    """
    allowed = seen.facts.figure("data.external_processing_allowed")
    if seen.facts.values.get("data.external_processing_allowed") is not False or allowed is None:
        return []
    found: list[Sentence] = [["Hosting follows from a policy: third parties may process the data: ", allowed, "."]]
    regimes = seen.facts.values.get("compliance.regimes")
    if isinstance(regimes, tuple) and "hipaa" in regimes:
        law = figure("allow a processor", Source(kind=SourceKind.CLAIMED, ref="45 CFR 164.502(e)"))
        contract = " under a business associate agreement: the policy forces self-hosting."
        found.append(["The law alone would ", law, contract])
        found.append(["Asked: who set the policy, and does it stand? Its end reopens this record."])
    return found


def law_notes(seen: Seen) -> list[Sentence]:
    """What :func:`hosting_notes` says, and whether software that bears on care is a medical device."""
    regimes, rights = seen.facts.values.get("compliance.regimes"), seen.facts.figure("risk.affects_rights")
    found = hosting_notes(seen)
    health = isinstance(regimes, tuple) and "hipaa" in regimes
    if health and rights is not None and seen.facts.values.get("risk.affects_rights") is True:
        law = figure("21 U.S.C. 360j(o)(1)(E)", Source(kind=SourceKind.CLAIMED, ref="21 U.S.C. 360j(o)(1)(E)"))
        asked = "Asked of counsel: is it a medical device? Answers bear on people's rights or health: "
        found.append([asked, rights, "; ", law, " says which decision support is none."])
    return found


def own_batch_lane(seen: Seen) -> Sentence:
    """Where requests that may wait run when every model is served on machines of one's own; empty otherwise."""
    late, peak = seen.facts.figure("derived.rps_batch"), seen.facts.figure("derived.rps_peak")
    if not seen.facts.number("derived.rps_batch") or late is None or peak is None:
        return []
    if not seen.roles or not all(runs_own(role) for role in seen.roles):
        return []
    return [
        "No provider's batch price applies to machines of one's own: ",
        late,
        " that may wait run at low priority on the replicas that bear ",
        peak,
        " at the peak.",
    ]


def times(numerator: Decimal, denominator: Decimal, formula: str) -> Figure:
    """How many times one is the other: "17.7 times"."""
    return estimated(f"{readable_count(Decimal(f'{numerator / denominator:.3g}'))} times", formula)


def _stated_cost(seen: Seen) -> Iterator[Sentence]:
    stated, budget = seen.facts.number("cost.monthly_usd"), seen.facts.number("budget.monthly_usd")
    figures = seen.facts.figure("cost.monthly_usd"), seen.facts.figure("budget.monthly_usd")
    if stated is None or not budget or stated <= budget or figures[0] is None or figures[1] is None:
        return
    ratio = times(stated, budget, "cost.monthly_usd / budget.monthly_usd")
    yield ["The plan on the table costs ", figures[0], ": ", ratio, " the ceiling of ", figures[1], "."]


def _rate_limit(seen: Seen) -> Iterator[Sentence]:
    peak, limit = seen.facts.number("derived.peak_tpm"), seen.facts.number("cat.rate_limit_tpm")
    figures = seen.facts.figure("derived.peak_tpm"), seen.facts.figure("cat.rate_limit_tpm")
    if peak is None or not limit or peak <= limit or figures[0] is None or figures[1] is None:
        return
    ratio = times(peak, limit, "derived.peak_tpm / cat.rate_limit_tpm")
    yield [
        "The peak of ",
        figures[0],
        " is ",
        ratio,
        " the account limit of ",
        figures[1],
        ": requests would be refused.",
    ]


def _over_budget(seen: Seen) -> Iterator[Sentence]:
    projection, budget = seen.inputs.projection, seen.facts.figure("budget.monthly_usd")
    if projection is None or projection.budget_usd_month is None or budget is None:
        return
    for option in projection.options:
        month = option.first_month_usd
        if month is not None and month.base > projection.budget_usd_month:
            cost = estimated(readable_usd(month.base), f"cost of {option.option}, first month")
            ratio = times(month.base, projection.budget_usd_month, f"cost of {option.option}, first month / budget")
            yield [f"{option.option} costs ", cost, " in the first month, ", ratio, " the ceiling of ", budget, "."]


def _without_cache(seen: Seen) -> Iterator[Sentence]:
    """What the chosen model costs once no prefix is read from a cache: the budget may hang on it."""
    cost = seen.roles[0].cost if seen.roles else None
    for flip in cost.flip if cost else ():
        if cost is not None and flip.startswith("without prefix caching"):
            yield [
                f"{cost.option}: ",
                estimated(flip, f"cost of {cost.option}, every input token at the full price"),
                ".",
            ]


def _price_step(seen: Seen) -> Iterator[Sentence]:
    step, at = seen.facts.number("cat.price_step_tokens"), seen.facts.figure("cat.price_step_tokens")
    if step is None or at is None:
        return
    for name, words, effect in (
        ("tokens.input_avg", "average prompts of ", "every request pays the dear rate."),
        ("tokens.input_p99", "prompts of up to ", "the long ones pay the dear rate."),
    ):
        size, shown = seen.facts.number(name), seen.facts.figure(name)
        if size is not None and shown is not None and size > step:
            spared = _spared(seen, size)
            yield ["With a model whose price steps up at ", at, ", ", words, shown, f" lie above it: {effect}{spared}"]
            return


def _spared(seen: Seen, size: Decimal) -> str:
    """Said of a chosen model whose own price has no step up to ``size`` tokens."""
    card = seen.roles[0].card if seen.roles else None
    if card is None or card.price is None or any(step < size for step in steps_tok(card.price)):
        return ""
    return f" {seen.roles[0].model} has no such step."


def _too_many_parts(seen: Seen) -> Iterator[Sentence]:
    stated, volume = seen.facts.number("design.component_count"), seen.facts.figure("scale.requests_per_day")
    parts = seen.facts.figure("design.component_count")
    if stated is None or parts is None or volume is None:
        return
    minimal = decided(seen.inputs.decision).get("complexity_budget") == "minimal"
    if minimal and stated > len(MINIMAL):
        formula = f"design.component_count - {len(MINIMAL)}"
        less = estimated(readable_count(stated - len(MINIMAL)), formula)
        keep = f" of them; {', '.join(MINIMAL[:-1])} and {MINIMAL[-1]} are enough (R-SCOPE-03)."
        yield ["The plan on the table has ", parts, " components for ", volume, ": remove ", less, keep]
        return
    kept = len(seen.policy.deployments) + 2 if seen.policy else None
    if kept is None or stated <= kept:
        return
    gone = estimated(readable_count(stated - kept), f"design.component_count - {kept} containers that are decided here")
    yield [
        "The plan on the table has ",
        parts,
        " components for ",
        volume,
        ": ",
        gone,
        " of them are not needed by any requirement.",
    ]
