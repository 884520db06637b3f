"""The figures of a project that say what a recommendation does: levers, lines of the bill, measurements, sizings.

Nothing is reckoned anew here; each figure was computed or measured by an earlier stage. A slot that a rule fills tells
which figures are its own.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from maquette.catalog.cards import Hosting
from maquette.catalog.families import host
from maquette.cost.levers import Lever, LeverKind
from maquette.cost.projection import LineGroup
from maquette.decision.effect_limits import budget_share, failures_allowed, retirement
from maquette.decision.effect_values import SAME_SHARE, Change, Known, Slot, Versus, first_month
from maquette.decision.sentences import seconds
from maquette.evals.run import TargetResult
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd, readable_count, readable_usd
from maquette.rules.effect import Axis, Direction
from maquette.rules.report import Rule

ANY = "any"
"""Of a slot whose every value is told by the same figure."""

LEVER_OF: Mapping[Slot, LeverKind] = {
    ("prefix_cache", True): LeverKind.PREFIX_CACHE,
    ("batch_lane", True): LeverKind.BATCH,
    ("cache", "exact"): LeverKind.EXACT_CACHE,
    ("cache", "semantic"): LeverKind.SEMANTIC_CACHE,
    ("router", "cascade"): LeverKind.CASCADE,
    ("model_choice", "smallest_passing"): LeverKind.SMALLER_TIER,
}
"""The lever that a slot's value pulls."""

_GROUPS: Mapping[Slot, tuple[LineGroup, str]] = {
    ("guardrails", "both"): (LineGroup.GUARDRAILS, "guarding"),
    ("knowledge", "rag"): (LineGroup.RETRIEVAL, "retrieval"),
    ("monitoring", True): (LineGroup.LOGGING, "logs"),
    ("model_status", "provisional"): (LineGroup.EVALUATION, "judging"),
    ("judge", "cross_family"): (LineGroup.EVALUATION, "judging"),
    ("migration_plan", True): (LineGroup.MIGRATION, "migration"),
    ("ft_method", "qlora"): (LineGroup.TRAINING, "training"),
    ("adaptation_first", "encoder_classifier"): (LineGroup.TRAINING, "training"),
}
"""What a slot's value puts on the bill, and with which words the projection says that it left it out."""

_CHEAPER, _DEARER = frozenset({"fast"}), frozenset({"balanced", "strong"})


def figures_of(rule: Rule, known: Known) -> Iterator[Change]:
    """Every figure of the project that says what following the rule does."""
    for slot in rule.proposes.items():
        for finder in _FINDERS:
            yield from finder(slot, known)
    yield from _all_levers(rule, known)


def _lever(slot: Slot, known: Known) -> Iterator[Change]:
    kind, table = LEVER_OF.get(slot), known.levers
    lever = next((one for one in table.levers if one.kind is kind), None) if table else None
    if table is None or lever is None or lever.saving_usd is None:
        return
    formula = f"cost of {table.option}, first month computed with and without {lever.kind.value.replace('-', ' ')}"
    source = Source(kind=SourceKind.ESTIMATED, ref=formula)
    words = _lever_words(lever, table.option)
    before, after = lever.before_usd, lever.after_usd
    months = (before, after) if before is not None and after is not None else None
    direction = _by_sign(lever.saving_usd)
    yield Change(axis=Axis.COST, direction=direction, text=words, source=source, months_usd=months)


def _lever_words(lever: Lever, option: str) -> str:
    saving, share = lever.saving_usd or Usd(0), lever.saving_share
    if not saving:
        return f"saves nothing here: {lever.rests_on[-1]}" if lever.rests_on else "saves nothing here"
    part = f" ({abs(share) * 100:.0f} %)" if share is not None else ""
    counted = {
        "in use": ", counted in the projection",
        "possible": ", not in the projection yet",
        "no saving": "",
    }.get(lever.state, f"; {lever.state}")
    other = f" with {lever.option}" if lever.option else ""
    return f"{_money(saving)} in the first month of {option}{part}{other}{counted}"


def _money(saving: Usd) -> str:
    return f"{readable_usd(abs(saving))} {'less' if saving > 0 else 'more'}"


def _by_sign(saving: Decimal) -> Direction:
    return Direction.BETTER if saving > 0 else Direction.WORSE if saving < 0 else Direction.SAME


def _all_levers(rule: Rule, known: Known) -> Iterator[Change]:
    """What all levers in a row do, of a rule that holds the month against the budget."""
    table = known.levers
    if table is None or not {"cost.monthly_usd", "budget.monthly_usd"} <= rule.when.names:
        return
    names = [step.kind.value.replace("-", " ") for step in table.steps if not step.skipped]
    source = Source(kind=SourceKind.ESTIMATED, ref=f"cost of {table.option}, first month with the levers in a row")
    if not table.saving_usd:
        text = f"no lever that is left makes {table.option} cheaper than {readable_usd(table.today_usd)} a month"
        yield Change(axis=Axis.COST, direction=Direction.SAME, text=text, source=source)
        return
    text = f"{_money(table.saving_usd)} in the first month of {table.option} with {' and '.join(names)}"
    yield Change(axis=Axis.COST, direction=Direction.BETTER, text=text, source=source)


def _lines(slot: Slot, known: Known) -> Iterator[Change]:
    """What the slot puts on the bill of the option in question, or that nobody can price it yet."""
    projection, found = known.projection, _GROUPS.get(slot)
    name = known.in_question
    if projection is None or found is None or name is None:
        return
    group, word = found
    lines = [line for line in projection.lines if line.option == name and line.group is group]
    month = sum((line.amount_usd.base for line in lines if line.month == 1), Usd(0))
    total = sum((line.amount_usd.base for line in lines), Usd(0))
    source = Source(kind=SourceKind.ESTIMATED, ref=f"cost of {name}, lines of {group.value}")
    if month:
        text = f"{readable_usd(month)} of the first month is {group.value}"
        yield Change(axis=Axis.COST, direction=Direction.WORSE, text=text, source=source)
    elif total:
        text = f"{readable_usd(total)} in {projection.horizon_months} months for {group.value}"
        yield Change(axis=Axis.COST, direction=Direction.WORSE, text=text, source=source)
    elif any(text.startswith(word) for text in projection.left_out):
        source = Source(kind=SourceKind.ESTIMATED, ref=f"cost of {name}, what the projection leaves out")
        yield Change(axis=Axis.COST, direction=None, text=f"{group.value} not priced yet", source=source)


def _tier(slot: Slot, known: Known) -> Iterator[Change]:
    """What the spread of the options makes of a tier: the cheapest beside the dearest one."""
    name, value = slot
    if name not in {"tier", "role"} or value not in _CHEAPER | _DEARER or not known.priced:
        return
    low, high = known.priced[0], known.priced[-1]
    gap = first_month(high) - first_month(low)
    if not gap:
        return
    one, other, saving = (low, high, gap) if value in _CHEAPER else (high, low, -gap)
    source = Source(kind=SourceKind.ESTIMATED, ref=f"cost of {one.option} and of {other.option}, first month of each")
    text = f"{_money(saving)} in the first month: {one.option} beside {other.option}"
    yield Change(axis=Axis.COST, direction=_by_sign(saving), text=text, source=source)


def _two_providers(slot: Slot, known: Known) -> Iterator[Change]:
    """What a second provider adds to what the first one promises, and what a request costs there."""
    model = known.in_question
    if slot != ("providers_min", 2) or model is None or not _host(model, known):
        return
    first, fallback = _host(model, known), known.fallback
    if fallback is not None and _host(fallback, known) == first:
        source = Source(kind=SourceKind.CLAIMED, ref=f"catalog, {fallback}")
        text = f"{model} and {fallback} are both run by {first}, whose outage takes down both"
        yield Change(axis=Axis.AVAILABILITY, direction=Direction.SAME, text=text, source=source)
        return
    other = fallback or next(
        (one.option for one in known.priced if _host(one.option, known) not in {None, first}), None
    )
    second = _host(other, known) if other else None
    if first is None or other is None or second is None:
        return
    if first in known.uptimes and second in known.uptimes:
        one, two = known.uptimes[first].share, known.uptimes[second].share
        formula = f"1 - (1 - {one}) x (1 - {two}), if {first} and {second} fail independently"
        text = f"{_percent(one)} promised becomes {_percent(1 - (1 - one) * (1 - two))} at most with {other}"
        source = Source(kind=SourceKind.ESTIMATED, ref=formula)
        yield Change(axis=Axis.AVAILABILITY, direction=Direction.BETTER, text=text, source=source)
    yield from _request_there(model, other, known)


def _host(model: str, known: Known) -> str | None:
    """Who runs the model for others; None where nobody does, or it is in no catalog."""
    card = known.cards.get(model)
    return host(card) if card is not None and card.hosting is Hosting.API else None


def _request_there(model: str, fallback: str, known: Known) -> Iterator[Change]:
    here, there = ({one.option: one.usd_per_request for one in known.priced}.get(name) for name in (model, fallback))
    if here is None or there is None or here == there:
        return
    source = Source(kind=SourceKind.ESTIMATED, ref=f"cost of {fallback}, a request, beside {model}")
    text = f"a request on {fallback} costs {readable_usd(there)} instead of {readable_usd(here)}"
    yield Change(axis=Axis.COST, direction=_by_sign(here - there), text=text, source=source)


def _percent(share: Decimal) -> str:
    return f"{readable_count((share * 100).normalize())} %"


_MEASURED: Mapping[Slot, tuple[Axis, str, str]] = {
    ("knowledge", "long_context"): (Axis.QUALITY, "eval.long_context_delta_points", "points lost to retrieval"),
    ("adaptation_first", "encoder_classifier"): (
        Axis.QUALITY,
        "eval.encoder_score_gap_points",
        "points behind the small LLM",
    ),
    ("cache", "semantic"): (Axis.QUALITY, "eval.cache_false_hit_rate", "of its hits are wrong"),
    ("quant", ANY): (Axis.QUALITY, "eval.quant_delta_points", "points lost to the number format"),
}
"""Slot to the fact that measures a loss by it: the axis, the fact, and how it reads; 0 is no loss."""

_SHOWN: Mapping[Slot, tuple[Axis, str, str]] = {
    ("redaction", True): (Axis.SAFETY, "eval.pii_recall", "of the personal data is found"),
    ("router", "cascade"): (Axis.QUALITY, "eval.small_pass_share", "of the requests the small model answers well"),
    ("retrieval", "hybrid_rerank"): (Axis.QUALITY, "eval.retrieval_recall_at_20", "of the sources are among the 20"),
    ("speculative", "on"): (Axis.LATENCY, "ops.spec_acceptance", "of the drafted tokens are accepted"),
    ("structured", True): (Axis.QUALITY, "eval.format_valid_rate", "of the answers have the required form"),
}
"""Slot to a measured share that goes with the rule's word and decides no direction by itself."""


def _measurements(slot: Slot, known: Known) -> Iterator[Change]:
    for table, decides in ((_MEASURED, True), (_SHOWN, False)):
        axis, fact, words = table.get(slot) or table.get((slot[0], ANY)) or (None, "", "")
        value = known.number(fact)
        if axis is None or value is None:
            continue
        shown = readable_count(value) if fact.endswith("_points") else _percent(value)
        direction = _by_sign(-value) if decides else None
        yield Change(axis=axis, direction=direction, text=f"{shown} {words}", source=_source(fact, known))


def _source(fact: str, known: Known) -> Source:
    if fact in known.stated or known.run is None or not fact.startswith("eval."):
        return Source(kind=SourceKind.CLAIMED, ref=f"stated design fact {fact}")
    return Source(kind=SourceKind.MEASURED, ref=f"run {known.run.id}")


def _own_machines(slot: Slot, known: Known) -> Iterator[Change]:
    """What the sized machines do: the slow answers against their limit, a month's rent, and whether one may fail."""
    if slot not in {("hosting", "self"), ("hosting", "hybrid")}:
        return
    model = known.model if known.model in known.served else next(iter(known.served), None)
    if model is None:
        yield from _stated_months(known)
        return
    sized = known.served[model]
    source = Source(kind=SourceKind.ESTIMATED, ref=f"sizing of {model}")
    limit, p95 = known.number("latency.p95_ms"), Decimal(str(sized.p95_s))
    direction = None if limit is None else Direction.BETTER if p95 * 1000 <= limit else Direction.WORSE
    beside = f", the limit is {seconds(limit / 1000)}" if limit is not None else ""
    text = f"an answer of mean length of {model} within {seconds(p95)} predicted{beside}"
    yield Change(axis=Axis.LATENCY, direction=direction, text=text, source=source)
    if sized.spare:
        text = f"{sized.spare} of {sized.replicas + sized.spare} replicas may fail"
        yield Change(axis=Axis.AVAILABILITY, direction=None, text=text, source=source)
    if sized.usd_per_month is not None:
        text = f"{sized.gpus} accelerators, {readable_usd(sized.usd_per_month)} a month rented"
        yield Change(axis=Axis.COST, direction=None, text=text, source=source)


def _stated_months(known: Known) -> Iterator[Change]:
    own, api = known.number("cost.selfhost_monthly_usd"), known.number("cost.api_monthly_usd")
    if own is None or api is None or own == api:
        return
    source = _source("cost.selfhost_monthly_usd", known)
    text = f"{_money(api - own)} a month than {readable_usd(api)} at an API"
    yield Change(axis=Axis.COST, direction=_by_sign(api - own), text=text, source=source)


def _streamed(slot: Slot, known: Known) -> Iterator[Change]:
    """The first word beside the whole answer, as measured."""
    result = _result(known.in_question or "", known)
    if slot[0] != "streaming" or known.run is None or result is None or result.ttft is None or result.latency is None:
        return
    first, whole = (Decimal(str(value)) for value in (result.ttft.p50_s, result.latency.p50_s))
    shown, beside = (first, whole) if slot[1] else (whole, first)
    text = f"something to read after {seconds(shown)} instead of {seconds(beside)}, half of the answers"
    source = Source(kind=SourceKind.MEASURED, ref=f"run {known.run.id}")
    yield Change(axis=Axis.LATENCY, direction=_by_sign(beside - shown), text=text, source=source)


_FINDERS: tuple[Callable[[Slot, Known], Iterator[Change]], ...] = (
    _lever,
    _lines,
    _tier,
    _two_providers,
    _measurements,
    _own_machines,
    _streamed,
    budget_share,
    failures_allowed,
    retirement,
)


def versus(model: str, other: str, known: Known) -> Versus:
    """A model beside another one; better means that ``model`` is."""
    return Versus(
        other=other,
        quality=_points(model, other, known),
        latency=_seconds(model, other, known),
        cost=_months(model, other, known),
    )


def _points(model: str, other: str, known: Known) -> Change | None:
    pair = next((one for one in known.paired if {one.first, one.second} == {model, other}), None)
    if pair is not None:
        open_ = pair.low <= 0 <= pair.high
        sign = 1 if pair.first == model else -1
        text = f"{_ahead(sign * pair.points)} ({pair.low:.1f} to {pair.high:.1f})" + (", a tie" if open_ else "")
        return Change(
            axis=Axis.QUALITY,
            direction=Direction.SAME if open_ else _by_sign(Decimal(str(sign * pair.points))),
            text=text,
            source=Source(kind=SourceKind.MEASURED, ref=f"run {pair.run}, paired"),
        )
    here, there = _result(model, known), _result(other, known)
    if known.run is None or here is None or there is None or here.score is None or there.score is None:
        return None
    points = 100 * (here.score - there.score)
    source = Source(kind=SourceKind.MEASURED, ref=f"run {known.run.id}")
    direction = _by_sign(Decimal(str(points))) if _apart(here, there) else Direction.SAME
    told = "" if direction is not Direction.SAME else ", intervals overlap"
    return Change(axis=Axis.QUALITY, direction=direction, text=f"{_ahead(points)}{told}", source=source)


def _ahead(points: float) -> str:
    return f"{abs(points):.1f} points {'behind' if points < 0 else 'ahead'}"


def _apart(here: TargetResult, there: TargetResult) -> bool:
    if here.interval is None or there.interval is None:
        return False
    return here.interval.low > there.interval.high or there.interval.low > here.interval.high


def _result(model: str, known: Known) -> TargetResult | None:
    return known.run.result(model) if known.run else None


def _seconds(model: str, other: str, known: Known) -> Change | None:
    here, there = _result(model, known), _result(other, known)
    if known.run is None or here is None or there is None or here.latency is None or there.latency is None:
        return None
    gap = Decimal(str(there.latency.p95_s)) - Decimal(str(here.latency.p95_s))
    text = f"{seconds(abs(gap))} {'sooner' if gap > 0 else 'later'}" if gap else "the same"
    source = Source(kind=SourceKind.MEASURED, ref=f"run {known.run.id}")
    return Change(axis=Axis.LATENCY, direction=_by_sign(gap), text=text, source=source)


def _months(model: str, other: str, known: Known) -> Change | None:
    months = {one.option: first_month(one) for one in known.priced}
    if model not in months or other not in months:
        return None
    gap = months[other] - months[model]
    if abs(gap) < SAME_SHARE * months[other]:
        gap = Usd(0)
    text = _money(gap) if gap else "the same"
    if gap and months[other]:
        text += f" ({abs(gap) / months[other] * 100:.0f} %)"
    source = Source(kind=SourceKind.ESTIMATED, ref=f"cost of {model}, first month, beside {other}")
    return Change(axis=Axis.COST, direction=_by_sign(gap), text=text, source=source)
