"""One JSON request a line on stdin, one JSON reply a line on stdout.

A crash inside llama.cpp ends this process and nothing else. It ends by itself when stdin closes. What the library
prints goes to stderr. With ``parallel`` above 1 requests carry an id, and their replies come in any order.
"""

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import IO, Any

from maquette.adapters.llama_worker.engines import Ask, load, load_parallel


def main() -> None:
    """Load the model named by the first line, then answer until stdin closes."""
    # The library writes to the process's stdout by itself: replies get a descriptor of their own.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    settings = json.loads(sys.stdin.readline() or "{}")
    try:
        serve, layers = _loaded(settings, replies)
    except Exception as error:  # whatever the library raises, the parent must hear of it
        _reply(replies, {"error": f"{type(error).__name__}: {error}"})
        return
    _reply(replies, {"ready": True, "gpu_layers": layers})
    serve()


def _loaded(settings: dict[str, Any], replies: IO[str]) -> tuple[Callable[[], None], int]:
    """What serves stdin, and the layers on an accelerator."""
    if settings["parallel"] > 1:
        batching, layers = load_parallel(settings)
        return partial(batching.serve, sys.stdin, partial(_reply, replies)), layers
    ask, layers = load(settings)
    return partial(_serve, ask, replies), layers


def _serve(ask: Ask, replies: IO[str]) -> None:
    for line in sys.stdin:
        try:
            reply = ask(json.loads(line))
        except Exception as error:  # whatever the library raises, the parent must hear of it
            reply = {"error": f"{type(error).__name__}: {error}"}
        _reply(replies, reply)


def _reply(replies: IO[str], reply: dict[str, Any]) -> None:
    replies.write(json.dumps(reply) + "\n")
    replies.flush()


if __name__ == "__main__":
    main()
