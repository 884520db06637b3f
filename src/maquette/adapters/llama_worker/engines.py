"""llama.cpp through the package that is installed: a function from a request to its reply."""

import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from maquette.adapters.llama_worker.batching import Batching, gaps_between

Reply = dict[str, Any]
Ask = Callable[[dict[str, Any]], Reply]


def load(settings: dict[str, Any]) -> tuple[Ask, int]:
    """What answers, and the layers that the engine puts on an accelerator: -1 is all, 0 where it has none."""
    engine = settings["engine"]
    if engine == "auto":
        engine = "llama-cpp-python" if find_spec("llama_cpp") else "xllamacpp"
    return _llama_cpp_python(settings) if engine == "llama-cpp-python" else _xllamacpp(settings)


def load_parallel(settings: dict[str, Any]) -> tuple[Batching, int]:
    """What answers several requests at once, and the layers as in `load`.

    Raises:
        RuntimeError: The package that can do it is not installed.
    """
    if settings["engine"] == "xllamacpp" or not find_spec("llama_cpp"):
        raise RuntimeError("only llama-cpp-python answers several requests at once here")
    library, llama = _opened(settings, sequences=settings["parallel"])
    batching = Batching(
        library,
        llama,
        sequences=settings["parallel"],
        context_tok=settings["context_tok"],
        reuse_prefix=settings["reuse_prefix"],
    )
    return batching, _offloaded(library, settings)


def _opened(settings: dict[str, Any], *, sequences: int = 1) -> tuple[Any, Any]:
    """The library and the model, with room for so many sequences at once."""
    llama_cpp: Any = import_module("llama_cpp")
    _avoid_amx(llama_cpp.llama_cpp)
    if sequences > 1:
        _make_room(llama_cpp.llama_cpp, sequences)
    llama = llama_cpp.Llama(
        settings["path"],
        n_ctx=settings["context_tok"] * sequences,
        n_threads=settings["threads"],
        n_threads_batch=settings["threads"],
        n_gpu_layers=settings["gpu_layers"],
        verbose=False,
    )
    return llama_cpp.llama_cpp, llama


def _make_room(library: Any, sequences: int) -> None:
    """Several sequences in one cache, which Llama's own arguments cannot say."""
    default = library.llama_context_default_params

    def with_sequences() -> Any:
        parameters = default()
        parameters.n_seq_max = sequences
        parameters.kv_unified = True
        return parameters

    library.llama_context_default_params = with_sequences


def _offloaded(library: Any, settings: dict[str, Any]) -> int:
    layers: int = settings["gpu_layers"] if library.llama_supports_gpu_offload() else 0
    return layers


def _llama_cpp_python(settings: dict[str, Any]) -> tuple[Ask, int]:
    library, llama = _opened(settings)
    evaluated, sampled_s = _watched(llama)

    def ask(request: dict[str, Any]) -> Reply:
        if not settings["reuse_prefix"]:
            llama.reset()
        evaluated.clear()
        sampled_s.clear()
        started = time.perf_counter()
        reply = llama.create_chat_completion(
            request["messages"],
            max_tokens=request["max_tokens"],
            temperature=request["temperature"],
            seed=request["seed"],
            response_format=_response_format(request),
        )
        cached_tok = reply["usage"]["prompt_tokens"] - evaluated[0] if evaluated else None
        measured = _measured(reply, started, sampled_s[0] if sampled_s else None, cached_tok)
        return measured | gaps_between(sampled_s)

    return ask, _offloaded(library, settings)


def _watched(llama: Any) -> tuple[list[int], list[float]]:
    """The tokens of each evaluation, the prompt's first, and when each token was chosen.

    What is missing in the first evaluation was kept from the call before.
    """
    evaluated: list[int] = []
    sampled_s: list[float] = []
    evaluate, sample = llama.eval, llama.sample

    def counted(tokens: Sequence[int]) -> None:
        evaluated.append(len(tokens))
        evaluate(tokens)

    def timed(*arguments: Any, **settings: Any) -> Any:
        token = sample(*arguments, **settings)
        sampled_s.append(time.perf_counter())
        return token

    llama.eval, llama.sample = counted, timed
    return evaluated, sampled_s


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


def _xllamacpp(settings: dict[str, Any]) -> tuple[Ask, int]:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings["path"]
    parameters.n_ctx = settings["context_tok"]
    parameters.n_parallel = 1
    parameters.n_gpu_layers = settings["gpu_layers"]
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings["threads"]
    parameters.verbosity = 0
    parameters.cache_prompt = settings["reuse_prefix"]
    server = xllamacpp.Server(parameters)
    cpu = xllamacpp.ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_CPU
    accelerated = any(device["type"] != cpu for device in xllamacpp.get_device_info())

    def ask(request: dict[str, Any]) -> Reply:
        body = {key: request[key] for key in ("messages", "max_tokens", "temperature", "seed")}
        if (wanted := _response_format(request)) is not None:
            body["response_format"] = wanted
        started = time.perf_counter()
        reply = server.handle_chat_completions(body)
        if "error" in reply:
            raise RuntimeError(str(reply["error"].get("message", reply["error"])))
        timings = reply.get("timings", {})
        prefill_ms = timings.get("prompt_ms")
        first_token_at = None if prefill_ms is None else started + prefill_ms / 1000
        return _measured(reply, started, first_token_at, timings.get("cache_n"))

    return ask, settings["gpu_layers"] if accelerated else 0


def _response_format(request: dict[str, Any]) -> dict[str, Any] | None:
    """llama.cpp turns a JSON Schema into a grammar; both engines take this form."""
    schema = request.get("answer_schema")
    return None if schema is None else {"type": "json_object", "schema": schema}


def _measured(reply: Any, started: float, first_token_at: float | None, cached_tok: int | None) -> Reply:
    choice, usage = reply["choices"][0], reply["usage"]
    return {
        "text": choice["message"]["content"] or "",
        "input_tok": usage["prompt_tokens"],
        "output_tok": usage["completion_tokens"],
        "cached_tok": cached_tok,
        "latency_s": time.perf_counter() - started,
        "ttft_s": None if first_token_at is None else first_token_at - started,
        "finish_reason": choice["finish_reason"] or "stop",
    }
