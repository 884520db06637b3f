"""Retrieval: the knowledge is embedded once and again where it changes, kept in a store, searched, and reranked."""

from decimal import ROUND_CEILING, Decimal

from maquette.catalog.cards import ModelCard
from maquette.catalog.services import Instance, Service, ServiceKind
from maquette.catalog.traffic import days_per_month
from maquette.cost.hosting import HOURS_PER_MONTH
from maquette.cost.projection import ByCase
from maquette.cost.side.basis import (
    GIB,
    INPUT_PRICE,
    Draft,
    SideBasis,
    band,
    card_price,
    combined,
    level,
    product,
    service_price,
)
from maquette.cost.side.chunks import Chunks, chunks
from maquette.cost.side_lines import LineGroup, SideCosts
from maquette.cost.side_settings import NONE, RetrievalSettings
from maquette.foundation.units import readable_count

USUAL_EMBEDDING = "text-embedding-3-small"
USUAL_RERANK = "rerank-v4.0-fast"
SEARCH_UNIT = Decimal(100)
"""Passages that a rerank priced by the query takes at once: docs.aws.amazon.com/bedrock, rerank-pricing."""

CORPUS, FREQUENCY = "knowledge.corpus_tokens", "knowledge.change_freq"
_QUERY = band("10", "50", "200")
_CANDIDATES = band("50", "100", "100")
_CHURN = {
    "never": band("0", "0", "0"),
    "yearly": band("0", "0.02", "0.1"),
    "monthly": band("0.02", "0.1", "1"),
    "daily": band("0.1", "0.3", "30.4"),
    "realtime": band("0.3", "1", "30.4"),
}
_CHURN_UNKNOWN = band("0", "0.1", "30.4")


def has_retrieval(basis: SideBasis) -> bool:
    """Whether the design searches an index: someone says so, or the rules do and do not settle on a long context."""
    if basis.settings.retrieval is not None or basis.facts.get("design.adaptation") == "rag":
        return True
    return basis.slots.get("knowledge") == "rag" and basis.slots.get("retrieval") != "agentic_search"


def retrieval_costs(basis: SideBasis) -> SideCosts:
    """The lines of retrieval; none where the design has no index."""
    draft = Draft(LineGroup.RETRIEVAL)
    if not has_retrieval(basis):
        return draft.costs()
    settings, corpus = basis.settings.retrieval or RetrievalSettings(), basis.number(CORPUS)
    embedding = _embedding(basis, settings, draft)
    store = basis.service(ServiceKind.VECTOR_STORE, settings.vector_store)
    if not corpus:
        draft.leave_out(f"the index: nobody says how large the knowledge is ({CORPUS})")
    elif embedding is not None:
        index = chunks(corpus, settings, embedding, draft)
        churn = _churn(basis, settings, draft)
        _embed_corpus(index, churn, embedding, draft)
        if store is None:
            draft.leave_out(_no_store(settings, basis.known(ServiceKind.VECTOR_STORE)))
        else:
            _keep(basis, index, churn, store, settings, draft)
    query = draft.assume("tokens of a search", _at_most(_QUERY, basis.number("tokens.input_avg")), "nobody measured it")
    if embedding is not None:
        _embed_queries(query, embedding, draft)
    _rerank(basis, settings, query, draft)
    return draft.costs()


def _embedding(basis: SideBasis, settings: RetrievalSettings, draft: Draft) -> ModelCard | None:
    named = settings.embedding_model
    if named is None and basis.data_stays:
        draft.leave_out("embedding: the data stays inside, so name a model (cost.retrieval.embedding_model)")
        return None
    card = basis.cards.get(named or USUAL_EMBEDDING)
    if card is None or card_price(card, INPUT_PRICE) is None:
        known = "the catalog has no price of its tokens (cost.retrieval.embedding_model)"
        draft.leave_out(f"embedding with {named or USUAL_EMBEDDING}: {known}")
        return None
    if named is None:
        ref = "nobody names one (cost.retrieval.embedding_model)"
        draft.say("embedding model", card.id, card.id, card.id, ref)
    return card


def _no_store(settings: RetrievalSettings, known: str) -> str:
    named = settings.vector_store
    why = "nobody names one that may be used" if named is None else f"the catalog has no service {named}"
    return f"the vector store: {why} (cost.retrieval.vector_store: {known})"


def _churn(basis: SideBasis, settings: RetrievalSettings, draft: Draft) -> ByCase:
    """The share of the knowledge that is embedded again in a month; above one where it changes more than once."""
    often = basis.facts.get(FREQUENCY)
    ref = f"the knowledge changes {often}, nobody says which share; at most all of it each time"
    if not isinstance(often, str):
        ref = f"nobody says how often the knowledge changes ({FREQUENCY})"
    usual = _CHURN.get(str(often), _CHURN_UNKNOWN)
    return draft.settle("share of the knowledge that changes in a month", settings.churn_share_month, usual, ref)


def _embed_corpus(index: Chunks, churn: ByCase, embedding: ModelCard, draft: Draft) -> None:
    price = card_price(embedding, INPUT_PRICE)
    assert price is not None
    ref = f"{CORPUS} in overlapping chunks, once"
    draft.line("embed the knowledge", unit="token", price=price, fixed=index.embedded_tok, ref=ref, months=(1, 1))
    again = product(index.embedded_tok, churn)
    if again.high:
        ref = "the share of the knowledge that changes in a month"
        draft.line("embed what changes", unit="token", price=price, fixed=again, ref=ref, months=(2, None))


def _keep(
    basis: SideBasis, index: Chunks, churn: ByCase, store: Service, settings: RetrievalSettings, draft: Draft
) -> None:
    """What the store charges for keeping, writing and searching the index, and for being there."""
    if settings.vector_store is None:
        draft.say("vector store", store.id, store.id, store.id, "nobody names one (cost.retrieval.vector_store)")
    assert store.storage_usd_gb_month is not None
    size = "chunks with their vectors and their text"
    price = service_price(store, "storage_usd_gb_month", store.storage_usd_gb_month)
    draft.line("vector store, storage", unit="GB-month", price=price, fixed=index.index_gb, ref=size)
    passed = combined(lambda gb: max(gb, store.query_least_gb), index.index_gb)
    if store.query_usd_gb is not None:
        price = service_price(store, "query_usd_gb", store.query_usd_gb)
        ref = f"a search passes the index, {readable_count(store.query_least_gb)} GB at least"
        draft.line("vector store, searches", unit="GB", price=price, per_request=passed, ref=ref)
    if store.write_usd_gb is not None:
        price = service_price(store, "write_usd_gb", store.write_usd_gb)
        draft.line("vector store, first write", unit="GB", price=price, fixed=index.index_gb, ref=size, months=(1, 1))
        again = product(index.index_gb, churn)
        if again.high:
            ref = "the share of the knowledge that changes in a month"
            draft.line("vector store, writes", unit="GB", price=price, fixed=again, ref=ref, months=(2, None))
    _least(basis, index.index_gb, passed, store, draft)
    if store.instances:
        _machine(index, store, draft)


def _least(basis: SideBasis, stored: ByCase, passed: ByCase, store: Service, draft: Draft) -> None:
    """What the store charges beyond the use of a month at the volume of the launch, where it has a least charge."""
    least, requests = store.minimum_usd_month, basis.number("scale.requests_per_day")
    if least is None:
        return
    volume = (requests or Decimal(0)) * days_per_month(basis.facts)
    storage, search = store.storage_usd_gb_month or Decimal(0), store.query_usd_gb or Decimal(0)
    beyond = combined(lambda gb, each: max(Decimal(0), least - gb * storage - each * volume * search), stored, passed)
    if beyond.low or beyond.base or beyond.high:
        price = service_price(store, "minimum_usd_month", Decimal(1))
        ref = f"the least charge of {readable_count(least)} USD a month beyond the use at the volume of the launch"
        draft.line("vector store, up to its least charge", unit="USD", price=price, fixed=beyond, ref=ref)


def _machine(index: Chunks, store: Service, draft: Draft) -> None:
    """The smallest machine of the store that holds the vectors in memory in the dear case."""
    needed = index.memory_bytes.high / GIB
    fitting = next((one for one in store.instances if one.memory_gib >= needed), None)
    if fitting is None:
        shown, most = readable_count(needed.quantize(Decimal("0.1"))), store.instances[-1]
        what = f"its vectors take {shown} GiB of memory, and {most.name} has {readable_count(most.memory_gib)}"
        draft.leave_out(f"the machine of {store.id}: {what} (cost.retrieval.vector_store)")
        return
    _hours(fitting, store, draft)


def _hours(fitting: Instance, store: Service, draft: Draft) -> None:
    price = service_price(store, f"{fitting.name} usd_per_hour", fitting.usd_per_hour)
    ref = "the smallest of the store's machines that holds the vectors in memory"
    draft.line("vector store, machine", unit="machine hour", price=price, fixed=level(HOURS_PER_MONTH), ref=ref)


def _embed_queries(query: ByCase, embedding: ModelCard, draft: Draft) -> None:
    price = card_price(embedding, INPUT_PRICE)
    assert price is not None
    draft.line("embed searches", unit="token", price=price, per_request=query, ref="one search a request")


def _rerank(basis: SideBasis, settings: RetrievalSettings, query: ByCase, draft: Draft) -> None:
    """What ranking the passages again costs, where someone names a model or the rules propose it."""
    proposed = basis.slots.get("retrieval") == "hybrid_rerank"
    if settings.rerank == NONE or (settings.rerank is None and not proposed):
        return
    named = settings.rerank
    if named is None and basis.data_stays:
        draft.leave_out("reranking: the data stays inside, so name a model or none (cost.retrieval.rerank)")
        return
    card = basis.cards.get(named or USUAL_RERANK)
    by_query = card_price(card, "input_cost_per_query") if card else None
    by_token = card_price(card, INPUT_PRICE) if card else None
    if by_query is None and (by_token is None or not by_token.usd):
        what = f"reranking with {named or USUAL_RERANK}: the catalog has no price of it"
        draft.leave_out(f"{what} (cost.retrieval.rerank)")
        return
    if named is None:
        draft.say("rerank model", USUAL_RERANK, USUAL_RERANK, USUAL_RERANK, "nobody names one (cost.retrieval.rerank)")
    ref = "nobody says; 100 passages are what the rules propose"
    candidates = draft.settle("passages that are reranked", settings.candidates, _CANDIDATES, ref)
    if by_query is not None:
        units = combined(lambda many: (many / SEARCH_UNIT).to_integral_value(ROUND_CEILING), candidates)
        draft.line("rerank", unit="search of 100 passages", price=by_query, per_request=units, ref="passages a request")
    elif by_token is not None:
        size = level(Decimal(settings.chunk_tok)) if settings.chunk_tok else band("256", "500", "800")
        tokens = combined(lambda many, each, asked: many * (each + asked), candidates, size, query)
        draft.line("rerank", unit="token", price=by_token, per_request=tokens, ref="passages and the search, each time")


def _at_most(figures: ByCase, most: Decimal | None) -> ByCase:
    return figures if most is None else combined(lambda one: min(one, most), figures)
