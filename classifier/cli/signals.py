"""`quality signals`: what is measured."""

from __future__ import annotations

from classifier import view
from classifier.cli.app import AsJson, app
from classifier.cli.output import write, write_table


@app.command(epilog="Example: quality signals --json | head -3")
def signals(as_json: AsJson = False) -> None:
    """List every signal and what it measures, by family."""
    from classifier.signals import FAMILIES

    for family, members in FAMILIES.items():
        rows = [(f"{family}.{signal.__name__}", (signal.__doc__ or "").strip().partition("\n")[0]) for signal in members]
        if as_json:
            write("".join(view.json_line({"name": name, "family": family, "meaning": meaning}) for name, meaning in rows))
        else:
            write_table(("signal", "what it measures"), rows, family)
