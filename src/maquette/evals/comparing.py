"""Two or more targets over the same items: who is better, who is good enough, and what is still too little to say.

Pure: scores go in as mappings, a `Comparison` comes out, the same one for the same input. Runs are read elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import ceil

from maquette.evals import comparing_words as words
from maquette.evals.comparison import Comparison, Finding, Pair, Slice, Standing
from maquette.evals.gating_settings import MARGIN
from maquette.evals.model_size import UNKNOWN_SIZE, ModelSize
from maquette.evals.run import Verdict
from maquette.evals.statistics.clusters import names_of
from maquette.evals.statistics.gates import Gate, GateVerdict, gate_of
from maquette.evals.statistics.graded import difference
from maquette.evals.statistics.multiple import benjamini_hochberg, holm
from maquette.evals.statistics.planning import examples_to_find, more_to_decide
from maquette.evals.statistics.proportions import ClusteredRate, clustered_rate, half_width, verdict
from maquette.evals.statistics.ranking import RankInterval, rank_intervals
from maquette.evals.statistics.values import LEVEL, Difference
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.foundation.units import Usd

__all__ = ["MARGIN", "SEED", "Scores", "compare", "find"]

Scores = Mapping[str, float | None]
"""Example id to a score from 0 to 1; None where a metric could not score."""


SEED = 0
"""Of resamples and random signs: the same scores give the same comparison."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Given:
    """What was asked for, passed along."""

    scores: Mapping[str, Scores]
    clusters: Mapping[str, str]
    strata: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, Mapping[str, str]]
    costs_usd: Mapping[str, Usd | None]
    sizes: Mapping[str, ModelSize]
    margin: float
    threshold: float | None

    def clusters_of(self, items: Sequence[str]) -> list[str] | None:
        """The cluster of each item; one that is in none stands alone."""
        return names_of(items, self.clusters)


def compare(  # noqa: PLR0913  # what a comparison may know, by name
    scores: Mapping[str, Scores],
    *,
    baseline: str | None = None,
    clusters: Mapping[str, str] | None = None,
    strata: Mapping[str, str] | Mapping[str, Sequence[str]] | None = None,
    left_out: Mapping[str, Mapping[str, str]] | None = None,
    costs_usd: Mapping[str, Usd | None] | None = None,
    sizes: Mapping[str, ModelSize] | None = None,
    margin: float = MARGIN,
    threshold: float | None = None,
) -> Comparison:
    """Compare targets over the items that they share.

    Args:
        scores: Target to its scores.
        baseline: What the others are held against; None compares all pairs, and gates hold against the best.
        clusters: Example id to its document, or to the example of which it is a repeat; others stand alone.
        strata: Example id to its stratum, or to several, in each of which it counts; others are in no slice.
        left_out: Target to examples that it does not share with the others although they have the same id, and why.
        costs_usd: Target to dollars for one item.
        sizes: Target to its size, by which targets of equal cost are put in order.
        margin: The difference that matters, as a fraction.
        threshold: The mean score that a target must reach.

    Raises:
        InvalidInput: Fewer than two targets, a margin outside 0 to 1, or a score outside 0 to 1.
        NotFound: The baseline is not among the targets.
    """
    given = _Given(
        scores=scores,
        clusters=clusters or {},
        strata={item: (names,) if isinstance(names, str) else tuple(names) for item, names in (strata or {}).items()},
        left_out=left_out or {},
        costs_usd=costs_usd or {},
        sizes=sizes or {},
        margin=margin,
        threshold=threshold,
    )
    return _compared(given, baseline)


def _compared(given: _Given, baseline: str | None) -> Comparison:
    _check(given, baseline)
    names = list(given.scores)
    by_baseline = [(baseline, name) for name in names if name != baseline] if baseline is not None else None
    wanted = list(combinations(names, 2)) if by_baseline is None else by_baseline
    pairs = _adjusted([_pair(given, old, new) for old, new in wanted], given.margin)
    rates = {name: _rate(given, name) for name in names}
    best = max(names, key=lambda name: found.rate if (found := rates[name]) else -1.0)
    reference = best if baseline is None else baseline
    standings = _ordered([_standing(given, name, reference, rates[name]) for name in names], _ranks(given))
    smallest = standings[0] if standings[0].passing is GateVerdict.PASS else None
    return Comparison(
        smallest_passing=smallest.target_id if smallest else None,
        headline=words.headline(standings, reference=reference, margin=given.margin, threshold=given.threshold),
        reference=reference,
        margin=given.margin,
        items=len(set().union(*given.scores.values())),
        standings=standings,
        pairs=pairs,
        methods=_methods(pairs, standings),
    )


def _check(given: _Given, baseline: str | None) -> None:
    if len(given.scores) < 2:
        raise InvalidInput("a comparison needs two targets", fix="Give the scores of at least two.")
    if baseline is not None and baseline not in given.scores:
        raise NotFound(f"the baseline {baseline} has no scores", fix=f"Choose one of: {', '.join(given.scores)}.")
    if not 0 < given.margin < 1:
        raise InvalidInput(f"the margin is {given.margin}", fix="Give a fraction between 0 and 1, such as 0.05.")
    for target, scores in given.scores.items():
        wrong = next((id_ for id_, value in scores.items() if value is not None and not 0 <= value <= 1), None)
        if wrong is not None:
            raise InvalidInput(
                f"{target} scores {scores[wrong]} on {wrong}", fix="Scores lie between 0 and 1; rescale the metric."
            )


def _pair(given: _Given, baseline: str, candidate: str) -> Pair:
    """The pair with its raw p value; `_adjusted` settles what it means among the others."""
    items, dropped = _common(given, baseline, candidate)
    old, new = _values(given.scores[baseline], items), _values(given.scores[candidate], items)
    found = difference(old, new, clusters=given.clusters_of(items), seed=SEED) if items else None
    return Pair(
        baseline=baseline,
        candidate=candidate,
        difference=found,
        adjusted_p=found.test.p if found else None,
        finding=Finding.NOT_ENOUGH_DATA,
        more_examples=None,
        dropped=dropped,
        gained=tuple(item for item, a, b in zip(items, old, new, strict=True) if b > a),
        lost=tuple(item for item, a, b in zip(items, old, new, strict=True) if b < a),
        slices=_slices(given, baseline, candidate, items),
        sentence="",
    )


def _common(given: _Given, baseline: str, candidate: str) -> tuple[list[str], Mapping[str, tuple[str, ...]]]:
    scores = given.scores
    old, new = scores[baseline], scores[candidate]
    items: list[str] = []
    dropped: dict[str, list[str]] = {}
    for item in {**old, **new}:
        why = _why_left_out(given, item, (baseline, candidate))
        if why is not None and item in old and item in new:
            dropped.setdefault(why, []).append(item)
            continue
        lacking = [name for name, own in ((baseline, old), (candidate, new)) if own.get(item) is None]
        if not lacking:
            items.append(item)
            continue
        asked = [name for name in lacking if item in scores[name]]
        reason = words.dropped(no_score=asked, not_asked=[name for name in lacking if name not in asked])
        dropped.setdefault(reason, []).append(item)
    return items, {reason: tuple(ids) for reason, ids in dropped.items()}


def _why_left_out(given: _Given, item: str, targets: Sequence[str]) -> str | None:
    return next((why for name in targets if (why := given.left_out.get(name, {}).get(item)) is not None), None)


def _values(scores: Scores, items: Sequence[str]) -> list[float]:
    return [value for item in items if (value := scores[item]) is not None]


def _slices(given: _Given, baseline: str, candidate: str, items: Sequence[str]) -> tuple[Slice, ...]:
    by_stratum: dict[str, list[str]] = {}
    for item in items:
        for stratum in given.strata.get(item, ()):
            by_stratum.setdefault(stratum, []).append(item)
    slices = []
    for stratum, members in sorted(by_stratum.items()):
        old, new = _values(given.scores[baseline], members), _values(given.scores[candidate], members)
        found = difference(old, new, clusters=given.clusters_of(members), seed=SEED, bootstrap=False)
        slices.append(
            Slice(
                stratum=stratum,
                difference=found,
                q=found.test.p,
                finding=Finding.NOT_ENOUGH_DATA,
                more_examples=None,
            )
        )
    return tuple(slices)


def _adjusted(pairs: Sequence[Pair], margin: float) -> tuple[Pair, ...]:
    adjusted_p = iter(holm([pair.adjusted_p for pair in pairs if pair.adjusted_p is not None]))
    q_values = iter(benjamini_hochberg([part.q for pair in pairs for part in pair.slices]))
    settled = []
    for pair in pairs:
        slices = tuple(_settled_slice(part, next(q_values), margin) for part in pair.slices)
        if pair.difference is None:
            settled.append(replace(pair, slices=slices, sentence=words.nothing_common(pair.baseline, pair.candidate)))
            continue
        p = next(adjusted_p)
        finding, more = find(pair.difference, p, margin)
        found = replace(pair, adjusted_p=p, finding=finding, more_examples=more, slices=slices)
        settled.append(replace(found, sentence=words.pair_sentence(found, margin)))
    return tuple(settled)


def _settled_slice(part: Slice, q: float, margin: float) -> Slice:
    finding, more = find(part.difference, q, margin)
    return replace(part, q=q, finding=finding, more_examples=more)


def find(seen: Difference, adjusted_p: float, margin: float) -> tuple[Finding, int | None]:
    """What a difference means, and how many more examples would show one of ``margin``, if that is still open.

    Better or worse needs both the adjusted p value and the interval. No difference is shown by an interval within the
    margin on either side, or by as many items as would be planned to show the margin.
    """
    interval = seen.interval
    if adjusted_p < LEVEL and (interval.low > 0 or interval.high < 0):
        return (Finding.BETTER if seen.estimate > 0 else Finding.WORSE), 0
    more = examples_to_find(margin, seen) - seen.items
    within = -margin < interval.low and interval.high < margin
    if within or (more <= 0 and half_width(interval) <= margin):
        return Finding.NO_DIFFERENCE_SHOWN, 0
    return Finding.NOT_ENOUGH_DATA, more if more > 0 else None


def _rate(given: _Given, target: str) -> ClusteredRate | None:
    items = [item for item, value in given.scores[target].items() if value is not None]
    return clustered_rate(_values(given.scores[target], items), clusters=given.clusters_of(items)) if items else None


def _standing(given: _Given, target: str, reference: str, rate: ClusteredRate | None) -> Standing:
    held = None
    items, _ = _common(given, reference, target)
    if target != reference and items:
        old, new = _values(given.scores[reference], items), _values(given.scores[target], items)
        held = gate_of(old, new, given.margin, clusters=given.clusters_of(items))
    threshold = verdict(rate.interval if rate else None, given.threshold)
    # The reference is not held against itself; another target without a common item is still open.
    gated = GateVerdict.PASS if target == reference else held.verdict if held else GateVerdict.NOT_ENOUGH_DATA
    passing = _passing(threshold, gated) if rate else GateVerdict.NOT_ENOUGH_DATA
    return Standing(
        target_id=target,
        rate=rate,
        cost_usd=given.costs_usd.get(target),
        size=given.sizes.get(target),
        threshold=threshold,
        gate=held,
        passing=passing,
        more_examples=0 if passing is not GateVerdict.NOT_ENOUGH_DATA else _more(given, target, rate, held, threshold),
        rank=None,
    )


def _passing(threshold: Verdict, gate: GateVerdict) -> GateVerdict:
    if threshold is Verdict.FAILS or gate is GateVerdict.FAIL:
        return GateVerdict.FAIL
    return GateVerdict.NOT_ENOUGH_DATA if threshold is Verdict.NOT_ENOUGH_DATA else gate


def _more(given: _Given, target: str, rate: ClusteredRate | None, gate: Gate | None, threshold: Verdict) -> int | None:
    wanted = [gate.more_examples] if gate else []
    if rate and given.threshold is not None and threshold is Verdict.NOT_ENOUGH_DATA:
        more = more_to_decide(rate.rate * rate.effective, rate.effective, given.threshold)
        scored = sum(value is not None for value in given.scores[target].values())
        wanted.append(None if more is None else ceil(more * scored / rate.effective))
    known = [more for more in wanted if more is not None]
    # One example more at the bound itself, where the roundings of a bound and of its solution may differ.
    return max(1, *known) if known and len(known) == len(wanted) else None


def _ranks(given: _Given) -> Mapping[str, RankInterval]:
    scored = {name: own for name, own in given.scores.items() if any(value is not None for value in own.values())}
    if len(scored) < 3:
        return {}
    first, *others = scored.values()
    items = [
        item
        for item, value in first.items()
        if value is not None
        and all(own.get(item) is not None for own in others)
        and _why_left_out(given, item, tuple(scored)) is None
    ]
    if not items:
        return {}
    values = {name: _values(own, items) for name, own in scored.items()}
    return rank_intervals(values, clusters=given.clusters_of(items), seed=SEED)


def _ordered(standings: Sequence[Standing], ranks: Mapping[str, RankInterval]) -> tuple[Standing, ...]:
    order = (GateVerdict.PASS, GateVerdict.NOT_ENOUGH_DATA, GateVerdict.FAIL)

    def place(standing: Standing) -> tuple[object, ...]:
        cost, size = standing.cost_usd, standing.size or UNKNOWN_SIZE
        return order.index(standing.passing), cost is None, cost or Usd(0), size.order

    return tuple(replace(one, rank=ranks.get(one.target_id)) for one in sorted(standings, key=place))


def _methods(pairs: Sequence[Pair], standings: Sequence[Standing]) -> tuple[str, ...]:
    tested = [pair.difference for pair in pairs if pair.difference]
    sliced = [part.difference for pair in pairs for part in pair.slices]
    named = [f"{one.interval.method}; {one.test.method}" for one in tested]
    named += ["Holm over the pairs"] * (len(tested) > 1)
    named += [f"slices: {one.interval.method}; {one.test.method}; Benjamini-Hochberg" for one in sliced]
    named += [f"rates: {one.rate.interval.method}" for one in standings if one.rate]
    named += [f"gates: {one.gate.method}" for one in standings if one.gate]
    named += ["ranks: bootstrap"] * any(one.rank for one in standings)
    return tuple(dict.fromkeys(named))
