"""The child process around llama.cpp: one JSON request a line on stdin, one JSON reply a line on stdout.

A crash inside llama.cpp ends this process and nothing else. It ends by itself when stdin closes. What the library
prints goes to stderr.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import IO, Any

Reply = dict[str, Any]
Ask = Callable[[dict[str, Any]], Reply]


def main() -> None:
    """Load the model named by the first line, then answer until stdin closes."""
    # The library writes to the process's stdout by itself: replies get a descriptor of their own.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    settings = json.loads(sys.stdin.readline() or "{}")
    try:
        ask = _load(settings)
    except Exception as error:  # whatever the library raises, the parent must hear of it
        _reply(replies, {"error": f"{type(error).__name__}: {error}"})
        return
    _reply(replies, {"ready": True})
    for line in sys.stdin:
        try:
            reply = ask(json.loads(line))
        except Exception as error:  # as above
            reply = {"error": f"{type(error).__name__}: {error}"}
        _reply(replies, reply)


def _reply(replies: IO[str], reply: Reply) -> None:
    replies.write(json.dumps(reply) + "\n")
    replies.flush()


def _load(settings: dict[str, Any]) -> Ask:
    engine = settings["engine"]
    if engine == "auto":
        engine = "llama-cpp-python" if find_spec("llama_cpp") else "xllamacpp"
    return _llama_cpp_python(settings) if engine == "llama-cpp-python" else _xllamacpp(settings)


def _llama_cpp_python(settings: dict[str, Any]) -> Ask:
    llama_cpp: Any = import_module("llama_cpp")
    _avoid_amx(llama_cpp.llama_cpp)
    llama = llama_cpp.Llama(
        settings["path"],
        n_ctx=settings["context_tok"],
        n_threads=settings["threads"],
        n_threads_batch=settings["threads"],
        n_gpu_layers=settings["gpu_layers"],
        verbose=False,
    )

    def ask(request: dict[str, Any]) -> Reply:
        first_token_at: list[float] = []

        def note_first_token(tokens: Any, logits: Any) -> Any:
            del tokens
            if not first_token_at:
                first_token_at.append(time.perf_counter())
            return logits

        # Each question is answered as if it were the first: neither its answer nor its time depends on the order.
        llama.reset()
        started = time.perf_counter()
        reply = llama.create_chat_completion(
            request["messages"],
            max_tokens=request["max_tokens"],
            temperature=request["temperature"],
            seed=request["seed"],
            response_format=_response_format(request),
            logits_processor=llama_cpp.LogitsProcessorList([note_first_token]),
        )
        return _measured(reply, started, first_token_at[0] if first_token_at else None)

    return ask


def _avoid_amx(library: Any) -> None:
    """Keep quantised weights out of AMX buffers, whose kernels crash: https://github.com/ggml-org/llama.cpp/issues/20824."""
    if b"AMX_INT8 = 1" not in library.llama_print_system_info():
        return
    default = library.llama_model_default_params

    def without_extra_buffers() -> Any:
        parameters = default()
        parameters.use_extra_bufts = False
        return parameters

    library.llama_model_default_params = without_extra_buffers


def _xllamacpp(settings: dict[str, Any]) -> Ask:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings["path"]
    parameters.n_ctx = settings["context_tok"]
    parameters.n_parallel = 1
    parameters.n_gpu_layers = settings["gpu_layers"]
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings["threads"]
    parameters.verbosity = 0
    server = xllamacpp.Server(parameters)

    def ask(request: dict[str, Any]) -> Reply:
        body = {key: request[key] for key in ("messages", "max_tokens", "temperature", "seed")}
        if (wanted := _response_format(request)) is not None:
            body["response_format"] = wanted
        started = time.perf_counter()
        reply = server.handle_chat_completions(body)
        if "error" in reply:
            raise RuntimeError(str(reply["error"].get("message", reply["error"])))
        prefill_ms = reply.get("timings", {}).get("prompt_ms")
        return _measured(reply, started, None if prefill_ms is None else started + prefill_ms / 1000)

    return ask


def _response_format(request: dict[str, Any]) -> dict[str, Any] | None:
    """llama.cpp turns a JSON Schema into a grammar; both engines take this form."""
    schema = request.get("answer_schema")
    return None if schema is None else {"type": "json_object", "schema": schema}


def _measured(reply: Any, started: float, first_token_at: float | None) -> Reply:
    choice, usage = reply["choices"][0], reply["usage"]
    return {
        "text": choice["message"]["content"] or "",
        "input_tok": usage["prompt_tokens"],
        "output_tok": usage["completion_tokens"],
        "latency_s": time.perf_counter() - started,
        "ttft_s": None if first_token_at is None else first_token_at - started,
        "finish_reason": choice["finish_reason"] or "stop",
    }


if __name__ == "__main__":
    main()
