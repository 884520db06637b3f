"""From a document to a plan of an evaluation: which targets, which examples, which metrics. Nothing is called here."""

from collections.abc import Sequence
from decimal import Decimal

from maquette.catalog.cards import Catalog, Hosting
from maquette.catalog.served import served_name
from maquette.evals.calls import CallParameters, TargetSpec
from maquette.evals.helpers import AskedModel, HelperSpec, helper_models, with_identities
from maquette.evals.run import MetricSpec, RunPlan
from maquette.evals.steps import step_of
from maquette.foundation.expression import Facts
from maquette.foundation.problems import InvalidInput, NotFound, Place
from maquette.foundation.units import Usd
from maquette.project.ports import Ports
from maquette.project_document import Document, EvaluationSettings

_CALL_ATTEMPTS = 3
"""One call and two retries, the reliability rule's figure."""


def plan_evaluation(document: Document, facts: Facts, catalog: Catalog, ports: Ports) -> RunPlan:
    """What an evaluation of the chosen models would do.

    Raises:
        NotFound: Nothing is chosen, or a file that the document names is not there.
        InvalidInput: A file or a setting is wrong.
    """
    settings = document.evaluation
    if not document.chosen:
        raise NotFound("no model is chosen to evaluate", fix="Choose some: maquette shortlist --choose MODEL.")
    if settings.dataset is None:
        raise NotFound(
            "there are no examples to evaluate on",
            place=Place(file=str(ports.file.path), field="evaluation.dataset"),
            fix="Name a JSONL or CSV file: maquette set evaluation.dataset=evals/examples.jsonl.",
        )
    if settings.prompt is None:
        raise NotFound(
            "there is no prompt to evaluate with",
            place=Place(file=str(ports.file.path), field="evaluation.prompt"),
            fix="Name a Jinja file over the examples' inputs: maquette set evaluation.prompt=prompts/main.j2.",
        )
    threshold, cap = facts.get("quality.threshold"), facts.get("eval.budget_usd")
    metrics = settings.metrics or _default_metrics(facts)
    prompt = ports.read_prompt(settings.prompt)
    return RunPlan(
        dataset=ports.read_dataset(settings.dataset),
        prompt=prompt,
        targets=tuple(map(ports.identified, targets_of(document, catalog))),
        metrics=with_identities(metrics, helpers_of(document, catalog, ports, metrics)),
        parameters=_parameters(settings, ports, facts),
        concurrency=int(facts.get("eval.concurrency", 8)),  # type: ignore[arg-type]  # checked as a number on reading
        attempts=_CALL_ATTEMPTS,
        cap_usd=None if cap is None else Usd(str(cap)),
        threshold=float(threshold) if isinstance(threshold, (int, float)) else None,
        most_s=_most_s(facts),
        fail_fast=facts.get("eval.failure_policy") == "fail_run",
        step=step_of(prompt, settings.step),
    )


def _parameters(settings: EvaluationSettings, ports: Ports, facts: Facts) -> CallParameters:
    """The schema of the answers is the one that is asked for where the evaluation names none of its own."""
    asked = facts.get("io.output_schema")
    schema = settings.answer_schema or (asked if isinstance(asked, str) else None)
    return CallParameters(
        max_output_tok=settings.max_output_tok,
        temperature=settings.temperature,
        answer_schema=ports.read_json(schema) if schema else None,
    )


def targets_of(document: Document, catalog: Catalog) -> tuple[TargetSpec, ...]:
    """How each chosen model is reached: the user's own targets for it, or the catalog's way.

    Raises:
        NotFound: A chosen model is neither in the catalog nor among the user's targets.
        InvalidInput: Weights that nothing serves.
    """
    specs: list[TargetSpec] = []
    for chosen in document.chosen:
        own = [target for target in document.targets if chosen in (target.id, target.card)]
        specs.extend(spec for spec in own or [_catalog_target(chosen, catalog)] if spec not in specs)
    return tuple(specs)


def helpers_of(
    document: Document, catalog: Catalog, ports: Ports, metrics: Sequence[MetricSpec]
) -> tuple[HelperSpec, ...]:
    """How each model that a metric asks is reached: the user's own target of that id, or the catalog's way.

    Raises:
        InvalidInput: A metric's settings are wrong, or its model is nowhere.
    """
    own = {target.id: target for target in document.targets}
    return tuple(
        HelperSpec(asked=asked, spec=ports.identified(own.get(asked.model) or _catalog_helper(asked, catalog, ports)))
        for asked in helper_models(metrics, ports.open_metric)
    )


def _catalog_helper(asked: AskedModel, catalog: Catalog, ports: Ports) -> TargetSpec:
    if asked.model not in catalog.cards:
        raise InvalidInput(
            f"the metric {asked.metric!r} asks the model {asked.model!r}, which is neither a target nor in the catalog",
            place=Place(file=str(ports.file.path), field=asked.field),
            fix="Name the id of an entry of models.targets, or of a model in the catalog (maquette catalog).",
        )
    return _catalog_target(asked.model, catalog)


def _catalog_target(model: str, catalog: Catalog) -> TargetSpec:
    card = catalog.cards.get(model)
    if card is None:
        raise NotFound(
            f"the chosen model {model!r} is not in the catalog",
            place=Place(field="shortlist.chosen"),
            fix="Choose again (maquette shortlist), or put its file back into a folder under models.folders.",
        )
    if card.hosting is Hosting.OPEN_WEIGHTS:
        raise InvalidInput(
            f"nothing serves the weights of {model!r}",
            place=Place(field="models.targets"),
            fix="Add a target with the base_url of an OpenAI-compatible server that serves them.",
        )
    if card.hosting is Hosting.LOCAL_FILE and card.path is not None:
        return TargetSpec(id=model, card=model, adapter="llama_cpp", model=card.path)
    if card.hosting is Hosting.SERVED and card.address is not None:
        return TargetSpec(id=model, card=model, adapter="openai", model=served_name(model), base_url=card.address)
    return TargetSpec(id=model, card=model, adapter="litellm", model=model)


def _most_s(facts: Facts) -> float | None:
    minutes = facts.get("eval.max_minutes")
    return 60 * float(minutes) if isinstance(minutes, int | float | Decimal) else None


def _default_metrics(facts: Facts) -> tuple[MetricSpec, ...]:
    """JSON answers are compared field by field, everything else as a whole."""
    kind = "json_fields" if facts.get("io.output_format") == "json" else "exact_match"
    return (MetricSpec(kind=kind, settings={}),)
