"""An open model in a catalog's file: the keys ``weights`` and ``licence`` of its entry, checked and made values."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from maquette.catalog.attention import LayerGroup
from maquette.catalog.licences import Commercial, Licence
from maquette.catalog.weights import ParameterParts, Weights
from maquette.foundation.sources import Source, SourceKind


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LicenceTerms(_Entry):
    """What a licence says, in short words."""

    name: str | None = Field(None, description="Full name.")
    commercial: Commercial | None = Field(None, description="Commercial use: yes, no, or conditions.")
    clauses: tuple[str, ...] = Field((), description="What to mind, a sentence each.")
    source: str | None = Field(None, description="Where the licence's text is.")
    as_of: date | None = Field(None, description="The day on which it was read.")


class LicenceEntry(LicenceTerms):
    """A model's licence; an id that the catalog knows needs nothing else."""

    id: str = Field(min_length=1, description="Short name, as model hubs write it.")


class _LicenceFile(_Entry):
    schema_: Literal[1] = Field(alias="schema")
    as_of: date | None = None
    licences: dict[str, LicenceTerms]


class WeightsEntry(_Entry):
    """A model's shape; leave a key out when the published configuration does not say."""

    params_b: Decimal | None = Field(None, gt=0, description="Parameters in billions, all experts counted.")
    active_params_b: Decimal | None = Field(None, gt=0, description="Parameters that one token passes, in billions.")
    layers: int | None = Field(None, gt=0)
    hidden: int | None = Field(None, gt=0, description="Width of the residual stream.")
    vocabulary: int | None = Field(None, gt=0, description="Tokens in the vocabulary.")
    experts: int | None = Field(None, gt=0, description="Routed experts in one layer.")
    experts_per_tok: int | None = Field(None, gt=0, description="Routed experts that one token passes in one layer.")
    attention: str | None = Field(None, description="The kind of attention in a word or two.")
    native_quantisation: str | None = Field(None, description="The format in which the weights are published.")
    parts: ParameterParts | None = Field(None, description="Where the parameters are, counted one by one.")
    cache: tuple[LayerGroup, ...] = Field((), description="What the layers keep for each sequence, by groups alike.")
    notes: tuple[str, ...] = Field((), description="What else a reader must know, a sentence each.")


def licence_from_entry(entry: LicenceEntry, known: Mapping[str, Licence]) -> Licence:
    """The licence of an entry: what the entry says itself, and otherwise what the catalog knows by its id."""
    if entry.commercial is None and not entry.clauses and entry.id in known:
        return known[entry.id]
    source = Source(kind=SourceKind.CLAIMED, ref=entry.source, as_of=entry.as_of) if entry.source else None
    return Licence(
        id=entry.id, name=entry.name or entry.id, commercial=entry.commercial, clauses=entry.clauses, source=source
    )


def licences_from_file(data: object) -> dict[str, Licence]:
    """The licences of a file of licences, by id.

    Raises:
        pydantic.ValidationError: The data has another form.
    """
    file = _LicenceFile.model_validate(data)
    entries = {name: LicenceEntry(id=name, **said.model_dump()) for name, said in file.licences.items()}
    return {
        name: licence_from_entry(entry.model_copy(update={"as_of": entry.as_of or file.as_of}), {})
        for name, entry in entries.items()
    }


def weights_from_entry(entry: WeightsEntry, licence: Licence | None) -> Weights:
    """The shape that an entry describes."""
    return Weights(
        params_b=entry.params_b,
        active_params_b=entry.active_params_b,
        layers=entry.layers,
        hidden=entry.hidden,
        vocabulary=entry.vocabulary,
        experts=entry.experts,
        experts_per_tok=entry.experts_per_tok,
        attention=entry.attention,
        native_quantisation=entry.native_quantisation,
        parts=entry.parts,
        cache=entry.cache,
        notes=entry.notes,
        licence=licence.id if licence else None,
        terms=licence,
    )
