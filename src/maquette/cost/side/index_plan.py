"""The index that a search of the knowledge has, or would have: its chunks, whose vectors, what was assumed for it."""

from dataclasses import dataclass

from maquette.cost.projection import CostAssumption, LineGroup
from maquette.cost.side.basis import Draft, SideBasis
from maquette.cost.side.chunks import Chunks, chunks
from maquette.cost.side.retrieval import CORPUS, USUAL_EMBEDDING, has_retrieval
from maquette.cost.side_settings import RetrievalSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexPlan:
    """An index in the cheap, the expected and the dear case.

    Attributes:
        embedding: The model that makes the vectors.
        named: Whether somebody named that model; otherwise it stands in.
        searched: Whether the design searches an index; otherwise it is what one would be.
    """

    embedding: str
    named: bool
    chunks: Chunks
    assumptions: tuple[CostAssumption, ...]
    settings: RetrievalSettings
    searched: bool


def index_plan(basis: SideBasis) -> IndexPlan | None:
    """The index of the knowledge; None where its size or its embedding model is not known."""
    settings, corpus = basis.settings.retrieval or RetrievalSettings(), basis.number(CORPUS)
    name = settings.embedding_model or (None if basis.data_stays else USUAL_EMBEDDING)
    card = basis.cards.get(name) if name else None
    if not corpus or card is None:
        return None
    draft = Draft(LineGroup.RETRIEVAL)
    found = chunks(corpus, settings, card, draft)
    return IndexPlan(
        embedding=card.id,
        named=settings.embedding_model is not None,
        chunks=found,
        assumptions=draft.costs().assumptions,
        settings=settings,
        searched=has_retrieval(basis),
    )
