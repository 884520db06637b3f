"""Examples from files: JSONL, CSV, TSV and Parquet, with their pictures."""

from maquette.adapters.datasets.files import read_dataset

__all__ = ["read_dataset"]
