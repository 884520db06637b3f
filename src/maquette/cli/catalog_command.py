"""`maquette catalog`: what is known of models, prices and machines, where it comes from and how old it is."""

import click

from maquette.cli.lazy_group import LazyGroup

COMMANDS = {
    "price": "What a request costs, line by line, from every list that has the model.",
    "show": "A model's card: limits, capabilities, regions, licence, retirement.",
    "kv": "KV cache of a model at a context, with the formula.",
    "weights": "Memory of a model's weights in each quantisation.",
    "hardware": "Machines and their prices; this one, or one you imagine.",
    "servers": "Ask running OpenAI-compatible servers which models they serve.",
    "files": "GGUF files in folders, read by their headers.",
    "providers": "Providers: regions, retention, agreements, fine-tuning.",
    "tools": "Gateways, caches, queues, monitoring: what is kept up and what is not.",
    "roles": "Which models fill fast, balanced, strong, embedding and the other roles today.",
    "status": "How old everything in the catalog is.",
    "refresh": "Take in newer prices; shows what changes before it writes.",
    "check": "Check a catalog file of your own; every error with its line.",
}


@click.group(
    name="catalog",
    cls=LazyGroup,
    commands_by_module={name: f"maquette.cli.catalog.{name}_command" for name in COMMANDS},
    about=COMMANDS,
)
def command() -> None:
    """What is known of models, prices and machines, where it comes from and how old it is."""
