"""What holds for every cache: it grows with the context, by what it says for a token, and no format makes it larger."""

from hypothesis import given
from hypothesis import strategies as st

from maquette.catalog.attention import CacheKind, KvDtype, LayerGroup, formula, kv_bytes, kv_bytes_per_tok

dims = st.integers(1, 16).map(lambda number: number * 32)
groups = st.builds(
    LayerGroup,
    kind=st.sampled_from([CacheKind.FULL, CacheKind.LATENT]),
    layers=st.integers(1, 128),
    heads=st.integers(1, 16),
    key_dim=dims,
    value_dim=dims,
)
windows = st.builds(
    LayerGroup,
    kind=st.sampled_from([CacheKind.WINDOW, CacheKind.CHUNK]),
    layers=st.integers(1, 128),
    heads=st.integers(1, 16),
    key_dim=dims,
    value_dim=dims,
    window=st.integers(1, 8192),
)
compressed = st.builds(
    LayerGroup,
    kind=st.just(CacheKind.COMPRESSED),
    layers=st.integers(1, 64),
    key_dim=dims,
    every=st.sampled_from([4, 128]),
)
states = st.builds(
    LayerGroup,
    kind=st.just(CacheKind.STATE),
    layers=st.integers(1, 64),
    heads=st.integers(1, 64),
    key_dim=st.integers(1, 256),
    value_dim=st.integers(1, 256),
    conv_channels=st.integers(0, 8192),
    conv_taps=st.integers(0, 3),
)
caches = st.lists(st.one_of(groups, windows, compressed, states), min_size=1, max_size=5)
contexts = st.integers(0, 2_000_000)


@given(cache=caches, less=contexts, more=contexts, dtype=st.sampled_from(KvDtype))
def test_a_longer_sequence_never_takes_less(cache: list[LayerGroup], less: int, more: int, dtype: KvDtype) -> None:
    assert kv_bytes(cache, min(less, more), dtype) <= kv_bytes(cache, max(less, more), dtype)


@given(cache=caches, dtype=st.sampled_from(KvDtype), rounds=st.integers(1, 100))
def test_beyond_all_windows_it_grows_by_what_it_says_for_a_token(
    cache: list[LayerGroup], dtype: KvDtype, rounds: int
) -> None:
    start, tokens = 8192, 128 * rounds  # 128 is a multiple of every group of tokens that takes one entry
    grown = kv_bytes(cache, start + tokens, dtype) - kv_bytes(cache, start, dtype)
    assert 0 <= kv_bytes_per_tok(cache, dtype) * tokens - grown < tokens * len(cache)


@given(cache=caches, context=contexts)
def test_fewer_bits_never_take_more(cache: list[LayerGroup], context: int) -> None:
    sizes = [kv_bytes(cache, context, dtype) for dtype in (KvDtype.Q4_0, KvDtype.FP8, KvDtype.Q8_0, KvDtype.BF16)]
    assert sizes == sorted(sizes)


@given(cache=caches, context=contexts, dtype=st.sampled_from(KvDtype))
def test_the_groups_add_up(cache: list[LayerGroup], context: int, dtype: KvDtype) -> None:
    assert kv_bytes(cache, context, dtype) == sum(group.kv_bytes(context, dtype) for group in cache)
    assert kv_bytes(cache, 0) == sum(group.kv_bytes(0) for group in cache if group.kind is CacheKind.STATE)


@given(group=st.one_of(groups, windows, compressed, states), context=st.integers(1, 100_000))
def test_the_formula_can_be_reckoned_and_gives_the_bytes(group: LayerGroup, context: int) -> None:
    text = formula(group).replace(" layers", "").replace(" B", "").replace(" x ", " * ").replace("floor", "int")
    assert eval(text, {"min": min, "int": int, "context": context}) == group.kv_bytes(context)
