"""A report's frames as charts, one function each: a frame and perhaps an Axes in, the Axes out."""

from logdebug.report.charts.plots import Plots, category, severity, severity_by_category, timeline, usage

__all__ = ["Plots", "category", "severity", "severity_by_category", "timeline", "usage"]
