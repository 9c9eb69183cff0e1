"""Boilerplate of news pages, line by line, from text alone."""

from classifier.boilerplate.article import article
from classifier.boilerplate.cuts import NAMES
from classifier.boilerplate.judgement import clean_text, judge, lines, share, without

__all__ = ["NAMES", "article", "clean_text", "judge", "lines", "share", "without"]
