"""Which model plays which part in the decision: primary, escalation, fallbacks, judge, embedding, local development.

A fallback passed its evaluation, or nobody measured it and that is said; one that failed is never a fallback. The chain
goes from provider to provider: what one outage takes down is no fallback for itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.families import OWN_MACHINES, host, maker
from maquette.catalog.roles import Role, RoleBinding
from maquette.decision.decision import Decision, Option
from maquette.decision.sentences import share
from maquette.evals.run import Verdict

CHAIN = 2
"""Fallbacks behind the primary."""

_LOCAL = frozenset({Hosting.LOCAL_FILE, Hosting.SERVED, Hosting.OPEN_WEIGHTS})


class Part(StrEnum):
    """The parts, in the order in which they are told."""

    PRIMARY = "primary"
    ESCALATION = "escalation"
    FALLBACK = "fallback"
    JUDGE = "judge"
    EMBEDDING = "embedding"
    LOCAL = "local development"


@dataclass(frozen=True, kw_only=True, slots=True)
class Binding:
    """One part: who plays it, or why nobody does.

    Attributes:
        place: From 1 among the fallbacks; 1 elsewhere.
        measured: Whether an evaluation on the project's own examples stands behind it.
    """

    part: Part
    place: int
    model: str | None
    because: str
    measured: bool


def bindings(
    decision: Decision, cards: Mapping[str, ModelCard], roles: Sequence[RoleBinding], catalog: Mapping[str, ModelCard]
) -> tuple[Binding, ...]:
    """Who plays each part.

    Args:
        decision: As weighed; the choice comes before the recommendation.
        cards: What the project calls a model, to its card.
        roles: The catalog's bindings over the shortlist.
        catalog: All cards by id.
    """
    choice = decision.choice
    primary = choice.model if choice else decision.recommended
    by_role = {binding.role: binding for binding in roles}
    first = Binding(
        part=Part.PRIMARY,
        place=1,
        model=primary,
        because=_of(primary, decision) if primary else decision.no_recommendation or "nothing is measured",
        measured=_passes(primary, decision) is not None,
    )
    chain = _chain(primary, decision, cards, by_role.get(Role.FALLBACK), catalog)
    return (
        first,
        _escalation(primary, decision, cards, by_role.get(Role.STRONG)),
        *chain,
        _judge(primary, cards, by_role.get(Role.JUDGE), catalog),
        _from_role(Part.EMBEDDING, by_role.get(Role.EMBEDDING)),
        _local(decision, cards),
    )


def _passes(model: str | None, decision: Decision) -> bool | None:
    """True, False, or None where it is not measured or the verdict is open."""
    option = _option(model, decision)
    if option is None or option.result is None or not option.result.scored:
        return None
    return {Verdict.PASSES: True, Verdict.FAILS: False}.get(option.result.verdict)


def _option(model: str | None, decision: Decision) -> Option | None:
    return next((option for option in decision.options if option.model == model), None)


def _of(model: str, decision: Decision) -> str:
    """What stands behind it, in words."""
    option = _option(model, decision)
    result = option.result if option else None
    if result is None or result.score is None or result.interval is None:
        return "not measured on your own examples"
    return f"{share(result.score)} measured ({share(result.interval.low)} to {share(result.interval.high)})"


def _escalation(
    primary: str | None, decision: Decision, cards: Mapping[str, ModelCard], strong: RoleBinding | None
) -> Binding:
    """The best measured model above the primary; else the catalog's strong one, unless these were measured too."""
    scored = [option for option in decision.options if option.result and option.result.score is not None]
    here = next((option for option in scored if option.model == primary), None)
    floor = here.result.score if here and here.result and here.result.score is not None else 0.0
    better = [one for one in scored if one.result and (one.result.score or 0) > floor and one.model != primary]
    if better:
        best = max(better, key=lambda one: (one.result.score or 0) if one.result else 0)
        return Binding(
            part=Part.ESCALATION, place=1, model=best.model, because=_of(best.model, decision), measured=True
        )
    measured = {cards[one.model].id for one in scored if one.model in cards}
    if strong is not None and strong.model in measured:
        because = "nothing measured scores higher than the primary"
        return Binding(part=Part.ESCALATION, place=1, model=None, because=because, measured=False)
    return _from_role(Part.ESCALATION, strong)


def _from_role(part: Part, role: RoleBinding | None) -> Binding:
    if role is None or role.model is None:
        because = role.because if role else "the catalog binds nobody"
        return Binding(part=part, place=1, model=None, because=because, measured=False)
    because = f"not measured on your own examples; {role.rule}; {role.because}"
    return Binding(part=part, place=1, model=role.model, because=because, measured=False)


def _chain(
    primary: str | None,
    decision: Decision,
    cards: Mapping[str, ModelCard],
    role: RoleBinding | None,
    catalog: Mapping[str, ModelCard],
) -> list[Binding]:
    """Up to `CHAIN` fallbacks, each at another provider than those before it."""
    if primary is None:
        none = "there is no primary to stand in for"
        return [Binding(part=Part.FALLBACK, place=1, model=None, because=none, measured=False)]
    every = {**catalog, **cards}
    used = {host(every[primary])} if primary in every else set()
    found: list[Binding] = []
    for name in dict.fromkeys([*_wished(decision), *_measured(decision, primary), *_offered(role)]):
        card = every.get(name)
        if name == primary or card is None or host(card) in used or _passes(name, decision) is False:
            continue
        used.add(host(card))
        guarded = f"{host(card)}: another provider"
        because = f"{guarded}; {_of(name, decision)}"
        measured = _passes(name, decision) is True
        found.append(Binding(part=Part.FALLBACK, place=len(found) + 1, model=name, because=because, measured=measured))
        if len(found) == CHAIN:
            break
    if not found:
        where = next(iter(used), "")
        why = f"no model that may be used runs elsewhere than {'on ' if where == OWN_MACHINES else 'at '}{where}"
        return [Binding(part=Part.FALLBACK, place=1, model=None, because=why, measured=False)]
    return found


def _wished(decision: Decision) -> list[str]:
    choice = decision.choice
    return [choice.fallback] if choice and choice.fallback else []


def _measured(decision: Decision, primary: str) -> list[str]:
    """Those that pass, best first."""
    passing = [one for one in decision.options if one.model != primary and _passes(one.model, decision)]
    return [one.model for one in sorted(passing, key=lambda one: -(one.result.score or 0) if one.result else 0)]


def _offered(role: RoleBinding | None) -> list[str]:
    return [name for name in (role.model, *role.runners_up) if name] if role else []


def _judge(
    primary: str | None, cards: Mapping[str, ModelCard], role: RoleBinding | None, catalog: Mapping[str, ModelCard]
) -> Binding:
    """Of another family than the primary: models favour answers of their own."""
    made = maker(cards[primary]) if primary is not None and primary in cards else None
    for name in _offered(role):
        if name in catalog and (made is None or maker(catalog[name]) not in {None, made}):
            whose = f"of {maker(catalog[name]) or 'an unknown maker'}, not of {made or 'the same weights'}"
            because = f"{whose}; calibrate it on graded answers"
            return Binding(part=Part.JUDGE, place=1, model=name, because=because, measured=False)
    return _from_role(Part.JUDGE, None if role is None or role.model else role)


def _local(decision: Decision, cards: Mapping[str, ModelCard]) -> Binding:
    """One on own machines, for work without a key or a bill."""
    own = [one.model for one in decision.options if one.model in cards and cards[one.model].hosting in _LOCAL]
    name = next(iter(sorted(own, key=lambda each: _passes(each, decision) is not True)), None)
    because = (
        _of(name, decision) if name else "no chosen model runs on own machines; put a GGUF file into models.folders"
    )
    return Binding(
        part=Part.LOCAL, place=1, model=name, because=because, measured=bool(name and _passes(name, decision))
    )
