"""DuckDB in memory over the project's files: the only door to it. Files are the truth; nothing is stored here.

Each process has its own database, so that a terminal session and a notebook can look at one project at once. What
the tables mean belongs to the stages; here are connections, views over files, loading, running SQL and writing tables.
"""

from maquette.analytics.actual_views import ACTUAL_COLUMNS, ACTUALS_FOLDER
from maquette.analytics.connecting import ANSWER_COLUMNS, MONEY
from maquette.analytics.database import FILE_VIEWS, Database, Table
from maquette.analytics.foreign_tables import ForeignTable, foreign_table
from maquette.analytics.parquet import parquet_rows
from maquette.analytics.run_views import RUN_VIEWS, ViewAbout

__all__ = [
    "ACTUALS_FOLDER",
    "ACTUAL_COLUMNS",
    "ANSWER_COLUMNS",
    "FILE_VIEWS",
    "MONEY",
    "RUN_VIEWS",
    "Database",
    "ForeignTable",
    "Table",
    "ViewAbout",
    "foreign_table",
    "parquet_rows",
]
