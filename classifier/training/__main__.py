"""`python -m classifier.training`: train the shipped model from the corpora, or a trial one from the seeds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from classifier.errors import QualityError
from classifier.training.run import train_shipped


def main() -> int:
    """Train and say on stderr what goes on."""
    parser = argparse.ArgumentParser(prog="python -m classifier.training", description=__doc__)
    parser.add_argument(
        "--corpora", type=Path, default=Path("../shared/corpora"), help="folder of the corpora; the seeds are used where it is missing"
    )
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--output", type=Path, help="model folder; `models` from the corpora, `build/model` from the seeds")
    options = parser.parse_args()
    try:
        report = train_shipped(options.corpora, options.seeds, options.output, tell=lambda line: print(line, file=sys.stderr, flush=True))
    except QualityError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(report.summary())
    return 0


if __name__ == "__main__":
    sys.exit(main())
