"""Make the dated second list of prices from the installed genai-prices.

Run:  python history.py --read-on 2026-11-20 > genai-prices-0.2.3.json

Its data is MIT licensed. Kept are the models that a model of our snapshot means, by that package's own rules.
"""

import argparse
import sys
from datetime import date

from maquette.adapters.genai_prices_history import as_text, history_data
from maquette.adapters.price_files import load_prices


def main() -> None:
    """Read the package, write the file to stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--read-on", required=True, type=date.fromisoformat)
    arguments = parser.parse_args()
    sys.stdout.write(as_text(history_data(load_prices().cards.values(), arguments.read_on)))


if __name__ == "__main__":
    main()
