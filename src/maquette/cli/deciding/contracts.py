"""What `maquette rules` and the newer parts of `maquette decide` print with `--json`, as types."""

from typing import Any

from typing_extensions import TypedDict

from maquette.cli.contract_parts import IntervalData, RangeData


class OverrulingData(TypedDict):
    """A project's reason to deviate from a rule."""

    because: str
    until: str | None


class RuleEffectData(TypedDict):
    """What following a rule does: better, worse, same or depends; null where the rule does not say it.

    ``performance`` is quality, latency and availability together.
    """

    performance: str | None
    quality: str | None
    latency: str | None
    availability: str | None
    cost: str | None
    safety: str | None
    gives_up: str


class AxisFigureData(TypedDict):
    """A figure of the project about one axis; ``direction`` is null where it goes with the rule's own word."""

    axis: str
    direction: str | None
    text: str
    source: str


class EffectHereData(RuleEffectData):
    """What a fired rule does in this project, with the figures that say so."""

    rule: str
    proposes: dict[str, Any]
    figures: list[AxisFigureData]


class VersusData(TypedDict):
    """The model in question beside another one."""

    other: str
    figures: list[AxisFigureData]


class RuleStateData(TypedDict):
    """One rule and what became of it: fired, unknown, not_fired or muted."""

    id: str
    area: str
    strength: str
    status: str
    needs: list[str]
    overridden_by: str | None
    overruled: OverrulingData | None
    lapsed: OverrulingData | None
    muted_because: str | None
    effect: RuleEffectData


class RulesListData(TypedDict):
    """`maquette rules list --json`."""

    format: int
    rules: list[RuleStateData]


class FactData(TypedDict):
    """A fact that a condition names; null where it is unknown."""

    fact: str
    value: Any


class NeedData(TypedDict):
    """A fact that would settle a rule."""

    fact: str
    ask: str


class ExplainData(RuleStateData):
    """`maquette rules explain ID --json`."""

    format: int
    when: str
    recommend: str
    rationale: str
    proposes: dict[str, Any]
    facts: list[FactData]
    asks: list[NeedData]
    sources: dict[str, str]
    guidance: list[str]
    conflict: str | None
    overturn: str


class PartData(TypedDict):
    """One part of a condition; ``holds`` is null while it is unknown."""

    text: str
    holds: bool | None
    facts: list[FactData]
    either: bool


class ChangeData(TypedDict):
    """One fact whose change alone would fire the rule."""

    fact: str
    now: Any
    how: str
    to: Any


class EffectData(TypedDict):
    """What an answer to an open fact does to the rule."""

    fact: str
    answer: str
    status: str


class WhyNotData(TypedDict):
    """`maquette rules why-not ID --json`."""

    format: int
    id: str
    status: str
    when: str
    parts: list[PartData]
    changes: list[ChangeData]
    needs: list[str]
    effects: list[EffectData]
    muted_because: str | None
    together: list[ChangeData]


class KnownFactData(TypedDict):
    """A fact that the rules see, and where it comes from."""

    fact: str
    value: Any
    source: str


class FactsData(TypedDict):
    """`maquette rules facts --json`; ``unknown`` are those that rules name and nobody knows."""

    format: int
    known: list[KnownFactData]
    unknown: list[NeedData]


class SpeedData(TypedDict):
    """The 95th percentile of an answer's time, measured or predicted."""

    p95_s: float
    measured: bool


class MachinesData(TypedDict):
    """What a model runs on."""

    words: str
    requests_per_s: float | None


class SideData(TypedDict):
    """One option beside the others."""

    model: str
    standing: str
    score: float | None
    interval: IntervalData | None
    scored: int
    verdict: str
    first_month_usd: RangeData | None
    total_usd: RangeData | None
    speed: SpeedData | None
    machines: MachinesData | None
    retires_on: str | None
    terms: str
    risks: list[str]


class BindingData(TypedDict):
    """Who plays a part."""

    part: str
    place: int
    model: str | None
    because: str
    measured: bool


class CompareData(TypedDict):
    """`maquette decide --compare --json`."""

    format: int
    options: list[SideData]
    parts: list[BindingData]


class CostSwingData(TypedDict):
    """What an unknown fact does to the first month of one option; null ends where nothing can be projected without."""

    fact: str
    option: str | None
    low: dict[str, str] | None
    high: dict[str, str] | None
    expected_usd: str | None
    case: str
    weight: int


class AdaptationStepData(TypedDict):
    """One question of the path to an adaptation; ``yes`` is null while it is unknown."""

    question: str
    yes: bool | None
    rule: str
    leads_to: str
    needs: list[str]


class AdaptationData(TypedDict):
    """How the model gets to know the task, and whether to fine-tune."""

    steps: list[AdaptationStepData]
    leads_to: list[str]
    fine_tune: bool
    because: str


class RoleTodayData(TypedDict):
    """A role that rules name, and the models that fill it today, best first."""

    role: str
    rules: list[str]
    models: list[str]
    gone: list[str]


class RefusalData(TypedDict):
    """A no with its arithmetic: not_llm, not_needed, prohibited, too_small or contradiction."""

    kind: str
    rule: str | None
    what: str
    arithmetic: list[str]
    change: list[str]
    facts: list[str]


class ArmData(TypedDict):
    """One of the ways that an experiment compares; ``run`` is null while it was not measured."""

    step: str
    run: str | None
    command: str


class RungData(TypedDict):
    """A step of the adaptation with what its newest run scored; the score is null where there is no run."""

    step: str
    state: str
    why: str
    run: str | None
    model: str | None
    prompt: str | None
    shown: int | None
    score: float | None
    low: float | None
    high: float | None
    verdict: str | None
    comparable: bool | None


class LadderData(TypedDict):
    """The steps of the adaptation in their order, and the runs that came too early."""

    rungs: list[RungData]
    out_of_order: list[str]


class ExperimentData(TypedDict):
    """Something to measure next."""

    what: str
    because: str
    examples: int | None
    settles: list[str]
    command: str
    arms: list[ArmData]


class DeviationData(TypedDict):
    """A slot that the stated design fills otherwise than binding rules propose."""

    slot: str
    proposed: str
    stated: str
    fact: str
    rules: list[str]
    strength: str
    because: str | None


class ConflictData(TypedDict):
    """A fact that is stated of the design and known otherwise; the rules see ``taken``."""

    fact: str
    taken: Any
    taken_from: str
    other: Any
    other_from: str


class ReleaseItemData(TypedDict):
    """What has to be so before a release: ``state`` is "blocks", "open" or "done"."""

    what: str
    state: str
    evidence: str
    owner: str


class DependenceData(TypedDict):
    """A feature that the design uses; ``locks`` is null where only models of which nobody says could have it."""

    feature: str
    because: str
    able: int
    unsaid: int
    others: int
    companies: list[str]
    locks: bool | None
    effort: str


class DecisionMoreData(TypedDict):
    """What `maquette decide --json` says beside the choice."""

    refusals: list[RefusalData]
    experiments: list[ExperimentData]
    deviations: list[DeviationData]
    conflicts: list[ConflictData]
    accepted_risks: list[str]
    muted: dict[str, str]
    cost_swings: list[CostSwingData]
    adaptation: AdaptationData | None
    ladder: LadderData | None
    roles: list[RoleTodayData]
    lock_in: list[DependenceData]
    effects: list[EffectHereData]
    beside_others: list[VersusData]


class MovedData(TypedDict):
    """One line that a record was made from, before and now."""

    name: str
    before: str | None
    now: str | None


class StaleRecordData(TypedDict):
    """A decision record that no longer rests on what it was made from."""

    record: str
    slug: str
    moved: list[MovedData]
