"""`python -m classifier.cli`, the same as `quality`."""

from classifier.cli import main

main()
