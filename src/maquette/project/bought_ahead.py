"""Capacity that a project buys by the hour: what ``cost:`` says of it, handed to the options that it fits."""

from collections.abc import Sequence
from dataclasses import replace

from maquette.cost.commitments import Commitment
from maquette.cost.options import CostOption
from maquette.cost.provisioned import Provisioned
from maquette.cost.side_settings import CommitmentSetting, CostSettings, ProvisionedSetting
from maquette.foundation.sources import Source, SourceKind

_COMMITMENTS = Source(kind=SourceKind.REQUIRED, ref="cost.commitments in maquette.yaml")
_PROVISIONED = Source(kind=SourceKind.REQUIRED, ref="cost.provisioned in maquette.yaml")


def bought_ahead(option: CostOption, settings: CostSettings) -> CostOption:
    """The option with the provisioned units that serve its model, and with what of its machines is reserved.

    A model is meant by its catalog id or by what the project calls it. Machines that are there already cost nothing,
    so that none of them is reserved.

    Raises:
        InvalidInput: A setting is out of range.
    """
    said = settings.provisioned
    if said is not None and said.model in {option.name, option.card.id}:
        option = replace(option, provisioned=_offer(said))
    if option.provisioned is None and not option.host_usd_per_hour:
        return option
    return replace(option, commitments=tuple(_commitment(one) for one in settings.commitments))


def served_as(option: CostOption, other: CostOption) -> CostOption:
    """``option`` on the machines, and with the successor and the second provider, of ``other``."""
    return replace(
        option,
        host_name=other.host_name,
        host_usd_per_hour=other.host_usd_per_hour,
        host_source=other.host_source,
        predicted=other.predicted,
        commitments=other.commitments,
        successor=other.successor,
        successor_from_month=other.successor_from_month,
        second=other.second,
    )


def unused(settings: CostSettings, options: Sequence[CostOption]) -> tuple[str, ...]:
    """What is bought ahead and no option uses, a sentence each."""
    found, said = [], settings.provisioned
    if said is not None and options and all(one.provisioned is None for one in options):
        found.append(f"provisioned throughput of {said.model}: it is not among the options (cost.provisioned)")
    if settings.commitments and options and not any(one.commitments for one in options):
        found.append("reserved machines: no option pays for machines by the hour (cost.commitments)")
    return tuple(found)


def _commitment(said: CommitmentSetting) -> Commitment:
    return Commitment(
        share=said.share,
        months=said.months,
        source=_COMMITMENTS,
        usd_per_hour=said.usd_per_hour,
        discount=said.discount,
    )


def _offer(said: ProvisionedSetting) -> Provisioned:
    return Provisioned(
        name=f"provisioned {said.model}",
        usd_per_unit_hour=said.usd_per_unit_hour,
        source=_PROVISIONED,
        tok_per_min_per_unit=said.tok_per_min_per_unit,
        requests_per_s_per_unit=said.requests_per_s_per_unit,
        output_weight=said.output_weight,
        min_units=said.min_units,
        step_units=said.step_units,
    )
