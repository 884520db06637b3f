"""The section ``cost:`` of maquette.yaml as `CostSettings` with exact numbers, and which keys do not go together."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel

from maquette.cost.calendar import EVERY_MONTH_ALIKE
from maquette.cost.side_settings import (
    CommitmentSetting,
    CostSettings,
    CurrencySetting,
    EnsembleSetting,
    EvaluationCostSettings,
    FineTuningSettings,
    GuardrailSettings,
    LoggingSettings,
    PeopleSettings,
    PriceChangeSetting,
    PriceTrendSetting,
    ProvisionedSetting,
    RetrievalSettings,
)
from maquette.foundation.problems import InvalidInput, Problem
from maquette.foundation.units import readable_count
from maquette.requirements.checking import PlaceOf
from maquette.requirements.cost_section import CostEntry, EnsembleEntry, SeasonEntry

_Value = TypeVar("_Value")


def cost_problems(entry: CostEntry | None, place_of: PlaceOf) -> list[Problem]:
    """What is wrong although each key by itself is right."""
    if entry is None:
        return []
    found: list[Problem] = []
    if entry.season is not None and entry.launch is None:
        what, fix = "a season needs a launch", "Add cost.launch, a day of the first month, such as 2027-03-01."
        found.append(InvalidInput(what, fix=fix, place=place_of("cost.season")))
    trend = entry.price_trend
    if trend is not None and not trend.low <= trend.expected <= trend.high:
        what = f"a trend of {trend.low}, {trend.expected} and {trend.high} percent is not in order"
        fix = "Give low, expected and high in order."
        found.append(InvalidInput(what, fix=fix, place=place_of("cost.price_trend")))
    for index, one in enumerate(entry.commitments or ()):
        if (one.discount is None) == (one.usd_per_hour is None):
            what = "a commitment has either a discount or a price an hour"
            fix = "Give one of discount and usd_per_hour."
            found.append(InvalidInput(what, fix=fix, place=place_of(f"cost.commitments.{index}")))
    reserved = sum(Decimal(str(one.share)) for one in entry.commitments or ())
    if reserved > 1:
        what, fix = f"{readable_count(reserved * 100)} % is reserved", "Give shares that add up to 1 at most."
        found.append(InvalidInput(what, fix=fix, place=place_of("cost.commitments")))
    units = entry.provisioned
    if units is not None and (units.tok_per_min_per_unit is None) == (units.requests_per_s_per_unit is None):
        what = "a provisioned unit serves either tokens a minute or requests a second"
        fix = "Give one of tok_per_min_per_unit and requests_per_s_per_unit."
        found.append(InvalidInput(what, fix=fix, place=place_of("cost.provisioned")))
    tuning = entry.fine_tuning
    if tuning is not None and (tuning.gpu_hours is None) != (tuning.usd_per_gpu_hour is None):
        lacks = "gpu_hours" if tuning.gpu_hours is None else "usd_per_gpu_hour"
        what, fix = f"a training of your own lacks {lacks}", f"Add cost.fine_tuning.{lacks}."
        found.append(InvalidInput(what, fix=fix, place=place_of("cost.fine_tuning")))
    return found


def cost_settings(entry: CostEntry | None) -> CostSettings:
    """The settings that an entry says; what it leaves out stays unsaid."""
    if entry is None:
        return CostSettings()
    return CostSettings(
        launch=entry.launch,
        season=_season(entry.season),
        currency=_value(CurrencySetting, entry.currency),
        price_changes=tuple(PriceChangeSetting(**_said(one)) for one in entry.price_changes or ()),
        price_trend=_value(PriceTrendSetting, entry.price_trend),
        commitments=tuple(CommitmentSetting(**_said(one)) for one in entry.commitments or ()),
        provisioned=_value(ProvisionedSetting, entry.provisioned),
        ensemble=_ensemble(entry.ensemble),
        retrieval=_value(RetrievalSettings, entry.retrieval),
        guardrails=_value(GuardrailSettings, entry.guardrails),
        logging=_value(LoggingSettings, entry.logging) or LoggingSettings(),
        evaluation=_value(EvaluationCostSettings, entry.evaluation) or EvaluationCostSettings(),
        fine_tuning=_value(FineTuningSettings, entry.fine_tuning),
        people=_value(PeopleSettings, entry.people) or PeopleSettings(),
    )


def _value(kind: type[_Value], entry: BaseModel | None) -> _Value | None:
    return None if entry is None else kind(**_said(entry))


def _ensemble(entry: EnsembleEntry | None) -> EnsembleSetting | None:
    return None if entry is None else EnsembleSetting(models=tuple(entry.models), judge=entry.judge)


def _said(entry: BaseModel) -> Mapping[str, Any]:
    """The keys with a value; a number with a point becomes the decimal that was written."""
    said = entry.model_dump(exclude_none=True)
    return {key: Decimal(str(value)) if isinstance(value, float) else value for key, value in said.items()}


def _season(entry: SeasonEntry | None) -> tuple[Decimal, ...]:
    factors = list(EVERY_MONTH_ALIKE)
    for month, factor in entry.factors() if entry else ():
        factors[month - 1] = Decimal(str(factor))
    return tuple(factors)
