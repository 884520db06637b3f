"""Whatever a row says, it is a point that makes sense or a refusal; nothing breaks on a stranger's text."""

from hypothesis import given
from hypothesis import strategies as st

from maquette.capacity.naming import PointRow, points_from_rows
from maquette.capacity.points import Point, Refused
from maquette.catalogs import load_accelerators, load_catalog

CARDS = load_catalog().cards
CHIPS = load_accelerators()
_ANY = st.text(max_size=40)


def _said(*usual: str) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(usual), _ANY)


rows = st.builds(
    PointRow,
    line=st.integers(min_value=2, max_value=10_000),
    family=_said("a lab"),
    run=_said("", "x_tp8_ep8_1", "x_tp99999_ep99999_", "mtp"),
    engine=_said("vllm 0.19.0", "trtllm", "sglang", "llama.cpp"),
    gpu=_said("h200_sxm", "unstated (8-GPU node)", "GH200 480GB", "M2 Ultra 192GB", "99999GB"),
    gpus=st.none() | st.integers(min_value=1, max_value=100_000),
    parallel=_said("", "0", "8", "TEP8", "tp64 adp1 pp1 ep8", "tp0 ep0", "layer-split", "9" * 5000, "\u00b2"),
    model=_said("deepseek-ai/DeepSeek-R1", "llama2-70b-99.9", "Llama-3-8B", "9" * 5000 + "b"),
    precision=_said("", "fp8", "FP4", "Q4_K_M", "UINT4"),
    input_len=_said("1024", "", "ShareGPT", "-5", "1e999"),
    output_len=_said("128", "", "ShareGPT", "0"),
    load=_said("concurrency=16", "QPS=0", "QPS=INF", "Server", "0 prompts", "c=" + "9" * 5000),
    metric=_said("tpot", "median_ttft", "output_throughput_per_gpu", "mlperf_result", "decode_rate"),
    value=st.floats(allow_nan=False),
    unit=_said("ms", "tok/s/GPU", "Tokens/s", "Queries/s"),
)


@given(st.lists(rows, min_size=1, max_size=2))
def test_every_row_becomes_a_point_or_a_refusal_in_its_place(some: list[PointRow]) -> None:
    """And a point's numbers can be reckoned with."""
    found = points_from_rows(some, CARDS, CHIPS)
    assert [one.line for one in found] == [row.line for row in some]
    for one in found:
        if isinstance(one, Refused):
            assert one.reason
            continue
        assert isinstance(one, Point)
        setup, load = one.setup, one.load
        assert 0 < one.value < float("inf")
        assert min(setup.gpus, setup.tensor_parallel, setup.data_parallel, setup.pipeline_parallel, setup.machines) >= 1
        assert setup.expert_parallel <= setup.gpus
        assert 0 <= load.input_tok + load.output_tok < float("inf")
