"""GGUF files by their headers: what the model is, without loading its weights."""

from maquette.adapters.gguf_files.digest import content_digest
from maquette.adapters.gguf_files.finding import FoundModels, find_local_models, read_card
from maquette.adapters.gguf_files.sizes import FileSizes, read_sizes

__all__ = ["FileSizes", "FoundModels", "content_digest", "find_local_models", "read_card", "read_sizes"]
