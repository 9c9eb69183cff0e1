"""The filter of a corpus: decisions, the ledger behind them, and the engines that carry them out."""

from classifier.filter.assembly import Summary
from classifier.filter.corpus import filter_again, filter_corpus
from classifier.filter.decisions import Decisions
from classifier.filter.local import Progress

__all__ = ["Decisions", "Progress", "Summary", "filter_again", "filter_corpus"]
