"""What must hold of memory whatever the replica: more never needs less, and what is proposed really fits."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from maquette.capacity.fitting_in import MOST_CHANGES, fits
from maquette.capacity.memory import kv_bytes_on_one, kv_bytes_per_sequence, plan_memory
from maquette.capacity.setup import Engine, Precision, Setup
from maquette.catalog.attention import KvDtype
from maquette.catalog.cards import Hosting
from maquette.catalogs import load_accelerators, load_catalog

CARDS = [card for card in load_catalog().cards.values() if card.hosting is Hosting.OPEN_WEIGHTS and card.weights]
CHIPS = [one for one in load_accelerators() if one.memory_gb is not None]


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    """Any open model on any accelerator whose memory is known."""
    width, copies = draw(st.sampled_from([(1, 1), (2, 1), (4, 1), (8, 1), (16, 1), (1, 4), (1, 8), (2, 4)]))
    stages = draw(st.sampled_from([1, 1, 2]))
    return Setup(
        card=draw(st.sampled_from(CARDS)),
        accelerator=draw(st.sampled_from(CHIPS)),
        engine=draw(st.sampled_from(list(Engine))),
        gpus=width * copies * stages,
        tensor_parallel=width,
        data_parallel=copies,
        expert_parallel=copies,
        pipeline_parallel=stages,
        precision=draw(st.sampled_from([None, *Precision])),
        kv_dtype=draw(st.sampled_from(list(KvDtype))),
    )


tokens = st.integers(min_value=1, max_value=200_000)


@given(setups(), tokens, tokens)
def test_more_context_never_needs_less(setup: Setup, some: int, more: int) -> None:
    """The cache of one sequence grows with its tokens or stays."""
    few, many = sorted((some, more))
    assert kv_bytes_on_one(setup, few) <= kv_bytes_on_one(setup, many)
    assert plan_memory(setup).max_sequences(few) >= plan_memory(setup).max_sequences(many)


@given(setups(), tokens, st.integers(min_value=1, max_value=300), st.integers(min_value=1, max_value=400))
def test_what_fits_fits_in_more_memory(setup: Setup, context_tok: int, concurrency: int, more_gb: int) -> None:
    """With the engine's own settings, which follow the size of the memory."""
    memory = setup.accelerator.memory_gb
    assert memory is not None
    larger = replace(setup, accelerator=replace(setup.accelerator, memory_gb=memory + Decimal(more_gb)))
    assume(plan_memory(larger).activations_bytes == plan_memory(setup).activations_bytes)
    if fits(setup, context_tok, concurrency).fits:
        assert fits(larger, context_tok, concurrency).fits


@given(setups(), tokens)
def test_splitting_heads_never_loses_a_byte(setup: Setup, context_tok: int) -> None:
    """All accelerators together keep at least what one alone would keep."""
    alone = replace(setup, gpus=1, tensor_parallel=1, pipeline_parallel=1, data_parallel=1, expert_parallel=1)
    assert kv_bytes_per_sequence(setup, context_tok) >= kv_bytes_per_sequence(alone, context_tok)


@settings(max_examples=60)
@given(setups(), tokens, st.integers(min_value=1, max_value=300))
def test_every_proposed_change_really_fits(setup: Setup, context_tok: int, concurrency: int) -> None:
    """And nothing is proposed where it fits already."""
    found = fits(setup, context_tok, concurrency, larger=CHIPS)
    assert len(found.changes) <= (0 if found.fits else MOST_CHANGES)
    for change in found.changes:
        assert fits(change.setup, change.context_tok, change.concurrency).fits
        assert change.context_tok <= context_tok
        assert change.concurrency <= concurrency


@given(setups(), st.integers(min_value=1, max_value=64))
def test_the_longest_context_fits_and_a_longer_one_does_not(setup: Setup, sequences: int) -> None:
    """Up to what the model takes."""
    plan = plan_memory(setup)
    longest = plan.max_context_tok(sequences)
    if longest:
        assert plan.max_sequences(longest) >= sequences
    if longest < (setup.card.context_tok or longest):
        assert plan.max_sequences(longest + 1) < sequences
