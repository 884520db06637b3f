"""The levers on what a model reads: a shorter prompt, instructions that went into the weights, a stage before it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from maquette.catalog.cards import Capability, Hosting, ModelCard
from maquette.cost.levers import PRIORS, Basis, Lever, LeverKind, State
from maquette.cost.stages import Stage
from maquette.foundation.units import Usd, readable_count, readable_usd
from maquette.project.lever_bench import Bench, Proposal, Setting
from maquette.project.lever_runs import ShorterPrompt, shorter_prompt

COMPRESSED = Decimal("0.15")
"""Of the input tokens, where nobody says how many compression takes out: the middle of the guidance's range."""

_NOT_SHOWN = "not shown: no two runs of the same examples with a longer and a shorter prompt (maquette eval run, twice)"


def compression(bench: Bench, taken: Decimal | None) -> Lever | Proposal:
    """Shorter prompts; beside a cached prefix only what follows it, as a changed prefix is read from no cache.

    Possible only where two runs on the same examples show that the loss is within the tolerance of the project's gate.
    """
    kind, shown = LeverKind.COMPRESSION, shorter_prompt(bench.view, bench.name)
    average, prefix = number(bench, "tokens.input_avg"), number(bench, "tokens.shared_prefix") or Decimal(0)
    if average is None:
        return Lever(kind=kind, state="not computable", missing=("tokens.input_avg is not answered",))
    share = taken if taken is not None else shown.share if shown is not None else COMPRESSED
    reads = _reads_cache(bench)
    kept = min(prefix, average) if reads else Decimal(0)
    conflicts = [*_against_loss(bench, shown), *(_against_prefix(bench, share) if reads else [])]
    where = f"what follows the cached prefix of {readable_count(kept)} tokens" if reads else "the prompt"
    left = (average - share * max(Decimal(0), average - kept)).quantize(Decimal("0.01"))
    return Proposal(
        apply=lambda setting: shorter(bench, setting, share, kept),
        change=f"{percent(share)} of {where} taken out",
        basis=_basis(taken, shown),
        rests_on=(f"{percent(share)} of the tokens, {_origin(taken, shown)}", shown.words if shown else _NOT_SHOWN),
        conflicts=tuple(conflicts),
        state=_state(shown),
        metric_before=f"{readable_count(average)} tokens",
        metric_after=f"{readable_count(left)} tokens",
    )


def _basis(taken: Decimal | None, shown: ShorterPrompt | None) -> Basis:
    return "measured" if taken is None and shown is not None else "assumption"


def _origin(taken: Decimal | None, shown: ShorterPrompt | None) -> str:
    if taken is not None:
        return "as you say"
    if shown is not None:
        return "as both runs counted them"
    prior = PRIORS[LeverKind.COMPRESSION]
    return f"assumed, the middle of the guidance's {percent(prior.low)} to {percent(prior.high)}"


def _state(shown: ShorterPrompt | None) -> State | None:
    """None leaves the lever possible, which only a loss that is surely within the tolerance does."""
    if shown is None or shown.within is None:
        return "quality not shown"
    return None if shown.within else "fails the quality gate"


def _against_loss(bench: Bench, shown: ShorterPrompt | None) -> list[str]:
    found = ["what is taken out may be what the answer needs: evaluate it"] if shown is None else []
    if bench.facts.get("design.compression") is True and _state(shown) is not None:
        found.append("the design compresses already (design.compression), and no run shows that nothing is lost")
    return found


def _reads_cache(bench: Bench) -> bool:
    """Whether today's month is cheaper for reading the prefix from a cache."""
    today, _ = bench.month(bench.today)
    uncached, _ = bench.month(Setting(option=replace(bench.own, card=_cold(bench.own.card))))
    return today is not None and uncached is not None and uncached > today


def _against_prefix(bench: Bench, share: Decimal) -> list[str]:
    everything = replace(
        shorter(bench, bench.today, share, Decimal(0)), option=replace(bench.own, card=_cold(bench.own.card))
    )
    lost, _ = bench.month(everything)
    why = "in conflict with the prefix cache: with all of the prompt compressed nothing is read from it"
    return [f"{why}, and the month costs {readable_usd(lost)} (R-COMPRESS-01)"]


def _cold(card: ModelCard) -> ModelCard:
    return replace(card, capabilities={**card.capabilities, Capability.PREFIX_CACHE: False})


def shorter(bench: Bench, setting: Setting, share: Decimal, kept: Decimal) -> Setting:
    """The prompts without ``share`` of what is behind their first ``kept`` tokens."""
    cut = _cut(bench, lambda length: length - share * max(Decimal(0), length - kept))
    if not kept and bench.is_answered("tokens.shared_prefix"):
        cut["tokens.shared_prefix"] = Decimal(0)
    return answered(setting, cut)


def _cut(bench: Bench, left: Callable[[Decimal], Decimal]) -> dict[str, Decimal]:
    """The lengths of prompts that are known, with what is left of each."""
    lengths = {fact: number(bench, fact) for fact in ("tokens.input_avg", "tokens.input_p99")}
    return {fact: left(length).quantize(Decimal("0.01")) for fact, length in lengths.items() if length is not None}


def instruction_tuning(bench: Bench, taken: Decimal | None) -> Lever | Proposal:
    """Instructions that were trained into the weights need not be sent; the tuned model's own price counts."""
    kind = LeverKind.INSTRUCTION_TUNING
    average, prefix = number(bench, "tokens.input_avg"), number(bench, "tokens.shared_prefix")
    if average is None:
        return Lever(kind=kind, state="not computable", missing=("tokens.input_avg is not answered",))
    knows = bench.facts.get("knowledge.need") not in {None, "none"}
    if taken is None and (not prefix or not bench.is_answered("tokens.shared_prefix") or knows):
        why = "knowledge that changes stays out of the weights (R-ADAPT-03)" if knows and prefix else "not answered"
        missing = f"tokens of instructions in the prompt ({why}): --take instruction-tuning=tokens"
        return Lever(kind=kind, state="not computable", missing=(missing,))
    tuned = _tuned(bench)
    if tuned is None:
        missing = f"a tuned {bench.name}: its weights are not open and the price map has none"
        return Lever(kind=kind, state="not computable", missing=(missing,))
    gone = min(taken if taken is not None else prefix or Decimal(0), average - 1)
    examples = number(bench, "data.labelled_examples")
    return Proposal(
        apply=lambda setting: _told_nothing(bench, setting, gone, tuned),
        change=f"{readable_count(gone)} tokens of instructions are not sent; {tuned.id} answers",
        basis="assumption",
        rests_on=(
            f"{readable_count(gone)} tokens" + (", as you say" if taken is not None else " of tokens.shared_prefix"),
            f"{readable_count(examples or 0)} labelled examples; what the training costs is not in it",
        ),
        conflicts=("a changed instruction is a new training, and an evaluation, in place of a new prompt",),
        option=tuned.id if tuned.id != bench.own.card.id else None,
        state="quality not shown",
        metric_before=f"{readable_count(average)} tokens",
        metric_after=f"{readable_count(average - gone)} tokens",
    )


def _tuned(bench: Bench) -> ModelCard | None:
    """The option's own card where its weights are open, else the price map's tuned model of that name."""
    own = bench.own.card
    if own.hosting is not Hosting.API:
        return own
    cards = bench.view.catalog.cards
    return next((card for name, card in sorted(cards.items()) if name in {f"ft:{own.id}", f"{own.id}-ft"}), None)


def _told_nothing(bench: Bench, setting: Setting, gone: Decimal, tuned: ModelCard) -> Setting:
    cut = _cut(bench, lambda length: max(Decimal(1), length - gone))
    if bench.is_answered("tokens.shared_prefix"):
        cut["tokens.shared_prefix"] = max(Decimal(0), (number(bench, "tokens.shared_prefix") or Decimal(0)) - gone)
    return replace(answered(setting, cut), option=replace(setting.option, card=tuned))


def preprocessing(bench: Bench, taken: Decimal | None) -> Lever | Proposal:
    """A cheaper model reads what follows the shared prefix first; the option's own reads what that one hands on."""
    kind, found = LeverKind.PREPROCESSING, bench.smaller
    average, prefix = number(bench, "tokens.input_avg"), number(bench, "tokens.shared_prefix") or Decimal(0)
    if found is None:
        missing = "no cheaper model is among the options: choose one (maquette shortlist), or name it with --smaller"
        return Lever(kind=kind, state="not computable", missing=(missing,))
    if average is None:
        return Lever(kind=kind, state="not computable", missing=("tokens.input_avg is not answered",))
    rest = max(Decimal(0), average - prefix)
    if taken is None:
        ends = [bench.month(_staged(bench, bench.today, found.option.card, prefix, share))[0] for share in (0, 1)]
        stages = _stages(bench, found.option.name, prefix, rest, None)
        missing = (
            f"the share of what follows the prefix that is handed on: --take preprocessing=share{_pays(bench, ends)}"
        )
        return Lever(kind=kind, state="not computable", missing=(missing,), rests_on=(found.known,), stages=stages)
    return Proposal(
        apply=lambda setting: _staged(bench, setting, found.option.card, prefix, taken),
        change=f"{found.option.name} hands on {percent(taken)} of what follows the prefix",
        basis="assumption",
        rests_on=(f"{percent(taken)} handed on, as you say", found.known),
        conflicts=("two calls in a row: the first one's time stands before the first token",),
        option=f"{found.option.name}, then {bench.name}",
        state="quality not shown",
        metric_before=f"{readable_count(average)} tokens",
        metric_after=f"{readable_count((prefix + taken * rest).quantize(Decimal('0.01')))} tokens",
        stages=_stages(bench, found.option.name, prefix, rest, taken),
    )


def _staged(bench: Bench, setting: Setting, card: ModelCard, prefix: Decimal, share: Decimal | int) -> Setting:
    """The setting with the stage: the own model's prompts are the prefix and what is handed on."""
    average = number(bench, "tokens.input_avg") or Decimal(0)
    rest = max(Decimal(0), average - prefix)
    cut = _cut(bench, lambda length: min(length, max(Decimal(1), prefix + share * max(Decimal(0), length - prefix))))
    stage = Stage(name="preprocessing", card=card, reads_tok=rest, writes_tok=max(Decimal(1), share * rest))
    return replace(answered(setting, cut), option=replace(setting.option, before=stage))


def _stages(bench: Bench, small: str, prefix: Decimal, rest: Decimal, share: Decimal | None) -> tuple[str, ...]:
    output = number(bench, "tokens.output_avg") or Decimal(0)
    handed = "what is needed of it" if share is None else f"{readable_count(share * rest)} tokens"
    read = "the prefix and what is handed on" if share is None else f"{readable_count(prefix + share * rest)} tokens"
    return (
        f"preprocessing: {small} reads {readable_count(rest)} tokens and writes {handed}",
        f"answer: {bench.name} reads {read} and writes {readable_count(output)} tokens",
    )


def _pays(bench: Bench, ends: list[Usd | None]) -> str:
    """Up to which share handed on the month is cheaper: the projection at nothing and at all of it, a line between."""
    today, _ = bench.month(bench.today)
    none, everything = ends
    if today is None or none is None or everything is None or everything <= none:
        return ""
    if none >= today:
        return f"; with {bench.name} it pays at no share"
    share = min(Decimal(1), (today - none) / (everything - none))
    return f"; it pays below {percent(share)}"


def answered(setting: Setting, answers: Mapping[str, Decimal]) -> Setting:
    """The setting with answers changed."""
    return replace(setting, answers={**setting.answers, **{name: f"{value:f}" for name, value in answers.items()}})


def number(bench: Bench, fact: str) -> Decimal | None:
    """The fact as an exact number; None where it is unknown."""
    value = bench.facts.get(fact)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Decimal(str(value))


def percent(share: Decimal) -> str:
    """A share in per cent, as short as it is exact to a tenth."""
    return f"{readable_count((share * 100).quantize(Decimal('0.1')))} %"
