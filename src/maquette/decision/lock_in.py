"""What ties a design to one provider: each feature it uses, who else has it, and what leaving without it takes.

Counted over the models that meet the requirements and are run by another company: a feature that none of them has is
a lock; one of which nobody says whether they have it is not known to be one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from maquette.catalog.cards import Capability, Hosting, Mode, ModelCard
from maquette.catalog.checks import Needs
from maquette.catalog.families import host
from maquette.catalog.filters import modalities
from maquette.catalog.lanes import tiers_offered
from maquette.catalog.prices import Tier
from maquette.catalog.shortlist import Shortlist
from maquette.catalog.traffic import number
from maquette.foundation.expression import Facts
from maquette.foundation.units import readable_count
from maquette.rules.report import RuleReport, Strength

Has: TypeAlias = Callable[[ModelCard], bool | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependence:
    """One feature that the design uses.

    Attributes:
        feature: In words.
        because: The fact, or the slot with its rules, that uses it.
        able: Models of other companies that have it; ``unsaid`` those of which nobody says, of ``others`` in all.
        companies: The other companies that run an able model.
        effort: What leaving takes, in words.
        own: Nobody else can have it: the provider's own SDK, a prompt or weights tuned to one model.
    """

    feature: str
    because: str
    able: int
    unsaid: int
    others: int
    companies: tuple[str, ...]
    effort: str
    own: bool = False

    @property
    def locks(self) -> bool | None:
        """Whether nobody else has it; None where only models of which nobody says could."""
        if self.own:
            return True
        if self.able:
            return False
        return None if self.unsaid or not self.others else True


@dataclass(frozen=True, kw_only=True, slots=True)
class _Use:
    feature: str
    because: str
    has: Has | None
    effort: str


def lock_in(
    facts: Facts, report: RuleReport, shortlist: Shortlist, primary: ModelCard | None, *, today: date
) -> tuple[Dependence, ...]:
    """What the design uses, those that lock first; empty while no model is in question."""
    if primary is None:
        return ()
    company = host(primary)
    others = [one.card for one in shortlist.candidates if host(one.card) != company]
    vectors = [
        one.card for one in shortlist.exclusions if one.card.mode is Mode.EMBEDDING and host(one.card) != company
    ]
    uses = [*_bound_by_code(facts), *_features(facts, report, primary, today), *_weights(facts, report, primary)]
    found = [_counted(use, others) for use in uses]
    found += [_counted(use, vectors) for use in _index(facts, report)]
    return tuple(sorted(found, key=lambda one: (one.locks is not True, one.locks is False, one.able)))


def _counted(use: _Use, cards: Sequence[ModelCard]) -> Dependence:
    answers = [] if use.has is None else [(use.has(card), card) for card in cards]
    return Dependence(
        feature=use.feature,
        because=use.because,
        able=sum(has is True for has, _ in answers),
        unsaid=sum(has is None for has, _ in answers),
        others=len(cards),
        companies=tuple(sorted({host(card) for has, card in answers if has})),
        effort=use.effort,
        own=use.has is None,
    )


def _bound_by_code(facts: Facts) -> Iterator[_Use]:
    if facts.get("design.direct_sdk_calls") is True:
        yield _Use(
            feature="the provider's own SDK",
            because="design.direct_sdk_calls",
            has=None,
            effort="every call site moves behind the gateway",
        )
    if facts.get("design.prefill_relied_on") is True:
        yield _Use(
            feature="answers begun for the model (prefill)",
            because="design.prefill_relied_on",
            has=_can(Capability.ASSISTANT_PREFILL),
            effort="a schema or a stop sequence in place of every prefill, and an evaluation",
        )


def _features(facts: Facts, report: RuleReport, primary: ModelCard, today: date) -> Iterator[_Use]:
    for slot, feature, capability, effort in _BY_SLOT:
        value, rules = decided(report, slot)
        if value in _UNUSED or primary.can(capability) is False:
            continue
        yield _Use(
            feature=_marked(feature, primary, capability),
            because=f"{slot} ({', '.join(rules)})",
            has=_can(capability),
            effort=effort,
        )
    value, rules = decided(report, "batch_lane")
    if value is True and _batch(primary) is True:
        yield _Use(
            feature="batch API",
            because=f"batch_lane ({', '.join(rules)})",
            has=_batch,
            effort="another file format and another polling loop, or the standard lane at its price",
        )
    if facts.get("agency.tools") not in {None, "none"}:
        effort = "the tools' schemas in the other dialect, and every trajectory evaluated again"
        yield _Use(feature="calls of tools", because="agency.tools", has=_can(Capability.TOOLS), effort=effort)
    for name, capability in modalities(Needs.of(facts, today)).items():
        effort = "a step before it that turns it into text"
        yield _Use(feature=f"{name} as input", because="io.input_modalities", has=_can(capability), effort=effort)


def _marked(feature: str, primary: ModelCard, capability: Capability) -> str:
    """A cache whose writes are billed is one that the prompt must be cut for."""
    prices = primary.price.usd_per_unit if primary.price else {}
    written = capability is Capability.PREFIX_CACHE and "cache_creation_input_token_cost" in prices
    return f"{feature}, writes billed" if written else feature


def _weights(facts: Facts, report: RuleReport, primary: ModelCard) -> Iterator[_Use]:
    """Weights tuned at a provider stay there; tuned open weights go along."""
    value, rules = decided(report, "fine_tune_for")
    if facts.get("design.adaptation") != "fine_tune" and value in _UNUSED:
        return
    examples = number(facts, "data.labelled_examples")
    what = f"{readable_count(examples)} examples" if examples else "the examples"
    open_weights = primary.hosting is not Hosting.API
    yield _Use(
        feature="weights tuned to the task",
        because=f"fine_tune_for ({', '.join(rules)})" if rules else "design.adaptation",
        has=(lambda card: True if card.hosting is not Hosting.API else None) if open_weights else None,
        effort=f"{what} trained and evaluated again on the next base",
    )


def _index(facts: Facts, report: RuleReport) -> Iterator[_Use]:
    """Vectors of one model are noise to another: the whole corpus is embedded again."""
    value, rules = decided(report, "retrieval")
    if value in {*_UNUSED, "agentic_search"}:
        return
    corpus = number(facts, "knowledge.corpus_tokens")
    size = f"{readable_count(corpus)} tokens" if corpus else "all of the corpus"
    yield _Use(
        feature="vectors of one embedding model",
        because=f"retrieval ({', '.join(rules)})",
        has=lambda _: True,
        effort=f"{size} embedded again, both indexes side by side until retrieval passes its gate",
    )


def decided(report: RuleReport, name: str) -> tuple[object, tuple[str, ...]]:
    """The value that a binding rule gave a slot, and its rules; None where none did."""
    slot = report.slots.get(name)
    if slot is None or slot.conflict or slot.value is None:
        return None, ()
    rules = tuple(rule for ids in slot.proposals.values() for rule in ids)
    found = {one.rule.id: one.rule.strength for one in report.findings}
    binding = any(found.get(rule) in {Strength.MUST, Strength.STRONG} for rule in rules)
    return (slot.value, rules) if binding else (None, ())


def _can(capability: Capability) -> Has:
    return lambda card: card.can(capability)


def _batch(card: ModelCard) -> bool | None:
    if card.price is None:
        return None
    return Tier.BATCH in tiers_offered(card.price) or None


_BY_SLOT: Sequence[tuple[str, str, Capability, str]] = (
    ("prefix_cache", "prefix cache", Capability.PREFIX_CACHE, "every input token at the full price"),
    ("structured", "answers bound to a schema", Capability.JSON_SCHEMA, "own parsing, checking and repair"),
    ("reasoning", "effort of reasoning", Capability.REASONING, "prompts that spell out the steps"),
)
"""Decided slot, the feature of a model that it uses, its capability, and what leaving it takes."""

_UNUSED = frozenset({None, False, "none", "chain_of_thought"})


def dependence_words(one: Dependence) -> str:
    """One line for a person."""
    if one.own:
        who = "nobody else has it"
    elif one.able:
        companies = len(one.companies)
        who = f"{one.able} of {one.others} shortlisted models elsewhere have it, at {companies} " + (
            "company" if companies == 1 else "companies"
        )
    elif not one.others:
        who = "no shortlisted model is run by another company"
    else:
        none = f"of {one.others} shortlisted models elsewhere none says that it has it"
        who = none if one.unsaid else "nobody else has it"
    return f"{one.feature} [{one.because}]: {who}; without it: {one.effort}"
