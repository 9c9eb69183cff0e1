"""Makes the data of the index and of stories anew from the corpora: how common each word is, what tells a source, what tells an event."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import classifier.index
import classifier.stories
from benchmarks.copies import REUSE, SAME, Overlap, best, load, read
from classifier.document import Document
from classifier.index import background, open_index, sources
from classifier.index.near import NEAR_CONTAINMENT, NEAR_JACCARD
from classifier.words import split_many

INDEX, STORIES = (Path(str(package.__file__)).parent for package in (classifier.index, classifier.stories))
FALSE_CLAIMS = 0.007  # of unrelated articles; 1 % is allowed
FOLDS = 5


def make_background() -> None:
    """Count in how many human articles each word stands; a text that stands in two data sets counts once."""
    texts = sorted({document.text for document in load()[0]})
    counted = background.count(split_many(texts))
    background.save(counted, INDEX)
    print(f"{len(texts)} texts, {len(counted.keys)} words")


@cache
def families() -> dict[str, str]:
    """The family of each data set."""
    return {row["dataset"]: row.get("family") or row["dataset"] for row in read("articles")}


def make_sources() -> None:
    """Fit what tells a rewrite with its source from an article with the nearest unrelated one; held out by family."""
    human, pairs = load()
    overlap, index = Overlap(human), open_index(":memory:", as_is=True)
    index.add_many(human)
    found = list(best(index, [pair.document for pair in pairs], overlap, unrelated=False))
    right = np.array([id is not None and overlap.of(id, pair.source) >= SAME for (id, _), pair in zip(found, pairs, strict=True)])
    positive = np.array([features for _, features in found])[right]
    negative = np.array([features for id, features in best(index, human, overlap, unrelated=True) if id is not None])
    own = np.array([families()[pair.dataset] for pair in pairs])
    names = sorted(set(own))
    group = np.array([names.index(name) for name in own[right]] + [k % len(names) for k in range(len(negative))])
    truth = np.repeat([1, 0], [len(positive), len(negative)])
    features = np.concatenate((positive, negative))
    held = held_out(features, truth, group)
    limit = float(np.quantile(held[truth == 0], 1 - FALSE_CLAIMS))
    coefficients, intercept = fit(features, truth)
    bound = float(np.quantile((features @ coefficients + intercept)[truth == 0], 1 - FALSE_CLAIMS))
    measured = {"rewrites": len(positive), "unrelated": len(negative), "false_claims": FALSE_CLAIMS}
    measured |= {"claimed_held_out_by_family": round(float((held[truth == 1] > limit).mean()), 4)}
    save(INDEX / "sources.json", sources.FEATURES, coefficients, intercept - bound, measured)
    sure = {name: sureness(held[: len(positive)][own[right] == name] - limit) for name in names}
    make_shift(index, sure, own, intercept - bound, coefficients)


def make_shift(index: Any, sure: dict[str, np.ndarray], own: np.ndarray, intercept: float, coefficients: np.ndarray) -> None:
    """How much more often rewrites have a source of each sureness than first-hand reports do, as log-odds; all families weigh the same.

    The rewrites are judged by coefficients that never saw their family.
    """
    first_hand = [Document(row["text"], id=row["id"]) for row in read("articles") if row["label"] == "original" and len(row["text"]) >= 200]
    columns = list(nearest_that_is_no_copy(index, first_hand))
    reports = sureness(np.array(columns) @ coefficients + intercept)
    edges = [0.5, 0.7, 0.9, 0.98]
    steps = range(1, len(edges) + 1)
    shares = [[(np.digitize(values, edges) == step).sum() / (own == name).sum() for name, values in sure.items()] for step in steps]
    of_rewrites = np.mean(shares, axis=1)
    of_reports = np.array([((np.digitize(reports, edges) == step).sum() + 1) / (len(first_hand) + 1) for step in steps])
    data = {
        "from": edges,
        "log_odds": [round(float(value), 2) for value in np.log(of_rewrites / of_reports)],
        "measured": {
            "rewrites": len(own),
            "families": sorted(sure),
            "reports": len(first_hand),
            "of_rewrites": [round(float(share), 4) for share in of_rewrites],
            "of_reports": [round(float(share), 4) for share in of_reports],
        },
    }
    (INDEX / "shift.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(data))


def nearest_that_is_no_copy(index: Any, documents: Sequence[Document]) -> Iterator[np.ndarray]:
    """The features of the first candidate of each document that is no near copy of it; a document has no other fellow of its id."""
    jaccard, within = sources.FEATURES.index("jaccard"), sources.FEATURES.index("containment")
    for begin in range(0, len(documents), 256):
        for _, _, features in index.retold(documents[begin : begin + 256]):
            apart = features[(features[:, jaccard] < NEAR_JACCARD) & (features[:, within] < NEAR_CONTAINMENT)]
            if len(apart):
                yield apart[0]


def sureness(logits: np.ndarray) -> np.ndarray:
    """Logits as 0..1."""
    return 1 / (1 + np.exp(-logits))


def make_events() -> None:
    """Fit what tells two articles on one event from two on a like one; held out by event, with dates and without."""
    from classifier.stories import events

    rows = {row["id"]: row for row in read("articles") if row["dataset"] == "allsides_multi_outlet"}
    documents = [Document(row["text"], id=id, date=row.get("date")) for id, row in rows.items()]
    human = {document.id: document for document in load()[0]} | {document.id: document for document in documents}
    overlap, index = Overlap(list(human.values())), open_index(":memory:", as_is=True)
    index.add_many(human.values())
    asked = [document for document in documents if rows[document.id].get("event_id")]
    found = [pair for pair in candidates(index, asked, overlap) if rows.get(pair[1], {}).get("event_id")]
    truth = np.array([rows[left]["event_id"] == rows[right]["event_id"] for left, right, _ in found])
    days = np.array([days_between(rows[left]["date"], rows[right]["date"]) for left, right, _ in found])
    plain = np.array([features for _, _, features in found])
    folds = sorted({row["event_id"] for row in rows.values() if row.get("event_id")})
    group = np.array([folds.index(rows[left]["event_id"]) % FOLDS for left, _, _ in found])
    features = np.concatenate((events.event_features(plain, days), events.event_features(plain, np.full(len(days), np.nan))))
    both, groups = np.tile(truth, 2), np.tile(group, 2)
    held = held_out(features, both, groups)
    measured: dict[str, Any] = {"pairs": len(truth), "of_one_event": int(truth.sum())}
    for name, part in (("dated", slice(0, len(truth))), ("undated", slice(len(truth), None))):
        told = held[part] > 0
        measured[name] = {
            "precision_held_out_by_event": round(float(truth[told].mean()), 4),
            "recall_held_out_by_event": round(float(told[truth].mean()), 4),
        }
    save(STORIES / "events.json", (*events.FEATURES, *events.DATED), *fit(features, both), measured)


def candidates(index: Any, asked: Sequence[Document], overlap: Overlap) -> Iterator[tuple[str, str, np.ndarray]]:
    """Each document with each candidate that does not share text with it, and the features of the pair."""
    for begin in range(0, len(asked), 256):
        batch = asked[begin : begin + 256]
        for document, (_, rows, features) in zip(batch, index.retold(batch), strict=True):
            for row, columns in zip(rows, features, strict=True):
                if overlap.of(str(document.id), row.id) < REUSE:
                    yield str(document.id), row.id, columns


def days_between(left: str | None, right: str | None) -> float:
    """Days between two dates, NaN where one is missing."""
    if not left or not right:
        return float("nan")
    return float(abs((date.fromisoformat(left[:10]) - date.fromisoformat(right[:10])).days))


def fit(features: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """Coefficients and intercept of a logistic regression on features as they are."""
    from sklearn.linear_model import LogisticRegression

    scale = features.std(axis=0) + 1e-9
    model = LogisticRegression(C=1.0, max_iter=5000).fit(features / scale, truth)
    return model.coef_[0] / scale, float(model.intercept_[0])


def held_out(features: np.ndarray, truth: np.ndarray, group: np.ndarray) -> np.ndarray:
    """The logit of each row by a model that was fitted without its group."""
    logits = np.zeros(len(truth))
    for name in np.unique(group):
        coefficients, intercept = fit(features[group != name], truth[group != name])
        logits[group == name] = features[group == name] @ coefficients + intercept
    return logits


def save(path: Path, names: Sequence[str], coefficients: np.ndarray, intercept: float, measured: dict[str, Any]) -> None:
    """Write what was fitted, with what it was measured to be worth."""
    named = {name: round(float(value), 4) for name, value in zip(names, coefficients, strict=True)}
    data = {"coefficients": named, "intercept": round(intercept, 4), "measured": measured}
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(data))


PARTS = {"background": make_background, "sources": make_sources, "events": make_events}


def main() -> None:
    """Make what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=list(PARTS))
    PARTS[parser.parse_args().part]()


if __name__ == "__main__":
    main()
