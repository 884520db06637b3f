"""Make the offline price snapshot from LiteLLM's price map.

Run:  python snapshot.py WHEEL --read-on 2026-11-20 > litellm-1.109.1.json

WHEEL is a wheel of litellm; the map lies in it and is MIT licensed. Models of every kind, one a line, sorted.
"""

import argparse
import sys
from datetime import date
from pathlib import Path

from maquette.adapters.litellm_map import as_text, map_from_file, snapshot_of


def main() -> None:
    """Read the wheel, write the snapshot to stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--read-on", required=True, type=date.fromisoformat)
    arguments = parser.parse_args()
    sys.stdout.write(as_text(snapshot_of(map_from_file(arguments.wheel), arguments.read_on)))


if __name__ == "__main__":
    main()
