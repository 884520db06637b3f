"""A report as one HTML file that needs nothing beside it and cannot reach anything."""

from maquette.adapters.report_html.page import page

__all__ = ["page"]
