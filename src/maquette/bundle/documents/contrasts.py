"""Where two figures of one project do not go together: a stated design against a limit, a price step against a prompt.

Each is a sentence with both figures; nothing is said where one of them is unknown.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from maquette.bundle.diagrams.providers import runs_own
from maquette.bundle.documents.capacity_demand import model_share, model_tpm
from maquette.bundle.documents.long_answers import late_answers
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, estimated, figure
from maquette.bundle.gateway.view import above_the_limit
from maquette.bundle.inputs import RoleModel
from maquette.bundle.slots import decided
from maquette.catalog.quoting import steps_tok
from maquette.decision.decision import DecisionStatus
from maquette.decision.precedence import STATED, FactConflict
from maquette.decision.refusing import MINIMAL, machinery
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd

MINUTES_OF_WINDOW = 30 * 24 * 60


def contradictions(seen: Seen) -> list[Sentence]:
    """What is required or stated and cannot hold at the same time, the dearest first."""
    return [sentence for sentence, _ in contradictions_mended(seen)]


def contradictions_mended(seen: Seen) -> list[tuple[Sentence, str]]:
    """Each contradiction with what would end it."""
    first = seen.roles[0].model if seen.roles else "an option that fits"
    found = (
        (_doubtful_values, "say which of them holds, and correct the other in maquette.yaml"),
        (_stated_cost, f"plan with {first} (docs/06-cost-model.md), or raise the ceiling"),
        (_rate_limit, "ask for the peak in writing, or queue what may wait"),
        (_over_budget, "apply the levers of maquette cost levers, or take a model that fits"),
        (_without_cache, "keep the front of the prompt stable; LLMCacheCollapse tells when it is not"),
        (_slow_recovery, "recover sooner, or promise less"),
        (_price_step, "shorten the prompts, or take a model without the step"),
        (late_answers, "cap answers at that length, or size for long ones: maquette capacity size --output-p95 TOKENS"),
        (_too_many_parts, "leave the parts out"),
    )
    return [(sentence, mend) for one, mend in found for sentence in one(seen)]


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
    stated, budget = seen.facts.stated_number("cost.monthly_usd"), seen.facts.number("budget.monthly_usd")
    figures = seen.facts.stated_figure("cost.monthly_usd"), seen.facts.figure("budget.monthly_usd")
    if stated is None or not budget or stated <= budget or figures[0] is None or figures[1] is None:
        return
    if _is_accepted(seen) and seen.facts.number("cost.monthly_usd") != stated:
        return
    ratio = times(stated, budget, "cost.monthly_usd / budget.monthly_usd")
    yield ["The plan on the table costs ", figures[0], ": ", ratio, " the ceiling of ", figures[1], "."]


def _is_accepted(seen: Seen) -> bool:
    """Whether the decision is accepted: the plan that came in is history then, and stands among `settled_values`."""
    choice = seen.inputs.decision.choice if seen.inputs.decision else None
    return choice is not None and choice.status is DecisionStatus.ACCEPTED


def _is_chosen(seen: Seen) -> bool:
    return seen.inputs.decision is not None and seen.inputs.decision.choice is not None


_OF_OTHERS = frozenset({"cost.frontier_monthly_usd", "cost.tier_price_ratio"})
"""Figures of models that were not taken: once one is chosen, nothing hangs on them."""


def settled_values(seen: Seen) -> list[Sentence]:
    """What the plan states and is known otherwise since, by the decision or a measurement, or of models not chosen."""
    return [sentence for sentence, settled in _two_values(seen) if settled]


def _doubtful_values(seen: Seen) -> Iterator[Sentence]:
    """What is stated and counts although the project finds another value."""
    yield from (sentence for sentence, settled in _two_values(seen) if not settled)


def _two_values(seen: Seen) -> Iterator[tuple[Sentence, bool]]:
    """Facts that the plan states and the project knows otherwise, and whether what the project knows counts."""
    for one in seen.inputs.decision.conflicts if seen.inputs.decision else ():
        said = seen.facts.stated_figure(one.name)
        if said is None:
            continue
        stated_counts = one.taken_from == STATED
        known = one.other if stated_counts else one.taken
        source = one.other_from if stated_counts else one.taken_from
        other = seen.facts.known_figure(one.name, known, source)
        if stated_counts:
            aside = _is_chosen(seen) and one.name in _OF_OTHERS
            yield [f"{one.name}: stated as ", said, ", which counts here; ", other, f" by {source}."], aside
        else:
            words: Sentence = [f"{one.name}: the plan under review says ", said, "; ", other, f" counts, by {source}"]
            yield [*words, *_left_out(one, seen), "."], True


def _left_out(one: FactConflict, seen: Seen) -> Sentence:
    """How many parts of the plan the decision does without."""
    stated, decided_parts = seen.facts.stated_number(one.name), seen.facts.number(one.name)
    if one.name != "design.component_count" or stated is None or decided_parts is None or stated <= decided_parts:
        return []
    gone = estimated(readable_count(stated - decided_parts), f"{one.name} of the plan - {decided_parts} decided parts")
    return [": ", gone, " of them are left out"]


def _whole_rate(seen: Seen) -> Iterator[Sentence]:
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
        f": what is above it {above_the_limit(seen.policy)}.",
    ]


def _rate_limit(seen: Seen) -> Iterator[Sentence]:
    """The peak against the account: of all traffic, or beside it of what a classifier leaves."""
    limit, left = seen.facts.number("cat.rate_limit_tpm"), model_tpm(seen)
    if not limit or left is None or not model_share(seen)[1] or left[0] > limit:
        yield from _whole_rate(seen)
        return
    whole, allowed = seen.facts.figure("derived.peak_tpm"), seen.facts.figure("cat.rate_limit_tpm")
    peak = seen.facts.number("derived.peak_tpm")
    if whole is None or allowed is None or peak is None or peak <= limit:
        return
    ratio = times(peak, limit, "derived.peak_tpm / cat.rate_limit_tpm")
    yield ["All traffic on a model would peak at ", whole, ", ", ratio, " the account limit of ", allowed,
           "; behind the classifier ", left[1], " reach it."]  # fmt: skip


def _over_budget(seen: Seen) -> Iterator[Sentence]:
    projection, budget = seen.inputs.projection, seen.facts.figure("budget.monthly_usd")
    if projection is None or projection.budget_usd_month is None or budget is None:
        return
    chosen = seen.inputs.decision.choice if seen.inputs.decision else None
    for option in projection.options:
        if chosen is not None and option.option != chosen.model:
            continue
        month = option.first_month_usd
        if month is not None and month.base > projection.budget_usd_month:
            cost = estimated(readable_usd(month.base), f"cost of {option.option}, first month")
            ratio = times(month.base, projection.budget_usd_month, f"cost of {option.option}, first month / budget")
            yield [f"{option.option} costs ", cost, " in the first month, ", ratio, " the ceiling of ", budget, "."]


def _slow_recovery(seen: Seen) -> Iterator[Sentence]:
    """An outage that is within its own limit and yet takes more than a month's errors."""
    target, rto = seen.facts.number("availability.target"), seen.facts.number("availability.rto_min")
    shown = seen.facts.figure("availability.rto_min"), seen.facts.figure("availability.target")
    if target is None or rto is None or shown[0] is None or shown[1] is None or not 0 < target < 1:
        return
    allowed = (1 - target) * MINUTES_OF_WINDOW
    if rto > allowed:
        formula = f"(1 - availability.target) x {MINUTES_OF_WINDOW:,} min"
        left = estimated(f"{readable_count(Decimal(f'{allowed:.3g}'))} min", formula)
        yield ["One outage may last ", shown[0], ", but ", shown[1], " leaves ", left, " in 30 days."]


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


def fails_without_cache(seen: Seen) -> bool:
    """Whether the tokens of the chosen model alone pass the budget once no prefix is read from a cache."""
    budget, cost = seen.facts.number("budget.monthly_usd"), seen.roles[0].cost if seen.roles else None
    if not budget or cost is None:
        return False
    for flip in cost.flip:
        found = _WITHOUT_CACHE.match(flip)
        if found is not None:
            return Decimal(found[1].replace(",", "")) > budget
    return False


_WITHOUT_CACHE = re.compile(r"without prefix caching .*? cost \$([\d,.]+\d)")


def _price_step(seen: Seen) -> Iterator[Sentence]:
    step, at = seen.facts.stated_number("cat.price_step_tokens"), seen.facts.stated_figure("cat.price_step_tokens")
    if step is None or at is None or _none_steps(seen):
        return
    for name, words, effect in (
        ("tokens.input_avg", "average prompts of ", "every request pays the dear rate."),
        ("tokens.input_p99", "prompts of up to ", "the long ones pay the dear rate."),
    ):
        size, shown = seen.facts.number(name), seen.facts.figure(name)
        if size is not None and shown is not None and size > step:
            chosen = _stepping(seen, size)
            if chosen and chosen[0].card is not None and chosen[0].card.price is not None:
                card, first = chosen[0].card, min(steps_tok(chosen[0].card.price))
                at = figure(f"{readable_count(first)} tokens", card.sources.get("price", card.source))
            dear = chosen[0].model if chosen else "a model"
            yield [f"With {dear}, whose price steps up at ", at, ", ", words, shown, f" lie above it: {effect}"]
            return


def _none_steps(seen: Seen) -> bool:
    """Whether a model is chosen, and neither it nor its fallback has a price that steps up below the longest prompt."""
    longest = seen.facts.number("tokens.input_p99") or seen.facts.number("tokens.input_avg")
    chosen = seen.inputs.decision is not None and seen.inputs.decision.choice is not None
    priced = all(role.card is not None and role.card.price is not None for role in seen.roles)
    return chosen and bool(seen.roles) and priced and longest is not None and not _stepping(seen, longest)


def _stepping(seen: Seen, size: Decimal) -> list[RoleModel]:
    """The chosen model and its fallback, as far as their prices step up below ``size`` tokens."""
    return [
        role
        for role in seen.roles
        if role.card is not None and role.card.price is not None
        if any(step < size for step in steps_tok(role.card.price))
    ]


def _too_many_parts(seen: Seen) -> Iterator[Sentence]:
    stated, volume = seen.facts.number("design.component_count"), seen.facts.figure("scale.requests_per_day")
    parts = seen.facts.figure("design.component_count")
    if stated is None or parts is None or volume is None:
        return
    minimal = decided(seen.inputs.decision).get("complexity_budget") == "minimal"
    if minimal and stated > len(MINIMAL):
        formula = f"design.component_count - {len(MINIMAL)}"
        less = estimated(readable_count(stated - len(MINIMAL)), formula)
        named = [part for part in machinery(seen.facts.values) if part.startswith("the ")]
        which = f" of them, {' and '.join(named)} first" if named else " of them"
        keep = f"{which}; {', '.join(MINIMAL[:-1])} and {MINIMAL[-1]} are enough (R-SCOPE-03)."
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
