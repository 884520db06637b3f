"""A sweep over model servers as data for --json and as rows for a table."""

from maquette.adapters.model_servers import Server, Sweep
from maquette.catalog.served import ServedModel, served_name
from maquette.cli.catalog.contracts import ServedModelData, ServerData, ServersData
from maquette.cli.contract_parts import FORMAT
from maquette.foundation.units import readable_count

HEADINGS = ("model", "engine", "context", "quantisation", "parameters", "state", "server")


def sweep_data(sweep: Sweep) -> ServersData:
    """Everything that was asked and answered."""
    return {
        "format": FORMAT,
        "asked": list(sweep.asked),
        "servers": [_server(server) for server in sweep.servers],
        "problems": [problem.as_data() for problem in sweep.problems],
    }


def sweep_rows(sweep: Sweep) -> list[tuple[str, ...]]:
    """One row for each served model; a server without models has a row too."""
    rows = []
    for server in sweep.servers:
        rows += [_row(model, server) for model in server.models]
        if not server.models:
            rows.append(("(no model loaded)", server.engine.value, "", "", "", "", server.base))
    return rows


def _row(model: ServedModel, server: Server) -> tuple[str, ...]:
    context = model.card.context_tok
    return (
        served_name(model.card.id),
        model.engine.value,
        "" if context is None else readable_count(context),
        model.quantisation or "",
        model.parameters or "",
        model.state or "",
        server.base,
    )


def _server(server: Server) -> ServerData:
    return {
        "address": server.base,
        "engine": server.engine.value,
        "models": [_model(model) for model in server.models],
    }


def _model(model: ServedModel) -> ServedModelData:
    card = model.card
    return {
        "id": card.id,
        "name": served_name(card.id),
        "mode": card.mode.value,
        "context_tok": card.context_tok,
        "quantisation": model.quantisation,
        "parameters": model.parameters,
        "state": model.state,
        "capabilities": {capability.value: can for capability, can in card.capabilities.items()},
        "notes": list(card.notes),
        "source": str(card.source),
    }
