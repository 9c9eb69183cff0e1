"""The figures of a report, counted from the ledger of a run, part by part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.errors import QualityError
from classifier.filter import examples, ledger
from classifier.filter.assembly import Summary, read_summary
from classifier.filter.columns import arrow
from classifier.filter.decisions import KEPT
from classifier.filter.folder import ERRORS, EXAMPLES, LEDGER, SUMMARY, read_lines, read_run
from classifier.verdict import LABELS

BINS = 25
SITES, GROUPS, MEMBERS, FAULTS = 200, 30, 6, 20
NOWHERE = "(no address)"
Ints = NDArray[np.int64]
_DOUBTS = (
    ("The text has only", "too short to be certain"),
    ("Not sure enough", "not sure enough of its label"),
    ("The text does not read as English", "not English"),
    ("The text reads as", "opinion, interview or another genre"),
    ("The text holds no words", "no words"),
    ("Only the first", "too long to be judged whole"),
)


@dataclass
class Site:
    """What came from one site: documents, how many of each label, how many were kept, and the sum of their shares of boilerplate."""

    name: str
    documents: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    boilerplate: float = 0.0

    @property
    def filler(self) -> float:
        """The share of filler, 0..1."""
        return self.labels["filler"] / self.documents if self.documents else 0.0


@dataclass
class Group:
    """A document and those that copy or retell it: how many of each, and some of them as (id, site, `copy` or `retelling`, similarity)."""

    origin: str
    copies: int = 0
    retellings: int = 0
    members: list[tuple[str, str, str, float]] = field(default_factory=list)


@dataclass
class Figures:
    """What a report shows of a run."""

    summary: Summary
    places: Counter[tuple[str, str]] = field(default_factory=Counter)  # (label, place)
    quality: dict[str, Ints] = field(default_factory=lambda: {label: np.zeros(BINS, np.int64) for label in LABELS})
    boilerplate: dict[str, Ints] = field(default_factory=lambda: {label: np.zeros(BINS, np.int64) for label in LABELS})
    sites: dict[str, Site] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    doubts: Counter[tuple[str, str]] = field(default_factory=Counter)  # (doubt, place)
    examples: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)

    def worst_sites(self) -> list[Site]:
        """The sites with most documents, by their share of filler."""
        largest = sorted(self.sites.values(), key=lambda site: (-site.documents, site.name))[:SITES]
        return sorted(largest, key=lambda site: (-site.filler, -site.documents, site.name))

    def largest_groups(self) -> list[Group]:
        """The groups with most members."""
        return sorted(self.groups.values(), key=lambda group: (-group.copies - group.retellings, group.origin))[:GROUPS]


def gather(folder: Path) -> Figures:
    """The figures of a complete run.

    Raises:
        QualityError: there is none in the folder, or one of its files is damaged.
        MissingExtra: pyarrow is not installed.
    """
    arrow()
    read_run(folder)
    found = Figures(read_summary(folder))
    for part in sorted((folder / LEDGER).glob("*.parquet")):
        _count(part, found)
    counted, told = found.places.total(), found.summary.records - found.summary.errors
    if counted != told:
        raise QualityError(f"{folder / LEDGER}: holds {counted:,} documents, but {SUMMARY} counts {told:,}. Filter anew.")
    found.examples = read_lines(folder / EXAMPLES, examples.FIELDS)
    found.faults = read_lines(folder / ERRORS, ("file", "row", "cause"), FAULTS)
    return found


def _count(part: Path, found: Figures) -> None:
    columns = ["label", "place", "site", "quality", "boilerplate", "uncertain", "reasons", "id", "duplicate_of", "similarity"]
    table = ledger.read(part, [*columns, "derived_from", "sureness"])
    label = np.array(table.column("label").to_pylist(), dtype=object)
    for name in LABELS:
        held = label == name
        for histogram, column in ((found.quality, "quality"), (found.boilerplate, "boilerplate")):
            histogram[name] += np.histogram(np.array(table.column(column).to_pylist())[held], bins=BINS, range=(0, 1))[0]
    _count_sites(table, found)
    for row in table.select(["uncertain", "reasons", "place"]).filter(table.column("uncertain")).to_pylist():
        found.doubts[_doubt(row["reasons"]), row["place"]] += 1
    _count_groups(table, found)


def _count_sites(table: Any, found: Figures) -> None:
    totals = table.group_by(["site", "label", "place"]).aggregate([("boilerplate", "sum"), ("boilerplate", "count")])
    for row in totals.to_pylist():
        count, label, name = row["boilerplate_count"], row["label"], row["site"] or NOWHERE
        found.places[label, row["place"]] += count
        site = found.sites.setdefault(name, Site(name))
        site.documents += count
        site.labels[label] += count
        site.kept += count * (row["place"] == KEPT)
        site.boilerplate += row["boilerplate_sum"]


def _count_groups(table: Any, found: Figures) -> None:
    from pyarrow import compute

    tied = compute.or_(compute.is_valid(table.column("duplicate_of")), compute.is_valid(table.column("derived_from")))
    for row in table.filter(tied).select(["id", "site", "duplicate_of", "similarity", "derived_from", "sureness"]).to_pylist():
        is_copy = row["duplicate_of"] is not None
        origin = row["duplicate_of"] if is_copy else row["derived_from"]
        group = found.groups.setdefault(origin, Group(origin))
        group.copies += is_copy
        group.retellings += not is_copy
        if len(group.members) < MEMBERS:
            how = "copy" if is_copy else "retelling"
            group.members.append((row["id"], row["site"] or "", how, row["similarity"] if is_copy else row["sureness"]))


def _doubt(reasons: list[str]) -> str:
    """Why a verdict is uncertain, in few words."""
    first = reasons[0] if reasons else ""
    return next((told for start, told in _DOUBTS if first.startswith(start)), "other")


def shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Each count as a share of their sum, 0..1; all 0 where there is nothing."""
    whole = sum(counts.values())
    return {name: count / whole if whole else 0.0 for name, count in counts.items()}
