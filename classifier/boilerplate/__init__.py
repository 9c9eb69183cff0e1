"""Boilerplate of news pages, line by line, from text alone."""

from classifier.boilerplate.article import article
from classifier.boilerplate.judgement import clean_text, judge, judge_many, share

__all__ = ["article", "clean_text", "judge", "judge_many", "share"]
