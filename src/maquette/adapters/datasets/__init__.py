"""Examples from files: JSONL, CSV, TSV and Parquet, with their pictures."""

from maquette.adapters.datasets.files import read_dataset
from maquette.adapters.datasets.pictures import find_image

__all__ = ["find_image", "read_dataset"]
