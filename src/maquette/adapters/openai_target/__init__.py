"""OpenAI-compatible servers directly: vLLM, SGLang, llama.cpp, gateways, over one aiohttp session a target.

A twentieth of the CPU of the general libraries, so that under load the server is measured and not the client.
"""

from maquette.adapters.openai_target.target import OpenAiTarget, open_target

__all__ = ["OpenAiTarget", "open_target"]
