"""Measures the index: near copies, sources of rewrites, speed, size and growth. `python -m benchmarks.copies --help`."""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np

from classifier.document import Document
from classifier.index import Index, open_index, sources
from classifier.index.sketch import shingles, sketch
from classifier.words import split_many

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"
REUSE = 0.1  # share of the shorter text's 5-word runs: two articles that hold so many have text in common
REFUSAL = re.compile(
    r"I cannot|I can't|I apologi[sz]e|as (a|an) (responsible|ethical|AI)|I'm sorry|unable to|paraphrase the given|please provide",
    re.IGNORECASE,
)
SAME = 0.8  # so many: one text, whole or clipped


@dataclass(frozen=True)
class Pair:
    """A rewrite, the id of the human text it was made from, and its data set."""

    document: Document
    source: str
    dataset: str


def read(folder: str) -> Iterator[dict]:
    """Every document of a folder of the corpora."""
    for path in sorted((CORPORA / folder).glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def load() -> tuple[list[Document], list[Pair]]:
    """The human articles, and the rewrites whose source is among them."""
    rows = list(read("articles"))
    human = [r for r in rows if r.get("generator") in (None, "human") and r["label"] != "filler" and len(r["text"]) >= 200]
    made_from = {(r["dataset"], r["source_id"]): r["id"] for r in reversed(human) if r.get("source_id") and r.get("generator") == "human"}
    pairs = [
        Pair(Document(r["text"], id=r["id"]), made_from[r["dataset"], r["source_id"]], r["dataset"])
        for r in rows
        if r["label"] == "rewrite" and r.get("generator") not in (None, "human") and (r["dataset"], r.get("source_id")) in made_from
    ]
    return [Document(r["text"], id=r["id"]) for r in human], pairs


class Overlap:
    """The exact share of the shorter text's 5-word runs that stand in the longer, by id."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._texts = {document.id: document.text for document in documents}
        self.runs = lru_cache(maxsize=20_000)(self._runs)

    def _runs(self, id: str) -> frozenset[int]:
        return frozenset(shingles(list(split_many([self._texts[id]])))[0].tolist())

    def of(self, left: str, right: str) -> float:
        """The overlap of two documents."""
        a, b = self.runs(left), self.runs(right)
        return len(a & b) / max(1, min(len(a), len(b)))


def best(index: Index, documents: Sequence[Document], overlap: Overlap, unrelated: bool) -> Iterator[tuple[str | None, np.ndarray]]:
    """The first candidate of each document and its features; where `unrelated`, the first that shares no text with it."""
    for begin in range(0, len(documents), 256):
        batch = documents[begin : begin + 256]
        for document, (_, rows, features) in zip(batch, index.retold(batch), strict=True):
            places = [k for k, row in enumerate(rows) if not (unrelated and overlap.of(document.id, row.id) >= REUSE)]
            yield (rows[places[0]].id, features[places[0]]) if places else (None, np.zeros(len(sources.FEATURES)))


def measure_sources(sample: int, fit: bool) -> None:
    """Recall at 1 and claims over rewrites, false claims over human articles, in a pool of all human articles."""
    human, pairs = load()
    generator = random.Random(5)
    asked = generator.sample(pairs, min(sample or len(pairs), len(pairs)))
    others = generator.sample(human, min(sample or len(human), len(human)))
    overlap = Overlap(human)
    index = open_index(":memory:")
    start = time.perf_counter()
    index.add_many(human)
    print(f"pool: {len(human)} human articles, added {len(human) / (time.perf_counter() - start):.0f}/s; {len(asked)} rewrites asked")
    start = time.perf_counter()
    found = list(best(index, [pair.document for pair in asked], overlap, unrelated=False))
    print(f"{len(asked) / (time.perf_counter() - start):.0f} questions/s")
    right = np.array([id is not None and overlap.of(id, pair.source) >= SAME for (id, _), pair in zip(found, asked, strict=True)])
    nearest = list(best(index, others, overlap, unrelated=True))
    positive, negative = np.array([f for _, f in found]), np.array([f for _, f in nearest])
    if fit:
        fit_sureness(positive, right, negative, [pair.dataset for pair in asked])
    claimed, false = (sources.sureness(part) >= sources.CLAIMED for part in (positive, negative))
    refused = np.array([bool(REFUSAL.search(pair.document.text[:300])) for pair in asked])
    print(f"right source first: {right.mean():.4f}; without {refused.sum()} refusals of the model: {right[~refused].mean():.4f}")
    print(f"claimed and right: {(claimed & right).mean():.4f}   claimed and wrong: {(claimed & ~right).mean():.4f}")
    print(f"human articles with a false source claimed: {false.mean():.4f} ({false.sum()} of {len(false)})")
    for name in sorted({pair.dataset for pair in asked}):
        of = np.array([pair.dataset == name for pair in asked])
        print(f"  {name:16} {of.sum():5}  first {right[of].mean():.3f}  claimed {(claimed & right)[of].mean():.3f}")


def fit_sureness(positive: np.ndarray, right: np.ndarray, negative: np.ndarray, names: list[str]) -> None:
    """Print the coefficients that tell rewrites from unrelated articles, and their held-out worth by data set and half."""
    from sklearn.linear_model import LogisticRegression

    truth = np.concatenate((np.ones(right.sum()), np.zeros(len(negative))))
    features = np.concatenate((positive[right], negative))
    scale = features.std(axis=0) + 1e-9
    group = np.concatenate((np.array(names)[right], np.random.default_rng(0).choice(sorted(set(names)), len(negative))))
    held = np.zeros(len(truth))
    for name in set(names):
        model = LogisticRegression(C=1.0, max_iter=5000).fit((features / scale)[group != name], truth[group != name])
        held[group == name] = model.decision_function((features / scale)[group == name])
    limit = np.quantile(held[truth == 0], 0.993)
    print(f"held out by data set: claims {(held[truth == 1] > limit).mean():.4f} of rewrites at 0.7 % of unrelated articles")
    model = LogisticRegression(C=1.0, max_iter=5000).fit(features / scale, truth)
    limit = np.quantile(model.decision_function(features / scale)[truth == 0], 0.993)
    sources.COEFFICIENTS = model.coef_[0] / scale
    sources.INTERCEPT = float(model.intercept_[0] - limit)
    print("COEFFICIENTS =", [round(float(value), 3) for value in sources.COEFFICIENTS])
    print("INTERCEPT =", round(sources.INTERCEPT, 3))


def exact_pairs(documents: Sequence[Document], words: int) -> dict[tuple[str, str], tuple[float, float]]:
    """The Jaccard similarity and the overlap of every pair of documents that share a run of so many words, by brute force."""
    from scipy.sparse import csr_matrix

    number: dict[tuple[str, ...], int] = {}
    rows: list[int] = []
    columns: list[int] = []
    for k, document in enumerate(documents):
        text = document.text.split()
        held = {number.setdefault(tuple(text[place : place + words]), len(number)) for place in range(len(text) - words + 1)}
        rows += [k] * len(held)
        columns += held
    table = csr_matrix((np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=(len(documents), len(number) or 1))
    sizes = np.asarray(table.sum(axis=1)).ravel()
    common = (table @ table.T).tocoo()
    return {
        (str(documents[a].id), str(documents[b].id)): (n / (sizes[a] + sizes[b] - n), n / min(sizes[a], sizes[b]))
        for a, b, n in zip(common.row.tolist(), common.col.tolist(), common.data.tolist(), strict=True)
        if a < b
    }


def plain(text: str) -> str:
    """The words of a text in lower case, nothing else."""
    return " ".join(re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower()))


def edited(documents: Sequence[Document], generator: random.Random) -> list[Document]:
    """Copies in which up to one word in twenty-five is another."""
    copies = []
    for document in documents:
        words = document.text.split()
        for place in generator.sample(range(len(words)), int(len(words) * generator.uniform(0.0, 0.04))):
            words[place] = f"w{generator.randrange(10**6)}"
        copies.append(Document(" ".join(words), id=f"{document.id}/edited"))
    return copies


def found_pairs(documents: Sequence[Document]) -> set[tuple[str, str]]:
    """The pairs that the index calls near copies."""
    with open_index(":memory:") as index:
        index.add_many(documents)
        return {
            (str(document.id), match.id)
            for document, found in zip(documents, index.near_copies_many(documents), strict=True)
            for match in found
        }


def lsh_pairs(documents: Sequence[Document], threshold: float) -> set[tuple[str, str]]:
    """The pairs that datasketch's LSH calls candidates."""
    from datasketch import MinHash, MinHashLSH

    lsh, hashes = MinHashLSH(threshold=threshold, num_perm=128), {}
    for document in documents:
        words = document.text.split()
        hashes[document.id] = MinHash(num_perm=128)
        hashes[document.id].update_batch({" ".join(words[k : k + 5]).encode() for k in range(len(words) - 4)})
        lsh.insert(document.id, hashes[document.id])
    return {(str(id), other) for id, made in hashes.items() for other in lsh.query(made) if other != id}


def measure_near(sample: int) -> None:
    """Recall and precision of near copies against brute force."""
    generator = random.Random(7)
    human = [Document(plain(document.text), id=document.id) for document in generator.sample(load()[0], sample or 1_000)]
    human = [document for document in human if len(document.text.split()) >= 50]
    stories = [Document(plain(row["text"]), id=row["id"]) for row in read("stories")]
    groups = {"human and edited": human + edited(human, generator)}
    groups["samestory_2018"] = [document for document in stories if str(document.id).startswith("samestory")]
    for name, documents in groups.items():
        fives = exact_pairs(documents, 5)
        eights = {pair for pair, (_, overlap) in exact_pairs(documents, 8).items() if overlap >= 0.5}
        alike = {pair for pair, (jaccard, _) in fives.items() if jaccard >= 0.8}
        near = {pair for pair, (jaccard, overlap) in fives.items() if jaccard >= 0.5 or overlap >= 0.5}
        loose = {pair for pair, (jaccard, overlap) in fives.items() if overlap >= 0.4}
        ways = {"index": found_pairs(documents), "LSH 0.5": lsh_pairs(documents, 0.5), "LSH 0.7": lsh_pairs(documents, 0.7)}
        for way, answer in ways.items():
            told = {(a, b) for a, b in {tuple(sorted(pair)) for pair in answer}}
            told = {pair if pair in fives else pair[::-1] for pair in told}
            print(
                f"{name:17} {way:8} pairs {len(told):6}  recall at Jaccard 0.8: {len(told & alike) / max(1, len(alike)):.4f}"
                f" of {len(alike)}"
                f"  precision {len(told & near) / max(1, len(told)):.4f} (overlap 0.4: {len(told & loose) / max(1, len(told)):.4f})"
                f"  F1 to 8-word overlap 0.5: {2 * len(told & eights) / max(1, len(told) + len(eights)):.4f}"
            )


def recombined(count: int) -> Iterator[Document]:
    """New texts of about 350 words, of sentences from all human articles and words of their own."""
    generator = random.Random(11)
    sentences = [line for document in load()[0][:6000] for line in re.split(r"(?<=[.!?])\s+", document.text) if 40 < len(line) < 300]
    for k in range(count):
        parts = [f"{generator.choice(sentences)} n{generator.randrange(10**7)}" for _ in range(12)]
        yield Document(" ".join(parts), id=f"https://news.example/{k:07}")


def measure_speed(count: int, where: str) -> None:
    """Sketches a second beside datasketch, then claims a second and bytes a document as an index grows."""
    count = count or 20_000
    pool = list(recombined(2_000))
    rates = {"ours": lambda: sketch(pool), "datasketch": lambda: datasketch_batch(pool)}
    took = {name: min(timed(run) for _ in range(2)) for name, run in rates.items()}
    ours, theirs = 2_000 / took["ours"], 2_000 / took["datasketch"]
    print(f"sketches end to end: {ours:.0f}/s, datasketch {theirs:.0f}/s, {ours / theirs:.2f} times")
    with tempfile.TemporaryDirectory() as folder, open_index(where or f"{folder}/near.sqlite") as index:
        base = index.info().bytes
        taken, since, worked, start, done = 0.0, 0.0, 0.0, time.perf_counter(), 0
        documents = recombined(count)
        while batch := list(islice(documents, 1_000)):
            sketches = sketch(batch)
            begin, busy = time.perf_counter(), time.process_time()
            index.claim(batch, sketches)
            taken, worked = taken + time.perf_counter() - begin, worked + time.process_time() - busy
            done += len(batch)
            if done % max(1_000, count // 5) == 0:
                size = (index.info().bytes - base) / len(index)
                rate, cpu = count // 5 / (taken - since), done / worked
                print(
                    f"{done:8} documents: {rate:.0f} query-and-add/s ({cpu:.0f} a second of CPU), {size:.0f} bytes a document", flush=True
                )
                since = taken
        print(f"with splitting and sketching {count / (time.perf_counter() - start):.0f}/s")
        asked = list(islice(recombined(count), 200))
        for name, ask in (("near_copies", index.near_copies), ("sources", index.sources)):
            print(f"{name}: {timed(lambda ask=ask: [ask(document.text) for document in asked]) / 200 * 1000:.1f} ms a text, one by one")


def timed(run: Callable[[], object]) -> float:
    """How many seconds something takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def datasketch_batch(documents: Sequence[Document]) -> None:
    """Signatures by datasketch's own batch path, with its default hash, of lower-case 5-word runs."""
    from datasketch import MinHash

    sets = []
    for document in documents:
        words = re.findall(r"\w+", document.text.lower())
        sets.append([" ".join(words[k : k + 5]).encode() for k in range(len(words) - 4)])
    MinHash.bulk(sets, num_perm=128)


def main() -> None:
    """Run the part that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["near", "sources", "speed"])
    parser.add_argument("--sample", type=int, default=0, help="so many documents only")
    parser.add_argument("--fit", action="store_true", help="also fit the coefficients of sources.py anew")
    parser.add_argument("--where", default="", help="an index to fill for `speed`, instead of a new SQLite file")
    arguments = parser.parse_args()
    if arguments.part == "sources":
        measure_sources(arguments.sample, arguments.fit)
    elif arguments.part == "near":
        measure_near(arguments.sample)
    else:
        measure_speed(arguments.sample, arguments.where)


if __name__ == "__main__":
    main()
