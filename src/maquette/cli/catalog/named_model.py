"""The card that a name on the command line means: an id of the catalog, a name on a model hub, or a GGUF file."""

from pathlib import Path

from maquette.catalog.attention import LayerGroup
from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.weights import Weights
from maquette.foundation.problems import InvalidInput, NotFound, Place
from maquette.foundation.wording import shown, suggestion

MODELS_FOLDER = "models"


def named_card(name: str, *, open_first: bool = False) -> ModelCard:
    """The card.

    Args:
        name: A path that ends in .gguf; an id; an id of an open model without ``open/``; or a hub's ``Org/Name``.
        open_first: Take the open model where a model behind an API has the same name.

    Raises:
        InvalidInput: The file is no GGUF file.
        NotFound: There is no such file or model.
    """
    if name.endswith(".gguf"):
        return _file_card(name)
    from maquette.catalogs import project_catalog

    cards = project_catalog(Path(), (MODELS_FOLDER,)).cards
    ours = (f"open/{name}".lower(), f"open/{name.rpartition('/')[2]}".lower(), f"local/{name}")
    ids = (*ours, name) if open_first and not name.startswith("local/") else (name, *ours)
    found = next((cards[one] for one in ids if one in cards), None)
    if found is None:
        near = suggestion(name, [*cards, *(one.removeprefix("open/") for one in cards if one.startswith("open/"))])
        raise NotFound(
            f"the catalog has no model {shown(name)}",
            fix=near or "See the ids with maquette shortlist or catalog show.",
        )
    return found


def _file_card(name: str) -> ModelCard:
    from maquette.adapters.gguf_files import read_card

    path = Path(name)
    if not path.is_file():
        raise NotFound(f"there is no file {shown(name)}", fix="Check the path; maquette catalog files lists a folder.")
    return read_card(path)


def known_weights(card: ModelCard) -> Weights:
    """The card's shape.

    Raises:
        NotFound: It is a model behind an API, whose shape nobody publishes.
    """
    if card.weights is not None:
        return card.weights
    what = (
        f"{card.id} is reached through an API, and nobody publishes its shape"
        if card.hosting is Hosting.API
        else f"the shape of {card.id} is not known"
    )
    raise NotFound(what, fix="Name an open model, such as open/qwen3-8b, or a GGUF file.")


def known_cache(card: ModelCard) -> tuple[LayerGroup, ...]:
    """What the model's layers keep.

    Raises:
        InvalidInput: Its file does not say.
        NotFound: Nobody publishes it.
    """
    weights = known_weights(card)
    if weights.cache:
        return weights.cache
    why = " ".join(weights.notes) or "Its heads or their sizes are not said."
    if card.hosting is Hosting.LOCAL_FILE:
        raise InvalidInput(
            f"the KV cache cannot be reckoned: {why.rstrip('.')}",
            place=Place(file=card.path),
            fix="Get a file whose header says its attention heads.",
        )
    raise NotFound(f"the KV cache of {card.id} is not known", fix="Add its cache in a catalog file of your own.")
