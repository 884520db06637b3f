"""The shortlist's values as text for a terminal: tables and sentences. No arithmetic."""

from collections.abc import Callable, Mapping, Sequence

import click

from maquette.catalog.comparing import Comparison
from maquette.catalog.diversity import Diversity
from maquette.catalog.dominance import scores
from maquette.catalog.filter_terms import FilterLine
from maquette.catalog.nearly import Near
from maquette.catalog.quoting import INPUT, OUTPUT
from maquette.catalog.reasons import Met, Reason
from maquette.catalog.roles import RoleBinding
from maquette.catalog.shortlist import Candidate
from maquette.cli.console import clean, print_table
from maquette.cli.shortlist.opening import Opened
from maquette.foundation.units import readable_count, readable_span, readable_usd
from maquette.foundation.wording import listed

MILLION = 1_000_000
NAMES_SHOWN = 5
WATCH_CHARS = 72


def show_shortlist(
    here: Opened,
    *,
    line: FilterLine,
    matching: Sequence[Candidate],
    nearly: Sequence[Near],
    limit: int,
    plain_text: bool,
) -> None:
    """The funnel, the candidates in order, then the front, what nobody can check, and what would let more in."""
    found = here.shortlist
    out = ", ".join(f"{name} -{count}" for name, count in found.funnel.items() if count)
    click.echo(f"{found.catalog_size} models -> {len(found.candidates)} left ({out or 'none excluded'})")
    if str(line):
        click.echo(clean(f"{line} -> {len(matching)} of {len(found.candidates)}"))
    click.echo(f"Prices read {here.catalog.prices_as_of.isoformat()}; m measured, c claimed.")
    shown = matching[: limit or None]
    headings, rows = _columns(shown, here.chosen)
    if rows:
        print_table(headings, rows, plain_text=plain_text)
    if len(shown) < len(matching):
        click.echo(f"... {len(matching) - len(shown)} more; --limit 0 shows all.")
    _show_front(matching)
    if found.unchecked:
        click.echo(f"No card can say: {listed(found.unchecked)}. maquette eval measures them.")
    show_nearly(nearly, more="maquette shortlist nearly has more." if nearly else "")


def _columns(shown: Sequence[Candidate], chosen: tuple[str, ...]) -> tuple[list[str], list[tuple[str, ...]]]:
    """The columns that say something of these candidates."""
    priced_by_month = any(candidate.usd_per_month for candidate in shown)
    all_fit = all(not candidate.unverified for candidate in shown)
    cells: dict[str, Callable[[Candidate], str]] = {
        "": lambda each: "*" if each.card.id in chosen else "",
        "model": lambda each: each.card.id,
        "fit": lambda each: "" if all_fit else each.fit.value,
        "$/month": lambda each: readable_span(each.usd_per_month) if priced_by_month else "",
        "$/M in": lambda each: "" if priced_by_month else _per_million(each, INPUT),
        "$/M out": lambda each: "" if priced_by_month else _per_million(each, OUTPUT),
        "quality": _quality,
        "context": lambda each: readable_count(each.card.context_tok) if each.card.context_tok else "",
        "watch": _watch,
    }
    columns = {name: [read(candidate) for candidate in shown] for name, read in cells.items()}
    told = {name: column for name, column in columns.items() if set(column) - {"", "unpriced"}}
    return list(told), list(zip(*told.values(), strict=True))


def _per_million(candidate: Candidate, key: str) -> str:
    usd = candidate.card.price.usd_per_unit.get(key) if candidate.card.price else None
    return "unpriced" if usd is None else readable_usd(usd * MILLION)


def _quality(candidate: Candidate) -> str:
    quality = candidate.quality
    if quality is None:
        return ""
    on = f" {quality.benchmark}" if quality.benchmark else ""
    return f"{quality.value:.3f} {quality.source.kind.mark}{on}"


def _watch(candidate: Candidate) -> str:
    """What to know before choosing it, cut to what a table bears; `shortlist why` has all of it."""
    watch = [f"dominated by {candidate.dominated_by}"] if candidate.dominated_by else []
    text = " ".join([*watch, *(f"unverified: {what}" for what in candidate.unverified), *candidate.cautions])
    return text if len(text) <= WATCH_CHARS else f"{text[: WATCH_CHARS - 1]}…"


def _show_front(matching: Sequence[Candidate]) -> None:
    front = [candidate for candidate in matching if candidate.on_front]
    beaten = [candidate for candidate in matching if candidate.dominated_by]
    if not front:
        return
    kinds = sorted({name for candidate in front for name in scores(candidate)})
    click.echo(
        clean(
            f"On the front of cost and quality ({_some(kinds)}; never across two of them): "
            f"{_some([candidate.card.id for candidate in front])}; {len(beaten)} dominated."
        )
    )


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return listed(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def show_nearly(found: Sequence[Near], *, more: str = "") -> None:
    """Each change in one line."""
    for near in found:
        click.echo(clean(str(near)))
    if more:
        click.echo(more)


def show_why(candidate: Candidate, reasons: Sequence[Reason], nearly: Sequence[Near], *, plain_text: bool) -> None:
    """Every requirement with what the card says and its source, then what would let the model in."""
    name = candidate.card.id
    failed = [reason for reason in reasons if reason.met is Met.NO]
    if failed:
        click.echo(clean(f"{name} is out at the filter '{failed[0].filter}': {failed[0].detail}."))
        for reason in failed[1:]:
            click.echo(clean(f"  and at '{reason.filter}': {reason.detail}."))
    else:
        click.echo(clean(f"{name} is a candidate: {candidate.fit}."))
    rows = [(reason.met.value, reason.filter, reason.wants, reason.says, str(reason.source)) for reason in reasons]
    print_table(["", "requirement", "wanted", "the card says", "source"], rows, plain_text=plain_text)
    if candidate.usd_per_month is not None:
        low, high = readable_usd(candidate.usd_per_month.low), readable_usd(candidate.usd_per_month.high)
        click.echo(f"It costs {low} to {high} a month at launch.")
    if candidate.dominated_by:
        click.echo(clean(f"{candidate.dominated_by} is both better and cheaper."))
    for sentence in (*candidate.cautions, *candidate.card.notes):
        click.echo(clean(sentence))
    if failed:
        click.echo("What alone would let it in:" if nearly else "No single change would let it in.")
        for near in nearly:
            click.echo(clean(f"  {near.in_words}"))


def show_comparison(comparison: Comparison, *, plain_text: bool) -> None:
    """The fields that differ, a column a model; then what is against each, and who is beaten."""
    rows = [(row.field, *row.values) for row in comparison.rows if row.differs]
    print_table(["", *comparison.models], rows, plain_text=plain_text)
    same = [row.field for row in comparison.rows if not row.differs]
    click.echo(f"The same for all: {listed(same)}.")
    for model, lacks in comparison.lacks.items():
        for name, why in lacks.items():
            click.echo(clean(f"{model} is out at '{name}': {why}."))
    for model, unsaid in comparison.unsaid.items():
        for what in unsaid:
            click.echo(clean(f"{model}: nobody says {what}."))
    for beat in comparison.beats:
        click.echo(clean(f"{beat.winner} beats {beat.loser} on cost and quality ({beat.on})."))
    if not comparison.beats:
        click.echo("Nobody is beaten on cost and quality: no two are priced and have a score on the same yardstick.")


def show_roles(bindings: Sequence[RoleBinding], told: Diversity, *, of: str, plain_text: bool) -> None:
    """Who plays which role and why, then what fails together."""
    rows = [
        (binding.role.value, binding.model or "nobody fits", binding.because, listed(binding.runners_up))
        for binding in bindings
    ]
    print_table(["role", "model", "because", "then"], rows, plain_text=plain_text)
    click.echo("Rules:")
    for binding in bindings:
        click.echo(clean(f"  {binding.role.value}: {binding.rule}."))
    if told.by_host:
        click.echo(clean(diversity_line(told, of)))


def diversity_line(told: Diversity, of: str) -> str:
    """How many providers run the models, and which one's outage takes them all down."""
    if told.takes_all is not None:
        return f"One provider, {told.takes_all}, runs {of}: its outage takes all of them down."
    return f"{of.capitalize()}: {len(told.by_host)} providers ({_hosts(told.by_host)}); no single one takes all down."


def _hosts(by_host: Mapping[str, tuple[str, ...]]) -> str:
    return listed(f"{name} {len(models)}" for name, models in by_host.items())
