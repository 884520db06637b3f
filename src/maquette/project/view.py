"""A project at one moment: every stage's value, computed when it is first looked at.

A view never changes; a change of the files makes a new one. Costly values are shared between views through a memo
whose keys are fingerprints, so that a keystroke recomputes only what it touches.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from maquette.catalog.cards import Catalog, Hosting, ModelCard
from maquette.catalog.shortlist import Shortlist
from maquette.catalog.shortlisting import shortlist
from maquette.cost.drawn import Drawn
from maquette.cost.inputs import CostInputs
from maquette.cost.projecting import CostOption
from maquette.cost.projection import CostProjection
from maquette.cost.side.basis import SideBasis
from maquette.decision.decision import Decision
from maquette.decision.precedence import FactConflict, KnownFact, conflicts, settled
from maquette.decision.swinging import CostSwing
from maquette.evals.calls import TargetSpec
from maquette.evals.helpers import HelperSpec
from maquette.evals.model_size import ModelSize
from maquette.evals.results import summarise
from maquette.evals.run import EvalRun, RunPlan
from maquette.evals.trials import RunManifest, RunState, Trial
from maquette.foundation.expression import Facts
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import NotFound, Problem
from maquette.foundation.wording import listed, shown
from maquette.project.adopting import Adoption, adoption_of, report_of
from maquette.project.costing import drawn_costs
from maquette.project.measured_quality import measured_quality
from maquette.project.planning import helpers_of, plan_evaluation, targets_of
from maquette.project.ports import Ports
from maquette.project.side_costs import cost_inputs, side_basis
from maquette.project.view_options import view_options
from maquette.project.weighed import swings_of, weighed
from maquette.project_document import Document
from maquette.requirements.answers import Assumption, known_facts, open_questions
from maquette.requirements.answers import assumptions as taken_assumptions
from maquette.requirements.questions import Question, QuestionBook
from maquette.rules.of_project import extended
from maquette.rules.report import RuleBook, RuleReport

if TYPE_CHECKING:
    from maquette.bundle.inputs import ServingPlan
    from maquette.capacity.sizing import Sized
    from maquette.project.releasing import ReleaseItem
    from maquette.project.sizing import ProjectSizing

T = TypeVar("T")

OWN_MACHINES = ("infra.gpu_available", "infra.gpu_vram_gb", "infra.gpu_arch", "infra.device_ram_gb", "data.residency")
"""The facts that a sizing reads beside the load."""


class View:
    """One project at one moment. All properties are values; a `Problem` is raised where an input is missing."""

    def __init__(self, *, ports: Ports, document: Document, memo: dict[Hashable, object]) -> None:
        self.document = document
        self._ports = ports
        self._memo = memo

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value of ``key``, computed the first time that any view of the project asks for it."""
        if key not in self._memo:
            self._memo[key] = compute()
        return self._memo[key]  # type: ignore[return-value]  # a key is only ever used with one function

    @property
    def name(self) -> str:
        """The system's name, or the folder's."""
        return self.document.name

    @cached_property
    def facts(self) -> Facts:
        """Answers, defaults, design facts and derived facts; what is absent is unknown."""
        return known_facts(self.document.requirements, self._ports.questions)

    @cached_property
    def adoption(self) -> Adoption:
        """What the accepted decision puts in the place of the stated plan; nothing while it is a draft."""
        return adoption_of(self)

    @cached_property
    def assumptions(self) -> tuple[Assumption, ...]:
        """The defaults that stand in for answers."""
        return taken_assumptions(self.document.requirements, self._ports.questions)

    @cached_property
    def open_questions(self) -> tuple[Question, ...]:
        """The questions whose fact is unknown."""
        return open_questions(self.document.requirements, self._ports.questions)

    @cached_property
    def catalog(self) -> Catalog:
        """The shipped models and the model files found in the project's folders."""
        return self._ports.catalog(self.document.model_folders)

    @cached_property
    def shortlist(self) -> Shortlist:
        """Who fits, who is out and why; measured quality where an evaluation is current."""
        measured = measured_quality(self)
        key = ("shortlist", fingerprint(self.facts, measured, self._ports.today()), self.catalog.fingerprint)
        return self.once(key, lambda: shortlist(self.catalog, self.facts, today=self._ports.today(), measured=measured))

    @property
    def today(self) -> date:
        """The day on which this is looked at, for retirement and the age of prices."""
        return self._ports.today()

    @cached_property
    def shortlist_basis(self) -> str:
        """What a choice of models rests on: the models that fit, and the catalog."""
        fits = sorted(candidate.card.id for candidate in self.shortlist.candidates)
        return fingerprint(fits, self.catalog.fingerprint)

    @cached_property
    def plan(self) -> RunPlan:
        """What an evaluation would do now.

        Raises:
            Problem: No models are chosen, or the examples or the prompt are missing or wrong.
        """
        return plan_evaluation(self.document, self.facts, self.catalog, self._ports)

    @cached_property
    def helpers(self) -> tuple[HelperSpec, ...]:
        """The models that the plan's metrics ask, and how they are reached; raises as `plan`."""
        return helpers_of(self.document, self.catalog, self._ports, self.plan.metrics)

    @property
    def targets(self) -> tuple[TargetSpec, ...]:
        """How the chosen models are reached; empty while that is not settled."""
        try:
            return targets_of(self.document, self.catalog)
        except Problem:
            return ()

    @cached_property
    def sizes(self) -> Mapping[str, ModelSize]:
        """Target to its size, for the targets whose weights the catalog knows."""
        cards = {target.id: self.catalog.cards.get(target.card) for target in self.targets}
        weights = {name: card.weights for name, card in cards.items() if card is not None and card.weights is not None}
        return {
            name: ModelSize(active_b=one.active_params_b, params_b=one.params_b, file_bytes=one.file_bytes)
            for name, one in weights.items()
        }

    @property
    def plan_fingerprint(self) -> str | None:
        """The plan's fingerprint, or None while there is no plan."""
        try:
            return self.plan.fingerprint
        except Problem:
            return None

    @cached_property
    def manifests(self) -> tuple[RunManifest, ...]:
        """All runs, oldest first."""
        return self._ports.runs.manifests()

    @cached_property
    def manifest(self) -> RunManifest | None:
        """The newest run, whatever it was computed from."""
        return self.manifests[-1] if self.manifests else None

    def manifest_named(self, run_id: str) -> RunManifest:
        """The manifest of a run.

        Raises:
            NotFound: There is no such run; the message names those that there are.
        """
        found = next((one for one in self.manifests if one.run_id == run_id), None)
        if found is None:
            known = listed(one.run_id for one in self.manifests)
            fix = f"There are: {known}." if known else "Start one: maquette eval run."
            raise NotFound(f"this project has no run {shown(run_id)}", fix=fix)
        return found

    def trials_of(self, run_id: str) -> Iterator[Trial]:
        """The trials of a run in the order in which they finished; read while they are asked for."""
        return self._ports.runs.trials(self.manifest_named(run_id).run_id)

    def run_named(self, run_id: str) -> EvalRun:
        """A run with its results against today's threshold; raises as `manifest_named`."""
        return self._summarised(self.manifest_named(run_id))

    @cached_property
    def run(self) -> EvalRun | None:
        """The newest run with its results against today's threshold; None when there is none."""
        return self._summarised(self.manifest) if self.manifest is not None else None

    def _summarised(self, manifest: RunManifest) -> EvalRun:
        threshold = self.facts.get("quality.threshold")
        at_least = float(threshold) if isinstance(threshold, (int, float)) else None
        key = ("run", manifest, at_least) if manifest.state is not RunState.RUNNING else ("running", object())
        return self.once(key, lambda: summarise(manifest, self._ports.runs.trials(manifest.run_id), threshold=at_least))

    @property
    def run_is_current(self) -> bool:
        """Whether the newest run answers today's plan."""
        return self.manifest is not None and self.manifest.computed_from == self.plan_fingerprint

    @property
    def current_run(self) -> EvalRun | None:
        """The newest run when it answers today's plan: old results never stand beside new inputs."""
        return self.run if self.run_is_current else None

    @cached_property
    def cost_options(self) -> tuple[CostOption, ...]:
        """What the projection compares: each target of the plan, or the chosen models while there is no plan."""
        return self.cost_options_with(self.facts)

    def cost_options_with(self, facts: Facts) -> tuple[CostOption, ...]:
        """What it would compare with other facts: the machines of an open model, and who answers after another."""
        host = next(iter(self._ports.hosts()), None)
        return view_options(
            self,
            facts,
            host=host,
            replacements=self._ports.replacements,
            gateway=lambda: self._ports.bundle_templates().artifact("gateway").constants,
        )

    def best_machines(self, card: ModelCard, facts: Facts | None = None) -> "Sized | None":
        """The machines that an open model would take; None where it is reached otherwise, or cannot be sized."""
        if card.hosting is not Hosting.OPEN_WEIGHTS:
            return None
        try:
            found = self.sizing_with(self.facts if facts is None else facts).model(card.id)
        except Problem:
            return None
        return found.best if found is not None else None

    @cached_property
    def cost_basis(self) -> str:
        """What the projection is computed from."""
        return self.cost_inputs.fingerprint

    @cached_property
    def projection(self) -> CostProjection:
        """Cost over the horizon, each option of the plan."""
        return self.once(("cost", self.cost_basis), self.cost_inputs.projection)

    @cached_property
    def drawn_costs(self) -> Drawn:
        """The draws of the projection, so many and with the seed that `maquette cost` takes; raises as `projection`."""
        inputs = self.cost_inputs
        return self.once(("drawn", self.cost_basis, inputs.defaulted), lambda: drawn_costs(inputs))

    @property
    def cost_inputs(self) -> CostInputs:
        """What the projection is computed from, for whoever computes it with something changed."""
        return cost_inputs(self)

    @cached_property
    def side_basis(self) -> SideBasis:
        """What is paid beside the models is made from this."""
        return side_basis(self, self._ports.services(), lambda: self._ports.capacity().accelerators)

    @property
    def sizing(self) -> "ProjectSizing":
        """The machines that the chosen open models would take, or those that lead the shortlist.

        Raises:
            InvalidInput: The load is not known, or the project's measurements cannot be read.
        """
        return self.sizing_with(self.facts)

    def sizing_with(self, facts: Facts) -> "ProjectSizing":
        """The machines that the same models would take with other facts, computed once for each; raises as `sizing`."""
        from maquette.project.demand import asked_load
        from maquette.project.sizing import size_project, wanted_models

        asked, capacity = asked_load(facts), self._ports.capacity()
        cards = self.catalog.cards
        wanted = wanted_models(
            [cards[name] for name in self.document.chosen if name in cards],
            lambda: [candidate.card for candidate in self.shortlist.candidates],
        )
        names = tuple(card.id for card in wanted.cards)
        own = tuple(facts.get(name) for name in OWN_MACHINES)
        key = ("sizing", asked, names, wanted.chosen, wanted.notes, own, self.catalog.fingerprint, capacity.key)
        return self.once(key, lambda: size_project(asked, wanted, facts, capacity))

    @cached_property
    def serving(self) -> "Mapping[str, ServingPlan]":
        """How each chosen open model is served, by its card's id; empty where none is chosen or nothing can be said."""
        if not any(card.weights is not None for card in self.cards_by_option.values()):
            return {}
        from maquette.project.serving import serving_plans

        try:
            return serving_plans(self.sizing)
        except Problem:
            return {}

    @cached_property
    def known_by_project(self) -> tuple[KnownFact, ...]:
        """The facts that the project knows by itself, each with where it comes from."""
        from maquette.project.known_by_project import known_by_project

        return known_by_project(self, self._ports.providers)

    @cached_property
    def top_two_differ(self) -> bool | None:
        """Whether the two best models of the current run differ significantly; None where nobody can tell."""
        from maquette.project.known_by_project import top_two_differ

        key = ("top two", self.run_is_current and self.manifest)
        return self.once(key, lambda: top_two_differ(self)) if self.current_run is not None else None

    def regression_of(self, model: str | None) -> Facts:
        """Whether a model got worse since the run before; empty where nobody can tell."""
        from maquette.project.known_regression import regression

        key = ("regression", model, tuple(one.run_id for one in self.manifests), self.manifest)
        return self.once(key, lambda: regression(self, model))

    @property
    def published_roles(self) -> Mapping[str, Sequence[str]]:
        """The catalog's own lists of models by role, best first."""
        return self._ports.roles()

    @cached_property
    def rule_facts(self) -> Facts:
        """The facts that the rules see: what the user says, with what was measured and decided since."""
        return settled(self.facts, self.known_by_project, chosen=self.document.choice is not None)

    @cached_property
    def fact_conflicts(self) -> tuple[FactConflict, ...]:
        """Each fact that the user states of the design and the project knows otherwise."""
        chosen, stated = self.document.choice is not None, self.document.requirements.design_facts
        return conflicts(stated, self.known_by_project, chosen=chosen)

    @cached_property
    def rule_book(self) -> RuleBook:
        """The shipped rules, then the project's own."""
        return extended(self._ports.rules(), self.document.rules)

    @cached_property
    def report(self) -> RuleReport:
        """What became of every rule; some are muted or overridden by the project."""
        return report_of(self)

    @cached_property
    def decision(self) -> Decision:
        """The choice or the recommendation, with reasons, options, open questions and what would overturn it."""
        return weighed(self, self._ports)

    @cached_property
    def release(self) -> "tuple[ReleaseItem, ...]":
        """What has to be so before a release, the worst first; empty while no model is in question."""
        from maquette.project.releasing import release_items

        return release_items(self, self._ports)

    @cached_property
    def cost_swings(self) -> tuple[CostSwing, ...]:
        """What the unknown facts that the projection reads do to the first month of the option in question."""
        choice = self.document.choice
        return self.once(("swings", self.cost_basis, choice and choice.model), lambda: swings_of(self))

    @property
    def questions(self) -> QuestionBook:
        """The questions that the requirements answer."""
        return self._ports.questions

    @cached_property
    def bundle_basis(self) -> str:
        """What an export rests on: every stage's value."""
        run = self.current_run
        return fingerprint(
            *self._serving_basis(),
            self.document.requirements.fingerprint,
            self.shortlist_basis,
            (run.id, run.state, run.computed_from) if run else None,
            self.cost_basis,
            self.document.choice,
            self.document.evaluation.prompt,
        )

    def _serving_basis(self) -> list[object]:
        if not self.serving:
            return []
        from maquette.project.serving import serving_basis

        return [[(name, *serving_basis(plan)) for name, plan in sorted(self.serving.items())]]

    @cached_property
    def cards_by_option(self) -> Mapping[str, ModelCard]:
        """What the project calls each of its models, to the model's card."""
        named = {target.id: target.card for target in self.targets} or {m: m for m in self.document.chosen}
        return {name: self.catalog.cards[card] for name, card in named.items() if card in self.catalog.cards}
