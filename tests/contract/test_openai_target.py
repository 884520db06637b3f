"""The direct client against a real server in another process: what is sent, what comes back, and what is refused."""

import asyncio
import os
import time
from dataclasses import replace
from typing import Any

import pytest

from maquette.evals.asking import most_input_tok
from maquette.evals.calls import (
    Answer,
    CallError,
    CallParameters,
    Image,
    Message,
    Tool,
    ToolCall,
)
from maquette.foundation.problems import InvalidInput, Unavailable
from tests.loopback_models import Server, model, serving
from tests.openai_world import CALL, JSON_SCHEMA, SCHEMA, answered, ask, failure, target_for

# What is sent


def test_a_request_carries_the_messages_the_parameters_and_the_key(
    models: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", "the-key\n")
    models.seen()
    target = target_for(models.base_url, "m", "SOME_KEY", constrain=True, extra_body={"top_k": 5})
    asyncio.run(answered(target, [CALL]))
    seen = models.seen()
    assert seen["headers"][0]["Authorization"] == "Bearer the-key"
    assert seen["bodies"] == [
        {
            "model": "m",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
            "max_tokens": 24,
            "temperature": 0.0,
            "seed": 7,
            "stream": True,
            "stream_options": {"include_usage": True},
            "response_format": JSON_SCHEMA,
            "top_k": 5,
        }
    ]


def test_what_the_call_leaves_open_is_not_sent(models: Server) -> None:
    models.seen()
    open_call = replace(CALL, parameters=CallParameters(max_output_tok=5, temperature=None, seed=None))
    ask(models, open_call, {"stream": False})
    assert set(models.seen()["bodies"][0]) == {"model", "messages", "max_tokens"}


def test_pictures_tools_and_tool_calls_are_sent_in_the_chat_format(models: Server) -> None:
    models.seen()
    messages = (
        Message(role="user", content="What is it?", images=(Image.of_bytes(b"PNG", media_type="image/png"),)),
        Message(role="assistant", content="", tool_calls=(ToolCall(id="c1", name="look", arguments="{}"),)),
        Message(role="tool", content="a cat", tool_call_id="c1"),
    )
    ask(models, replace(CALL, messages=messages, tools=(Tool(name="look", parameters=SCHEMA),)))
    body = models.seen()["bodies"][0]
    function = {"name": "look", "arguments": "{}"}
    assert body["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is it?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,UE5H"}},
            ],
        },
        {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
        {"role": "tool", "content": "a cat", "tool_call_id": "c1"},
    ]
    tool = {"name": "look", "description": "", "parameters": SCHEMA}
    assert body["tools"] == [{"type": "function", "function": tool}]


def test_a_picture_counts_in_the_worst_case_of_what_a_call_costs() -> None:
    image = Image.of_bytes(b"PNG", media_type="image/png")
    assert most_input_tok((Message(role="user", content="abc", images=(image, image)),)) == 3 + 16 + 2 * 50_000


def test_a_picture_by_its_address_is_refused() -> None:
    with pytest.raises(ValueError, match="data URL"):
        Image(data_url="https://example.org/cat.png")


# What comes back


def test_a_stream_becomes_one_answer_with_tokens_times_and_the_servers_name_for_it(models: Server) -> None:
    answer = ask(models, delay_s=0.05, pace_s=0.02, parts=["Hel", "lo", "!"], headers={"X-Request-Id": "r-7"})
    assert (answer.text, answer.finish_reason, answer.client) == ("Hello!", "stop", "aiohttp")
    assert (answer.input_tok, answer.output_tok, answer.cached_tok, answer.reasoning_tok) == (11, 3, 8, 0)
    assert answer.server_request_id == "r-7"
    assert answer.ttft_s is not None
    assert 0.05 <= answer.ttft_s < answer.latency_s
    assert answer.itl_p50_s is not None
    assert answer.itl_p50_s > 0.01
    assert answer.tpot_s == (answer.latency_s - answer.ttft_s) / 2
    assert answer.loop_lag_s is not None
    assert 0 <= answer.loop_lag_s < 1


@pytest.mark.parametrize("ignored", [False, True])
def test_an_answer_in_one_piece_has_no_time_to_its_first_token(models: Server, ignored: bool) -> None:
    answer = ask(models, options={"stream": ignored}, parts=["Hello"], ignores_stream=ignored)
    assert (answer.text, answer.output_tok, answer.finish_reason) == ("Hello", 1, "stop")
    assert (answer.ttft_s, answer.tpot_s, answer.itl_p50_s, answer.itl_p95_s) == (None, None, None, None)


def test_characters_torn_between_two_blocks_are_whole_again(models: Server) -> None:
    assert ask(models, parts=["naïve ", "日本", "🙂"], split=True).text == "naïve 日本🙂"


def test_nul_bytes_and_terminal_escapes_are_text_like_any_other(models: Server) -> None:
    parts = ["a\x00b", "\x1b[31mred\x1b]0;title\x07", "\r\n\u2028"]
    assert ask(models, parts=parts).text == "".join(parts)


def test_thoughts_are_kept_apart_and_the_first_of_them_is_the_first_token(models: Server) -> None:
    answer = ask(models, thoughts=["Hmm, ", "yes."], parts=["Yes."], pace_s=0.02)
    assert (answer.text, answer.reasoning, answer.reasoning_tok, answer.output_tok) == ("Yes.", "Hmm, yes.", 2, 3)
    assert answer.ttft_s is not None
    assert answer.ttft_s < answer.latency_s - 0.03


def test_tool_calls_are_put_together_from_their_parts(models: Server) -> None:
    parts = [
        [{"index": 0, "id": "a", "function": {"name": "find", "arguments": ""}}],
        [{"index": 0, "function": {"arguments": '{"q":'}}],
        [{"index": 1, "id": "b", "function": {"name": "stop", "arguments": "{}"}}],
        [{"index": 0, "function": {"arguments": '"x"}'}}],
    ]
    answer = ask(models, parts=[], tool_calls=parts, finish="tool_calls")
    assert answer.tool_calls == (
        ToolCall(id="a", name="find", arguments='{"q":"x"}'),
        ToolCall(id="b", name="stop", arguments="{}"),
    )
    assert (answer.text, answer.finish_reason) == ("", "tool_calls")
    assert answer.ttft_s is not None


def test_an_answer_without_usage_has_unknown_tokens_and_not_zero(models: Server) -> None:
    answer = ask(models, usage=False, parts=["Hello"])
    assert (answer.text, answer.input_tok, answer.output_tok, answer.tpot_s) == ("Hello", None, None, None)


@pytest.mark.parametrize(("finish", "done"), [("length", False), (None, True)])
def test_an_answer_is_whole_with_a_reason_for_its_end_or_with_the_mark_of_the_end(
    models: Server, finish: str | None, done: bool
) -> None:
    answer = ask(models, parts=["Hello"], finish=finish, done=done)
    assert (answer.text, answer.finish_reason) == ("Hello", finish or "unknown")


def test_a_server_that_goes_on_after_the_end_costs_no_answer(models: Server) -> None:
    answer = ask(models, fault="endless_after_done", parts=["Hello"])
    assert answer.text == "Hello"
    assert answer.latency_s < 0.5


def test_connections_are_used_again_and_never_more_than_calls_in_flight() -> None:
    async def session(server: Server) -> None:
        target = target_for(server.base_url, model(delay_s=0.01), concurrency=4)
        await target.start()
        for _ in range(5):
            await asyncio.gather(*(target.answer(CALL) for _ in range(8)))
        await target.close()

    with serving() as server:
        asyncio.run(session(server))
        seen = server.seen()
    assert (seen["calls"], seen["most_in_flight"], seen["connections"]) == (40, 4, 4)


# Keys and addresses


def test_the_key_is_in_no_error_and_in_no_answer(models: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-secret")
    telling = {"status": 403, "message": "sk-secret may not do that"}
    straddling = {"status": 400, "message": "x" * 480 + " sk-secret"}
    for behaviour, shown in (
        (telling, "HTTP 403: [key] may not do that"),
        (straddling, "HTTP 400: " + "x" * 480 + " [key]"),
        ({"parts": ["sk-se", "cret"]}, "[key]"),
    ):
        target = target_for(models.base_url, model(**behaviour), "SOME_KEY")
        try:
            said = asyncio.run(answered(target, [CALL]))[0].text
        except CallError as error:
            said = error.detail
        assert said == shown


@pytest.mark.parametrize(("value", "said"), [("", "is not set"), ("a\nb", "is no key"), ("schlüssel", "is no key")])
def test_a_missing_or_broken_key_is_told_by_the_name_of_its_variable(
    models: Server, monkeypatch: pytest.MonkeyPatch, value: str, said: str
) -> None:
    monkeypatch.setenv("SOME_KEY", value)
    with pytest.raises(Unavailable, match=f"the environment variable SOME_KEY {said}\\."):
        asyncio.run(target_for(models.base_url, "m", "SOME_KEY").start())


def test_a_wrong_key_and_an_absent_server_are_told_before_any_call(
    models: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", "wrong")
    with pytest.raises(Unavailable, match="refuses the key"):
        asyncio.run(target_for(models.base_url, "m", "SOME_KEY").start())
    with pytest.raises(Unavailable, match=r"no server answers at http://127\.0\.0\.1:9/v1"):
        asyncio.run(target_for("http://127.0.0.1:9").start())


def test_the_environments_proxy_is_not_asked_for_this_machine(models: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert ask(models).text


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"),
        ("https://h.example/v1/chat/completions", "https://h.example/v1"),
        ("https://h.example/api/v1", "https://h.example/api/v1"),
        ("https://h.example/v1beta/openai/", "https://h.example/v1beta/openai"),
    ],
)
def test_an_address_is_brought_into_one_form(given: str, used: str) -> None:
    assert target_for(given)._settings.base_url == used


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "'t' has no base_url"),
        ("127.0.0.1:8000", "'127.0.0.1:8000' is no http or https address"),
        ("ftp://h/v1", "'ftp://h/v1' is no http or https address"),
        ("http://", "'http://' is no http or https address"),
        ("http://h:99999/v1", "the base URL cannot be read: Port out of range 0-65535"),
        ("http://user:pw@h/v1", "the base URL holds a user name or a password"),
        ("http://h/v1?key=1", "the base URL has a query or a fragment"),
        ("http://h/v1\n", "the base URL holds a space or a control character"),
    ],
)
def test_a_wrong_address_is_told(given: str | None, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        target_for(given)
    assert (caught.value.what, caught.value.place.field) == (said, "models.targets.t.base_url")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"temprature": 1}, "unknown option 'temprature'"),
        ({"concurrency": 0}, "0 calls at once are not possible"),
        ({"concurrency": True}, "True calls at once are not possible"),
        ({"stream": "yes"}, "stream is 'yes'"),
        ({"connect_timeout_s": -1}, "connect_timeout_s is -1"),
        ({"first_byte_timeout_s": float("inf")}, "first_byte_timeout_s is inf"),
        ({"extra_body": 5}, "extra_body is 5"),
        ({"extra_body": {"model": "other"}}, "extra_body cannot set 'model'"),
    ],
)
def test_an_impossible_option_is_told(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        target_for("http://127.0.0.1:8000/v1", **options)
    assert caught.value.what == said


def test_a_server_on_this_machine_shares_it_and_another_does_not() -> None:
    local, remote = target_for("http://localhost:1"), target_for("https://h.example")
    assert (local.shares_machine, local.concurrency) == (True, 1)
    assert (remote.shares_machine, remote.concurrency) == (False, 64)
    assert target_for("http://localhost:1", concurrency=16).concurrency == 16


def test_a_loop_that_is_held_up_shows_in_the_answer(models: Server) -> None:
    async def session() -> Answer:
        target = target_for(models.base_url, model(delay_s=0.2))
        await target.start()
        task = asyncio.create_task(target.answer(CALL))
        await asyncio.sleep(0.05)
        time.sleep(0.1)  # what a client that is too slow does to its loop
        answer = await task
        await target.close()
        return answer

    lag_s = asyncio.run(session()).loop_lag_s
    assert lag_s is not None
    assert 0.07 < lag_s < 2


def test_nothing_stays_open(models: Server) -> None:
    before = len(os.listdir("/proc/self/fd"))
    ask(models)
    failure(models, fault="drop")
    assert len(os.listdir("/proc/self/fd")) <= before
