"""The report on a run of the filter: one page of HTML that needs nothing else."""

from classifier.report.page import render

__all__ = ["render"]
