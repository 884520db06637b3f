"""Choosing models: which may be chosen, and what of it stands in maquette.yaml."""

from collections.abc import Sequence

from maquette.catalog.shortlisting import require_candidate
from maquette.project.view import View


def chosen_paths(view: View, models: Sequence[str]) -> dict[str, object]:
    """The choice as changes of maquette.yaml, each model once.

    Raises:
        NotFound: A model is not in the catalog.
        InvalidInput: A model is excluded; the message says why.
    """
    known = {target.id for target in view.document.targets}
    for model in models:
        if model not in known:
            require_candidate(view.shortlist, model)
    return {"shortlist.chosen": list(dict.fromkeys(models)), "shortlist.computed_from": view.shortlist_basis}
