"""Judges and embedding models asked over HTTP, at servers on this machine."""

import asyncio
import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.embeddings import open_embedder
from maquette.adapters.openai_target import open_target
from maquette.evals.calls import CallError, FailureKind, TargetSpec
from maquette.evals.metrics.protocol import Embedded
from maquette.evals.run import MetricSpec
from maquette.evals.scoring import Helpers
from maquette.evals.trials import RunState
from maquette.foundation.problems import Unavailable
from tests.evals_world import Scripted, World, plan_of
from tests.loopback_models import Server, model


class _Embeddings(BaseHTTPRequestHandler):
    """Vectors of length and vowels, in reverse order; a model's name may ask for something else."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)  # type: ignore[attr-defined]
        self.server.keys.append(self.headers["Authorization"])  # type: ignore[attr-defined]
        texts = asked["input"]
        rows = [
            {"object": "embedding", "index": at, "embedding": [float(len(text)), float(text.count("a"))]}
            for at, text in enumerate(texts)
        ]
        behaviour = asked["model"].rsplit("/", 1)[-1]
        if behaviour == "short":
            rows = rows[:-1]
        body: dict[str, Any] = {"object": "list", "model": "m", "data": rows[::-1]}
        if behaviour != "silent":
            body["usage"] = {"prompt_tokens": sum(map(len, texts)), "total_tokens": sum(map(len, texts))}
        status = int(behaviour) if behaviour.isdecimal() else 200
        content = json.dumps(body if status == 200 else {"error": {"message": "no"}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's own name
        pass


@pytest.fixture
def embeddings() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Embeddings)
    server.asked, server.keys = [], []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def spec(server: ThreadingHTTPServer, name: str = "m", api_key_env: str | None = None) -> TargetSpec:
    url = f"http://127.0.0.1:{server.server_port}/v1"
    return TargetSpec(
        id="vectors", card="c", adapter="litellm", model=f"openai/{name}", base_url=url, api_key_env=api_key_env
    )


def embed(spec: TargetSpec, *texts: str) -> Embedded:
    async def embedded() -> Embedded:
        embedder = open_embedder(spec)
        await embedder.start()
        try:
            return await embedder.embed(texts)
        finally:
            await embedder.close()

    return asyncio.run(embedded())


def test_vectors_come_in_the_order_of_their_texts(
    embeddings: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VECTOR_KEY", "the-key")
    found = embed(spec(embeddings, api_key_env="VECTOR_KEY"), "banana", "", "\ud800")
    assert found == Embedded(vectors=((6.0, 3.0), (1.0, 0.0), (1.0, 0.0)), input_tok=8)
    assert embeddings.asked[0]["input"] == ["banana", " ", "?"]  # type: ignore[attr-defined]
    assert embeddings.keys == ["Bearer the-key"]  # type: ignore[attr-defined]


def test_a_server_that_counts_no_tokens_leaves_them_unknown(embeddings: ThreadingHTTPServer) -> None:
    assert embed(spec(embeddings, "silent"), "a").input_tok is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("429", FailureKind.RATE_LIMIT),
        ("500", FailureKind.SERVER),
        ("401", FailureKind.AUTHENTICATION),
        ("400", FailureKind.REFUSED_REQUEST),
        ("short", FailureKind.SERVER),
    ],
)
def test_a_failure_is_told_by_its_kind(embeddings: ThreadingHTTPServer, name: str, kind: FailureKind) -> None:
    with pytest.raises(CallError) as caught:
        embed(spec(embeddings, name), "a", "b")
    assert caught.value.kind is kind
    assert len(embeddings.asked) == 1  # type: ignore[attr-defined]


def test_a_missing_key_is_told_before_any_call(embeddings: ThreadingHTTPServer) -> None:
    with pytest.raises(Unavailable, match="the environment variable NO_SUCH_KEY is not set"):
        embed(spec(embeddings, api_key_env="NO_SUCH_KEY"), "a")
    assert embeddings.asked == []  # type: ignore[attr-defined]


def test_a_run_scores_by_cosine_and_pays_for_the_vectors(embeddings: ThreadingHTTPServer, tmp_path: Path) -> None:
    world = World(tmp_path)
    metrics = (MetricSpec(kind="embedding_similarity", settings={"model": "vectors"}),)
    plan = plan_of(2, metrics=metrics, cap_usd=Decimal(100))
    helpers = Helpers(embedders=(open_embedder(spec(embeddings)),))
    assert world.run(plan, Scripted(), prices={"m": "0", "vectors": "0.5"}, helpers=helpers) is RunState.FINISHED
    # The scripted target echoes what is expected: one text, of nine characters.
    scores = [trial.scores[0] for trial in world.trials()]
    assert [score.value for score in scores] == pytest.approx([1.0, 1.0])
    assert [(score.detail, score.cost_usd) for score in scores] == [("cosine 1.000", Decimal("4.5"))] * 2


@pytest.mark.parametrize(
    ("parts", "value"),
    [(["Well ", 'done.\n{"verdict":', ' "pass"}'], 1.0), (['{"verdict": "fail"}'], 0.0), (["Hm", "m."], None)],
)
def test_a_judge_behind_a_server_is_asked_and_believed(
    models: Server, tmp_path: Path, parts: list[str], value: float | None
) -> None:
    world = World(tmp_path)
    judging = TargetSpec(
        id="judge", card="c", adapter="openai", model=model(parts=parts), base_url=models.base_url, options={}
    )
    metrics = (MetricSpec(kind="rubric_judge", settings={"model": "judge", "rubric": "Is it kind?"}),)
    judge = open_target(judging, folder=tmp_path)
    models.seen()
    plan = plan_of(1, metrics=metrics, cap_usd=Decimal(1000))
    world.run(plan, Scripted(), prices={"m": "0", "judge": "0.1"}, helpers=Helpers(judges=(judge,)))
    (body,) = models.seen()["bodies"]
    assert (body["max_tokens"], body["temperature"]) == (512, 0.0)
    assert "Is it kind?" in body["messages"][0]["content"]
    (score,) = world.trials()[0].scores
    assert score.value == value
    assert score.cost_usd is not None
    assert score.cost_usd > 0
