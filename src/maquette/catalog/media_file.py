"""How a file of the catalog says the tokens of pictures, pages, sound and film."""

import json
import re
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from maquette.catalog.media import ImageRule, MediaRule, Spread
from maquette.foundation.sources import Source, SourceKind


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ImageEntry(_Entry):
    """Tokens of a picture, in one of three forms."""

    patch_px: int | None = Field(None, gt=0, description="Side of a patch.")
    times: Decimal = Field(Decimal(1), gt=0, description="What the number of patches is multiplied with.")
    most_patches: int | None = Field(None, gt=0, description="Patches at most: a larger picture is shrunk.")
    longest_px: int | None = Field(None, gt=0, description="What the longer side is shrunk to.")
    shortest_px: int | None = Field(None, gt=0, description="What the shorter side is shrunk to.")
    tile_px: int | None = Field(None, gt=0, description="Side of a tile.")
    tile_tok: int = Field(0, ge=0, description="Tokens of a tile.")
    base_tok: int = Field(0, ge=0, description="Tokens of every picture beside its tiles.")
    small_px: int | None = Field(None, gt=0, description="A picture with no longer side is one tile.")
    tok: int | None = Field(None, gt=0, description="Tokens of every picture, whatever its size.")

    @model_validator(mode="after")
    def _has_one_form(self) -> "ImageEntry":
        forms = [self.patch_px is not None, self.tile_px is not None, self.tok is not None]
        if sum(forms) != 1:
            raise ValueError("give one of patch_px, tile_px and tok")
        return self


class MediaEntry(_Entry):
    """The rule for the models whose id a pattern is found in."""

    match: str = Field(min_length=1, description="A pattern that is searched in a model's id.")
    image: ImageEntry | None = None
    page: tuple[Decimal, Decimal, Decimal] | None = Field(None, description="Tokens of a page: least, expected, most.")
    audio_tok_s: Decimal | None = Field(None, gt=0, description="Tokens of a second of sound.")
    video_tok_s: Decimal | None = Field(None, gt=0, description="Tokens of a second of film with its sound.")
    alone: bool = Field(False, description="It says nothing of models without a rule.")
    source: str = Field(min_length=1, description="The pages that say so.")
    as_of: date = Field(description="The day on which they were read.")

    @field_validator("match")
    @classmethod
    def _is_a_pattern(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f"no pattern: {error}") from error
        return text


class MediaFile(_Entry):
    """A file of rules; the first that matches counts."""

    schema_: Literal[1] = Field(alias="schema")
    media: tuple[MediaEntry, ...]


def media_from_file(data: object) -> tuple[MediaRule, ...]:
    """The rules of a file, in its order.

    Raises:
        pydantic.ValidationError: The data has another form.
    """
    return tuple(_rule(entry) for entry in MediaFile.model_validate(data).media)


def _rule(entry: MediaEntry) -> MediaRule:
    page = entry.page
    return MediaRule(
        match=entry.match,
        source=Source(kind=SourceKind.CLAIMED, ref=entry.source, as_of=entry.as_of),
        image=None if entry.image is None else ImageRule(**entry.image.model_dump()),
        page=None if page is None else Spread(low=page[0], base=page[1], high=page[2]),
        audio_tok_s=entry.audio_tok_s,
        video_tok_s=entry.video_tok_s,
        alone=entry.alone,
    )


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of a file of rules, as the text of a file."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**dialect, **MediaFile.model_json_schema()}, indent=2, ensure_ascii=False) + "\n"
