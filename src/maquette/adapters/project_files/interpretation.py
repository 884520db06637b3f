"""Plain data as a `Document`: every wrong key and value at once, in the order of the file.

The layout is declared in `maquette.requirements.document`; the words for what breaks it are in `layout_problems`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from pydantic import ValidationError

from maquette.adapters.project_files.cost_settings import cost_problems, cost_settings
from maquette.adapters.project_files.layout_problems import layout_problem
from maquette.decision.decision import Choice, DecisionStatus
from maquette.evals.calls import TargetSpec
from maquette.evals.gating_settings import GateSettings
from maquette.evals.run import MetricSpec
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import InvalidInput, Problem, each_problem, raise_all
from maquette.foundation.units import Usd
from maquette.foundation.wording import shown
from maquette.project_document import DEFAULT_MAX_OUTPUT_TOK, Document, EvaluationSettings
from maquette.requirements.answers import Requirements
from maquette.requirements.checking import PlaceOf, check_answers, check_design_facts
from maquette.requirements.document import (
    FORMAT_VERSION,
    DecisionEntry,
    EvaluationEntry,
    GateEntry,
    ModelsEntry,
    ProjectEntry,
    RulesEntry,
    TargetEntry,
)
from maquette.requirements.questions import QuestionBook
from maquette.rules.of_project import NOTHING_SAID, ProjectRules, project_rules
from maquette.rules.report import RuleBook

_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """What a project file may say: the questions, the facts that the rules know with their kinds, and the rules.

    Attributes:
        rules: Loads the rule base, for files that say something about it; None leaves that unchecked and unread.
    """

    book: QuestionBook
    fact_kinds: Mapping[str, str]
    rules: Callable[[], RuleBook] | None = None


def document_from_data(
    data: Mapping[str, Any], vocabulary: Vocabulary, *, place_of: PlaceOf, folder_name: str, digest: str
) -> Document:
    """The document that ``data`` says.

    Raises:
        InvalidInput, SeveralProblems: Everything that is wrong, sorted by line.
    """
    problems: list[Problem] = []
    entry = _attempt(problems, lambda: _layout(data, place_of), None)
    requirements = _attempt(problems, lambda: requirements_from_data(data, vocabulary, place_of=place_of), None)
    rules = _attempt(problems, lambda: _rules(entry.rules if entry else None, vocabulary, place_of), NOTHING_SAID)
    raise_all(sorted(problems, key=lambda problem: problem.place.line or 0))
    assert entry is not None
    assert requirements is not None
    document = _document(entry, requirements, data, folder_name=folder_name, digest=digest)
    return replace(document, rules=rules)


def _rules(entry: RulesEntry | None, vocabulary: Vocabulary, place_of: PlaceOf) -> ProjectRules:
    """What the project says about the rules, checked against them; raises as `project_rules`."""
    if entry is None or vocabulary.rules is None:
        return NOTHING_SAID
    return project_rules(
        add=[rule.model_dump(exclude_none=True) for rule in entry.add or ()],
        mute=[(rule.id, rule.because) for rule in entry.mute or ()],
        override=[(rule.id, rule.because, rule.until) for rule in entry.override or ()],
        book=vocabulary.rules(),
        asked=(*vocabulary.book.questions, *(derived.id for derived in vocabulary.book.derived)),
        place_of=place_of,
    )


def requirements_from_data(data: Mapping[str, Any], vocabulary: Vocabulary, *, place_of: PlaceOf) -> Requirements:
    """The answers and the design facts of ``data``; other keys are not looked at.

    Raises:
        InvalidInput, SeveralProblems: Everything that is wrong with them.
    """
    problems: list[Problem] = []
    book, kinds = vocabulary.book, vocabulary.fact_kinds
    said = _attempt(
        problems,
        lambda: check_answers(
            _section(data, "requirements", place_of), book, place_of=_below("requirements", place_of)
        ),
        Requirements(),
    )
    facts: dict[str, FactValue] = _attempt(
        problems,
        lambda: check_design_facts(
            _section(data, "design_facts", place_of), kinds, place_of=_below("design_facts", place_of)
        ),
        {},
    )
    raise_all(problems)
    return replace(said, design_facts=facts)


def _below(key: str, place_of: PlaceOf) -> PlaceOf:
    return lambda name: place_of(f"{key}.{name}")


def _attempt(problems: list[Problem], step: Callable[[], _Result], otherwise: _Result) -> _Result:
    """The step's result; what is wrong goes to ``problems``."""
    try:
        return step()
    except Problem as problem:
        problems.extend(each_problem(problem))
        return otherwise


def _section(data: Mapping[str, Any], key: str, place_of: PlaceOf) -> Mapping[str, Any]:
    value = data.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{key} holds no keys", fix="Put its sections below it.", place=place_of(key))
    return value


def _layout(data: Mapping[str, Any], place_of: PlaceOf) -> ProjectEntry:
    """The file's layout, checked.

    Raises:
        InvalidInput, SeveralProblems: A key or a value does not belong; of another version only that is said.
    """
    version = data.get("maquette")
    if version is not None and (version != FORMAT_VERSION or isinstance(version, bool)):
        what = f"the file's layout is version {shown(version)}, and this maquette reads version {FORMAT_VERSION}"
        fix = "Install the newest maquette." if isinstance(version, int) else f"Write maquette: {FORMAT_VERSION}."
        raise InvalidInput(what, fix=fix, place=place_of("maquette"))
    try:
        entry = ProjectEntry.model_validate(dict(data))
    except ValidationError as error:
        raise_all([layout_problem(one, place_of) for one in error.errors()])
        raise
    raise_all(
        [
            *_repeated_targets(entry.models, place_of),
            *_unfinished_decision(entry.decision, place_of),
            *cost_problems(entry.cost, place_of),
        ]
    )
    return entry


def _repeated_targets(models: ModelsEntry | None, place_of: PlaceOf) -> list[Problem]:
    ids = [target.id for target in (models and models.targets) or ()]
    return [
        InvalidInput(
            f"the target {shown(name)} stands there twice",
            fix="Give each target an id of its own.",
            place=place_of(f"models.targets.{index}.id"),
        )
        for index, name in enumerate(ids)
        if name in ids[:index]
    ]


def _unfinished_decision(decision: DecisionEntry | None, place_of: PlaceOf) -> list[Problem]:
    """A decision needs a model, a reason and a day; what maquette noted of an undone one may stay."""
    if decision is None or not decision.model_dump(exclude={"computed_from", "rests_on"}, exclude_none=True):
        return []
    return [
        InvalidInput(f"the decision lacks {key}", fix=f"Add decision.{key}.", place=place_of(f"decision.{key}"))
        for key in ("model", "because", "decided_on")
        if getattr(decision, key) is None
    ]


def _document(
    entry: ProjectEntry, requirements: Requirements, data: Mapping[str, Any], *, folder_name: str, digest: str
) -> Document:
    models, shortlist = entry.models, entry.shortlist
    name = requirements.answers.get("project.name")
    return Document(
        name=str(name) if name else folder_name,
        requirements=requirements,
        model_folders=tuple((models and models.folders) or ()),
        targets=tuple(_target(target) for target in (models and models.targets) or ()),
        chosen=tuple((shortlist and shortlist.chosen) or ()),
        shortlist_from=shortlist.computed_from if shortlist else None,
        evaluation=_evaluation(entry.evaluation) if entry.evaluation else EvaluationSettings(),
        cost_from=entry.cost.computed_from if entry.cost else None,
        cost=cost_settings(entry.cost),
        choice=_choice(entry.decision) if entry.decision else None,
        out=(entry.export and entry.export.out) or "out",
        templates=entry.export.templates if entry.export else None,
        digest=digest,
        data=data,
    )


def _target(target: TargetEntry) -> TargetSpec:
    return TargetSpec(
        id=target.id,
        card=target.card or target.id,
        adapter=target.adapter,
        model=target.model,
        base_url=target.base_url,
        api_key_env=target.api_key_env,
        options=target.options or {},
    )


def _evaluation(entry: EvaluationEntry) -> EvaluationSettings:
    return EvaluationSettings(
        dataset=entry.dataset,
        prompt=entry.prompt,
        metrics=tuple(
            MetricSpec(kind=metric.kind, settings=dict(metric.model_extra or {})) for metric in entry.metrics or ()
        ),
        max_output_tok=entry.max_output_tok or DEFAULT_MAX_OUTPUT_TOK,
        answer_schema=entry.answer_schema,
        step=entry.step,
        temperature=entry.temperature,
        gate=_gate(entry.gate) if entry.gate else GateSettings(),
    )


def _gate(entry: GateEntry) -> GateSettings:
    said = entry.model_dump(exclude_none=True)
    if entry.hard_breaks is not None:
        said["hard_breaks"] = tuple(entry.hard_breaks)
    if entry.max_usd_per_answer is not None:
        said["max_usd_per_answer"] = Usd(str(entry.max_usd_per_answer))
    return GateSettings(**said)


def _choice(entry: DecisionEntry) -> Choice | None:
    if entry.model is None:
        return None
    assert isinstance(entry.decided_on, date)
    return Choice(
        model=entry.model,
        fallback=entry.fallback,
        because=entry.because or "",
        status=DecisionStatus(entry.status or DecisionStatus.DRAFT),
        decided_on=entry.decided_on,
        computed_from=entry.computed_from or "",
        unevaluated_because=entry.unevaluated_because,
        signed_by=entry.signed_by,
        signed_on=entry.signed_on,
        rests_on={record: tuple(lines) for record, lines in (entry.rests_on or {}).items()},
    )
