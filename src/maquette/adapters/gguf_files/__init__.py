"""GGUF files by their headers: what the model is, without loading its weights."""

from maquette.adapters.gguf_files.finding import FoundModels, find_local_models, read_card

__all__ = ["FoundModels", "find_local_models", "read_card"]
