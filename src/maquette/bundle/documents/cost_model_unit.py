"""What one request costs, part by part, and the prices behind it: steps in prices, models that a policy keeps out."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import computed, counted, three_digits, times
from maquette.bundle.documents.own_rent import month_at_rent
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Sentence, clause, estimated, figure
from maquette.bundle.slots import decided
from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.prices import Usage
from maquette.catalog.quoting import steps_tok, total_usd
from maquette.catalog.traffic import days_per_month
from maquette.cost.design_split import routed_by_step
from maquette.cost.projection import CostLine, LineGroup, OptionCost
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd

MOST_STEPS = 4
BY_STEP = (
    "Routing by step is decided and the share of each tier is not known: every figure is for all steps on {model}."
)
_OF_ANOTHER = re.compile(r"/|\.[a-z]")
"""In the id of a model that somebody else than its maker serves: a route, or a region in front."""
_MODELS = (LineGroup.API, LineGroup.HOSTING)
_PER_MILLION = (
    ("input", "input_cost_per_token"),
    ("cached", "cache_read_input_token_cost"),
    ("output", "output_cost_per_token"),
)


def unit_rows(lines: Sequence[CostLine], daily: Decimal | None, days: Decimal) -> list[Mapping[str, Any]]:
    """What each line of the models makes of one request of month 1; empty without traffic."""
    if not daily:
        return []
    requests = daily * days
    return [_unit(line, requests) for line in lines if line.group in _MODELS and line.amount_usd.base]


def _unit(line: CostLine, requests: Decimal) -> Mapping[str, Any]:
    each, cost = line.quantity.base / requests, line.amount_usd.base / requests
    formula = f"{three_digits(each)} {line.unit} x ${line.usd_per_unit:f} ({line.price_key})"
    count = f"{readable_count(line.quantity.base.quantize(Decimal(1)))} {line.unit} of month 1 / requests of month 1"
    return {
        "name": line.name,
        "each": computed(each, counted(each, line.unit), count),
        "price": f"${line.usd_per_unit:f}",
        "cost": estimated(readable_usd(cost), formula),
    }


def unit_findings(seen: Seen, shown: OptionCost | None) -> list[Sentence]:
    """What a request may cost, what it costs, and what the design under review would cost."""
    facts, found = seen.facts, list[Sentence]()
    if shown is not None and routed_by_step(decided(seen.inputs.decision)):
        found.append([BY_STEP.format(model=shown.option)])
    limit, each = facts.number("derived.cost_per_request_limit"), shown.usd_per_request if shown else None
    if limit and each and shown is not None:
        share = times(each / limit, f"cost of a request of {shown.option} / derived.cost_per_request_limit")
        found.append(
            [f"A request of {shown.option} costs ", share, " what the ceiling leaves for one, ",
             *clause(facts.figure("derived.cost_per_request_limit")), "."]
        )  # fmt: skip
    right = shown.usd_per_right_answer if shown else None
    if right is not None and right.base and shown is not None:
        dear = estimated(readable_usd(right.base), "cost of a request / measured share of right answers")
        found.append(["One right answer costs ", dear, "."])
    stated, ceiling = facts.stated_number("cost.monthly_usd"), facts.number("budget.monthly_usd")
    if stated and ceiling:
        ratio = times(stated / ceiling, "cost.monthly_usd / budget.monthly_usd")
        found.append(
            ["The plan under review costs ", *clause(facts.stated_figure("cost.monthly_usd")), ", ", ratio,
             " the ceiling of ", *clause(facts.figure("budget.monthly_usd")), "."]
        )  # fmt: skip
    value = facts.number("project.value_per_request_usd")
    if value and each:
        worth = times(each / value, "cost of a request / project.value_per_request_usd")
        found.append(
            ["A request costs ", worth, " its worth, ", *clause(facts.figure("project.value_per_request_usd")), "."]
        )
    return found


def price_rows(seen: Seen, options: Sequence[OptionCost]) -> list[Mapping[str, Any]]:
    """The list prices of the options that are paid by the token."""
    cards = {role.model: role.card for role in seen.roles if role.card is not None}
    rows: list[Mapping[str, Any]] = []
    for option in options:
        card = cards.get(option.option) or _card(seen, option.option)
        if card is None or card.price is None:
            continue
        table = card.price
        prices = {name: table.usd_per_unit.get(key) for name, key in _PER_MILLION}
        rows.append(
            {
                "name": option.option,
                "as_of": str(table.source),
                **{
                    name: None if usd is None else f"${(usd * 1_000_000).normalize():f}" for name, usd in prices.items()
                },
            }
        )
    return rows


def step_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """Models as cheap as the primary at short prompts whose price rises within this project's prompts."""
    facts = seen.facts
    mean, longest = facts.number("tokens.input_avg"), facts.number("tokens.input_p99")
    answer = facts.number("tokens.output_avg")
    if mean is None or answer is None:
        return []
    reach = max(mean, longest or mean)
    found = [_step(card, int(mean), int(reach), int(answer)) for card in _as_cheap(seen)]
    return [row for row in found if row is not None][:MOST_STEPS]


def _as_cheap(seen: Seen) -> Iterator[ModelCard]:
    """The roles' models, then candidates of a maker's own name whose input is at most as dear as the primary's."""
    cards = [role.card for role in seen.roles if role.card is not None and role.card.price is not None]
    yield from cards
    shortlist = seen.inputs.shortlist
    if not cards or shortlist is None:
        return
    most = _input_price(cards[0])
    known = {card.id for card in cards}
    for one in sorted(shortlist.candidates, key=lambda each: each.card.id):
        price = _input_price(one.card)
        own = one.card.hosting is Hosting.API and _OF_ANOTHER.search(one.card.id) is None
        if own and price and most is not None and price <= most and one.card.id not in known:
            yield one.card


def _input_price(card: ModelCard) -> Decimal | None:
    return card.price.usd_per_unit.get("input_cost_per_token") if card.price else None


def _step(card: ModelCard, mean: int, reach: int, answer: int) -> Mapping[str, Any] | None:
    assert card.price is not None
    start = next((one for one in steps_tok(card.price) if one < reach), None)
    if start is None:
        return None
    below, above = (total_usd(card.price, Usage(input_tok=length, output_tok=answer)) for length in (start, reach))
    if not below or not above or above / reach <= below / start:
        return None
    factor = (above / reach) / (below / start)
    formula = f"{card.id}: a request of {reach} tokens against one of {start}, a token each"
    hit = "the mean prompt" if mean > start else "the longest prompts"
    source = Source(kind=SourceKind.CLAIMED, ref=f"prices of {card.id}: {card.price.source.ref}")
    return {
        "model": card.id,
        "start": figure(f"{readable_count(start)} tokens", source),
        "factor": times(factor, formula),
        "hit": hit,
        "cost": estimated(readable_usd(above), f"list prices of {card.id}, {reach} + {answer} tokens, nothing cached"),
    }


def policy_findings(seen: Seen) -> list[Sentence]:
    """What the policy that no third party may process the data costs; empty where there is no such policy."""
    facts, shortlist = seen.facts, seen.inputs.shortlist
    one = next(iter(seen.served), None)
    if facts.values.get("data.external_processing_allowed") is not False or shortlist is None or one is None:
        return []
    own = month_at_rent(seen)
    mean, answer, daily = (
        facts.number(name) for name in ("tokens.input_avg", "tokens.output_avg", "scale.requests_per_day")
    )
    card = one.role.card
    if own is None or mean is None or answer is None or not daily or card is None:
        return []
    rival = _cheapest_as_good(seen, card, Usage(input_tok=int(mean), output_tok=int(answer)))
    if rival is None:
        return []
    name, each, benchmark = rival
    days = days_per_month(facts.values)
    month = each * daily * days
    rent = estimated(readable_usd(own[0]), own[1])
    api = estimated(readable_usd(month), f"list prices of {name} x scale.requests_per_day x {days:f}, nothing cached")
    ratio = times(own[0] / month, f"rent of the accelerators / list prices of {name}")
    policy = clause(facts.figure("data.external_processing_allowed"))
    told: Sentence = [f" a month; {name}, as good on {benchmark}, would cost ", api, ": ", ratio]
    return [
        ["Self-hosting is a choice of policy (third parties may process the data: ", *policy, "), not of cost."],
        ["At rent the machines of all its models cost ", rent, *told, " as much is paid for the data staying inside."],
    ]


def _cheapest_as_good(seen: Seen, card: ModelCard, usage: Usage) -> tuple[str, Decimal, str] | None:
    """Of the models that only the policy keeps out: the cheapest that reaches the card's published score."""
    shortlist = seen.inputs.shortlist
    claims = {claim.benchmark: claim.value for claim in card.claims}
    found = []
    for out in shortlist.exclusions if shortlist else ():
        table = out.card.price if out.filter == "third party" else None
        shared = next((claim for claim in out.card.claims if claim.value >= claims.get(claim.benchmark, 2)), None)
        usd = total_usd(table, usage) if table is not None and shared is not None else None
        if usd and shared is not None:
            found.append((usd, out.card.id, shared.benchmark))
    if not found:
        return None
    usd, name, benchmark = min(found)
    return name, usd, benchmark


def _card(seen: Seen, name: str) -> ModelCard | None:
    shortlist = seen.inputs.shortlist
    held = (shortlist.candidate(name) or shortlist.exclusion(name)) if shortlist else None
    return held.card if held else None
