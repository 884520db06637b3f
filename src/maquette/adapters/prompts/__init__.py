"""Prompt files: Jinja over an example's inputs, in a sandbox, with few-shot examples and a version."""

from maquette.adapters.prompts.files import read_prompt
from maquette.adapters.prompts.rendering import JinjaPrompts
from maquette.adapters.prompts.versions import changed_without_version

__all__ = ["JinjaPrompts", "changed_without_version", "read_prompt"]
