"""What a quick evaluation is to do: the target that its options mean, the plan, and its price."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from maquette.adapters.datasets import find_image, read_dataset
from maquette.catalog.cards import ModelCard
from maquette.evals.asking import most_input_tok
from maquette.evals.calls import CallParameters, TargetSpec
from maquette.evals.dataset import Dataset, Prompt, PromptRenderer
from maquette.evals.estimating_scores import worst_scoring_usd
from maquette.evals.helpers import HelperSpec
from maquette.evals.pricing import FREE, CardPricer
from maquette.evals.quick import AS_IT_IS, AsItIs
from maquette.evals.registry import open_metric
from maquette.evals.run import MetricSpec, RunPlan, trial_keys
from maquette.foundation.problems import InvalidInput, NotFound, Place
from maquette.foundation.units import Usd

ATTEMPTS = 3
_GGUF = ".gguf"


@dataclass(frozen=True, kw_only=True, slots=True)
class Quick:
    """A quick evaluation, ready to run; ``worst_usd`` is the most that one attempt of every call can cost."""

    plan: RunPlan
    prompts: PromptRenderer
    pricer: CardPricer
    worst_usd: Usd
    helpers: tuple[HelperSpec, ...] = ()

    @property
    def examples(self) -> int:
        """How many examples are asked."""
        return len(self.plan.dataset.examples)


def target_spec(  # what the options say
    model: str,
    *,
    base_url: str | None,
    via: str | None,
    api_key_env: str | None,
    concurrency: int,
    allow_unpriced: bool,
    pace: Mapping[str, float] | None = None,
) -> TargetSpec:
    """How the model is reached: a file, a server with a base URL, or a provider through LiteLLM.

    Raises:
        InvalidInput: The direct client is asked for without an address.
    """
    options: dict[str, Any] = {**(pace or {}), **({"allow_unpriced": True} if allow_unpriced else {})}
    if model.endswith(_GGUF):
        return TargetSpec(id=model, card=model, adapter="llama_cpp", model=model, options=options)
    if via == "direct" and base_url is None:
        raise InvalidInput("the direct client needs an address", place=Place(field="--via"), fix="Add --base-url URL.")
    direct = base_url is not None and via != "litellm"
    return TargetSpec(
        id=model,
        card=model,
        adapter="openai" if direct else "litellm",
        model=model if direct or base_url is None else f"openai/{model}",
        base_url=base_url,
        api_key_env=api_key_env,
        options={**options, "concurrency": concurrency},
    )


def planned(  # noqa: PLR0913  # what the options say
    spec: TargetSpec,
    *,
    data: str,
    prompt: str | None,
    metrics: Sequence[MetricSpec],
    concurrency: int,
    longest: int,
    limit: int | None,
    most_minutes: float | None = None,
    fail_fast: bool = False,
    helpers: tuple[HelperSpec, ...] = (),
    log: str | None = None,
) -> Quick:
    """The plan, without a cap yet.

    Raises:
        NotFound, InvalidInput: A file is missing or wrong, or the model has no price and nobody allowed that.
    """
    prompts, written = _prompt(prompt)
    plan = RunPlan(
        dataset=_examples(data, limit),
        prompt=written,
        targets=(spec,),
        metrics=tuple(metrics),
        parameters=CallParameters(max_output_tok=longest),
        concurrency=concurrency,
        attempts=ATTEMPTS,
        cap_usd=None,
        threshold=None,
        most_s=None if most_minutes is None else 60 * most_minutes,
        fail_fast=fail_fast,
    )
    asked = {spec.id: spec, **{helper.spec.id: helper.spec for helper in helpers}}
    pricer = CardPricer({name: _card(one) for name, one in asked.items()})
    for one in asked.values():
        _refuse_unpriced(one, pricer)
    worst_usd = _worst_usd(plan, prompts, pricer, known=_known(plan, log))
    return Quick(plan=plan, prompts=prompts, pricer=pricer, worst_usd=worst_usd, helpers=helpers)


def _prompt(name: str | None) -> tuple[PromptRenderer, Prompt]:
    if name is None:
        return AsItIs(), AS_IT_IS
    from maquette.adapters.prompts import JinjaPrompts, read_prompt

    with _named_by("--prompt"):
        return JinjaPrompts(), read_prompt(Path(name), name=name, find_image=find_image)


@contextmanager
def _named_by(option: str) -> Iterator[None]:
    """What a project calls a setting is an option here."""
    try:
        yield
    except NotFound as missing:
        raise NotFound(missing.what, place=missing.place, fix=f"Correct {option}.") from missing


def _known(plan: RunPlan, log: str | None) -> Collection[str]:
    """The questions that the folder of runs answers."""
    if log is None:
        return ()
    from maquette.adapters.trial_logs import FileRunStore

    key_of = trial_keys(plan, plan.targets[0])
    return frozenset(FileRunStore(Path(log)).answered({key_of(example) for example in plan.dataset.examples}))


def _examples(data: str, limit: int | None) -> Dataset:
    with _named_by("--data"):
        dataset = read_dataset(Path(data), name=data)
    return dataset if limit is None else replace(dataset, examples=dataset.examples[:limit])


def _card(spec: TargetSpec) -> ModelCard | None:
    """The card whose price the calls have; a server's own price is not known."""
    if spec.adapter == "llama_cpp":
        from maquette.adapters.gguf_files import read_card

        path = Path(spec.model)
        return read_card(path) if path.is_file() else None
    if spec.base_url is not None:
        return None
    from maquette.catalogs import prices_in_force

    prices, _, _ = prices_in_force()
    return prices.cards.get(spec.model) or prices.cards.get(spec.model.partition("/")[2])


def _refuse_unpriced(spec: TargetSpec, pricer: CardPricer) -> None:
    """A model on this machine costs no money a call; any other needs a price or leave."""
    here = spec.adapter == "llama_cpp" or spec.on_this_machine
    if not (here or pricer.priced(spec.id) or spec.options.get("allow_unpriced")):
        raise InvalidInput(
            f"{spec.id!r} has no price, so nobody knows what this costs",
            place=Place(field="--model"),
            fix="Add --allow-unpriced to call it all the same.",
        )


def _worst_usd(plan: RunPlan, prompts: PromptRenderer, pricer: CardPricer, *, known: Collection[str]) -> Usd:
    """The most that one attempt of every call can cost, without those that are ``known``, but with all scores."""
    (spec,) = plan.targets
    longest, examples, key_of = plan.parameters.max_output_tok, plan.dataset.examples, trial_keys(plan, spec)
    found = worst_scoring_usd([open_metric(one) for one in plan.metrics], examples, longest=longest, pricer=pricer)
    for example in examples if pricer.priced(spec.id) else ():
        if key_of(example) not in known:
            input_tok = most_input_tok(prompts.messages(plan.prompt, example))
            found += pricer.usd(spec.id, input_tok=input_tok, output_tok=longest) or FREE
    return found
