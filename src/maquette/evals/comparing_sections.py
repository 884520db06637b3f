"""A comparison as sections, for every interface alike: the headline, who stands where, the pairs, slices, methods."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from maquette.evals.comparing_runs import RunComparison
from maquette.evals.comparing_words import FINDINGS, GATES, named, p_cell, points, signed_points, span
from maquette.evals.comparison import Pair, Slice, Standing
from maquette.evals.reporting.tables import Section, Table
from maquette.evals.run_words import VERDICTS
from maquette.foundation.units import readable_count, readable_usd

PAIR_HEADINGS = ("model", "beside", "points", "95 % interval", "p", "n", "finding", "more needed")
_NAMED = 5


def compare_sections(found: RunComparison, *, examples: int | None = 0) -> Iterator[Section]:
    """The comparison, without empty sections; ``examples`` gained and lost are named at most, None names all."""
    pairs = found.comparison.pairs
    all_of_them = (
        Section(title="", says=(f"{found.comparison.headline}.", f"{_asked(found)}.")),
        Section(title="Warnings", says=tuple(f"{warning}." for warning in found.warnings)),
        _standings(found),
        _pairs(pairs),
        _slices(pairs),
        Section(title="Left out", says=tuple(left_out(pairs))),
        Section(title="Examples", says=() if examples == 0 else tuple(_examples(pairs, examples))),
        Section(title="Methods", says=found.comparison.methods),
    )
    yield from (section for section in all_of_them if section.says or section.tables)


def pair_row(pair: Pair) -> tuple[str, ...]:
    """A pair under `PAIR_HEADINGS`; a difference in percentage points."""
    names, seen = (pair.candidate, pair.baseline), pair.difference
    if seen is None:
        return (*names, "", "", "", "0", FINDINGS[pair.finding], "")
    return (
        *names,
        signed_points(seen.estimate),
        span(seen.interval),
        p_cell(pair.adjusted_p),
        readable_count(seen.items),
        FINDINGS[pair.finding],
        readable_count(pair.more_examples) if pair.more_examples else "",
    )


def left_out(pairs: Iterable[Pair]) -> Iterator[str]:
    """Why examples are in no pair, each reason once."""
    for why, items in sorted({(why, items) for pair in pairs for why, items in pair.dropped.items()}):
        yield f"{why}: {readable_count(len(items))} examples ({named(items, _NAMED)})"


def _asked(found: RunComparison) -> str:
    runs = ", ".join(run for run, _ in groupby(side.record.run_id for side in found.sides))
    need = "" if found.threshold is None else f", need {points(found.threshold)} %"
    return f"{found.metric} over {readable_count(found.comparison.items)} examples of {runs}{need}"


def _standings(found: RunComparison) -> Section:
    reference, margin = found.comparison.reference, points(found.comparison.margin)
    headings = ("model", "score", "95 % interval", "$/answer", "threshold", f"at most {margin} worse", "rank", "more")
    rows = tuple(_standing(one, reference) for one in found.comparison.standings)
    return Section(title="Standings", tables=(Table(headings=headings, rows=rows),))


def _standing(one: Standing, reference: str) -> tuple[str, ...]:
    rank = one.rank
    return (
        one.target_id,
        f"{one.rate.rate:.3f}" if one.rate else "",
        f"{one.rate.interval.low:.3f} - {one.rate.interval.high:.3f}" if one.rate else "",
        readable_usd(one.cost_usd),
        VERDICTS[one.threshold],
        "the reference" if one.target_id == reference else GATES[one.gate.verdict] if one.gate else "nothing shared",
        f"{rank.rank} ({rank.low} - {rank.high})" if rank else "",
        "?" if one.more_examples is None else readable_count(one.more_examples) if one.more_examples else "",
    )


def _pairs(pairs: tuple[Pair, ...]) -> Section:
    rows = tuple((*pair_row(pair), str(len(pair.gained)), str(len(pair.lost))) for pair in pairs)
    table = Table(headings=(*PAIR_HEADINGS, "gained", "lost"), rows=rows)
    adjusted = (f"p is adjusted for {len(pairs)} pairs (Holm).",) if len(pairs) > 1 else ()
    return Section(title="Pairs", says=(*(f"{pair.sentence}." for pair in pairs), *adjusted), tables=(table,))


def _slices(pairs: tuple[Pair, ...]) -> Section:
    """One stratum alone says what the whole says, and is not shown."""
    rows = tuple(_slice_row(pair, part) for pair in pairs if len(pair.slices) > 1 for part in pair.slices)
    headings = ("model", "beside", "stratum", "n", "points", "95 % interval", "q", "finding")
    return Section(
        title="Slices, to look around in, not to conclude from",
        tables=(Table(headings=headings, rows=rows),) if rows else (),
    )


def _slice_row(pair: Pair, part: Slice) -> tuple[str, ...]:
    seen = part.difference
    return (
        pair.candidate,
        pair.baseline,
        part.stratum,
        readable_count(seen.items),
        signed_points(seen.estimate),
        span(seen.interval),
        p_cell(part.q),
        FINDINGS[part.finding],
    )


def _examples(pairs: tuple[Pair, ...], most: int | None) -> Iterator[str]:
    for pair in pairs:
        for what, items in (("gained", pair.gained), ("lost", pair.lost)):
            ids = named(items, len(items) if most is None else most) or "none"
            yield f"{pair.candidate} beside {pair.baseline}, {what}: {ids}"
