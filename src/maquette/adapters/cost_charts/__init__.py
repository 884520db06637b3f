"""The cost report's charts, drawn offline as SVG and PNG."""

from maquette.adapters.cost_charts.drawing import ABOUT, DrawnChart, band_and_drivers, cost_charts

__all__ = ["ABOUT", "DrawnChart", "band_and_drivers", "cost_charts"]
