"""`maquette catalog servers`: which models running servers serve, at the addresses given and nowhere else."""

import click

from maquette.cli.console import JSON_OPTION, PLAIN_OPTION, print_json, print_table, say, say_problem


@click.command(name="servers")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--key-env", metavar="NAME", help="The environment variable that holds the servers' key.")
@PLAIN_OPTION
@JSON_OPTION
def command(addresses: tuple[str, ...], key_env: str | None, plain: bool, as_json: bool) -> None:
    """Ask running OpenAI-compatible servers which models they serve.

    Without an ADDRESS the usual ports of this machine are asked: vLLM 8000, SGLang 30000, llama.cpp 8080, Ollama 11434,
    LM Studio 1234. Nobody else is contacted.
    """
    from maquette.adapters.model_servers import USUAL_ADDRESSES, look
    from maquette.cli.catalog.servers_data import HEADINGS, sweep_data, sweep_rows
    from maquette.foundation.problems import InvalidInput, raise_all

    if key_env and not addresses:
        raise InvalidInput("nobody says whose key that is", fix="Name the server's address before --key-env.")
    sweep = look(addresses or tuple(USUAL_ADDRESSES), api_key_env=key_env)
    if addresses and not sweep.servers:
        raise_all(sweep.problems)
    if as_json:
        print_json(sweep_data(sweep))
        return
    if sweep.servers:
        print_table(HEADINGS, sweep_rows(sweep), plain_text=plain)
    else:
        say("No server answers.")
    for problem in sweep.problems:
        # A port of this machine where nothing listens is no problem: nobody said that something would.
        if addresses or not problem.what.endswith("does not answer"):
            say_problem(problem, as_json=False)
    if not addresses:
        say(f"Asked were only {', '.join(sweep.asked)}. Name others: maquette catalog servers HOST:PORT.")
