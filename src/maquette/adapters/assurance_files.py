"""Reads the threats and the regimes that ship in catalog/threats and catalog/regimes."""

from functools import cache
from pathlib import Path
from typing import Any

from maquette.bundle.assurance import Assurance, regime, threat_book
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.shipped import shipped
from maquette.yaml_reading import read_yaml


@cache
def load_assurance() -> Assurance:
    """All of them, regimes by the id that answers name.

    Raises:
        InvalidInput: A file is broken.
    """
    threats, regimes = shipped("catalog", "threats"), shipped("catalog", "regimes")
    return Assurance(
        owasp=threat_book(_data(threats / "owasp-llm-2026.yaml"), file="catalog/threats/owasp-llm-2026.yaml"),
        nist=threat_book(_data(threats / "nist-ai-600-1.yaml"), file="catalog/threats/nist-ai-600-1.yaml"),
        regimes={
            path.stem: regime(path.stem, _data(path), file=f"catalog/regimes/{path.name}")
            for path in sorted(regimes.glob("*.yaml"))
        },
    )


def _data(path: Path) -> dict[str, Any]:
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise InvalidInput("the file holds no mapping", place=Place(file=path.name), fix="Restore the file.")
    return data
