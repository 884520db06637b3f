"""Stage 4: what it will cost month by month, as lines with quantity, unit, price and source, computed in DuckDB."""
