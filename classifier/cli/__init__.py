"""The command `quality`: one file a group of commands, each of which parses, calls one public function, and prints."""

from classifier.cli import learn, score, signals  # each puts its commands into the app
from classifier.cli.app import app, main

__all__ = ["app", "learn", "main", "score", "signals"]
