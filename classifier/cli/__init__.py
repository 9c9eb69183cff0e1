"""The command `quality`: one file a group of commands, each of which parses, calls one public function, and prints."""

from classifier.cli import filter as filter_  # `filter` itself is a function of Python
from classifier.cli import index, learn, report, score, serve, signals, stories  # each puts its commands into the app
from classifier.cli.app import app, main

__all__ = ["app", "filter_", "index", "learn", "main", "report", "score", "serve", "signals", "stories"]
