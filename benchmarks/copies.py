"""Measures the index and stories: near copies, sources of rewrites, events, speed and growth. `python -m benchmarks.copies --help`."""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from math import comb
from pathlib import Path

import numpy as np

from classifier.document import Document
from classifier.index import Index, open_index, sources
from classifier.index.articles import articles
from classifier.index.sketch import shingles, sketch
from classifier.stories import Story, find_stories
from classifier.stories.events import group, relate
from classifier.words import split_many

RESULTS = Path(__file__).parent / "results" / "copies.json"
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
        return frozenset(shingles([next(split_many([self._texts[id]])).hash])[0].tolist())

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


def is_full(pair: Pair, source: str) -> bool:
    """Whether a rewrite is one of the whole text: no refusal, no fragment that begins within a sentence or has few of its words."""
    text, words = pair.document.text, len(pair.document.text.split())
    return words >= 40 and words >= len(source.split()) / 4 and not REFUSAL.search(text[:300]) and not text.lstrip()[:1].islower()


def measure_sources(sample: int) -> dict:
    """Recall at 1 and claims over rewrites, false claims over human articles, in a pool of all human articles."""
    human, pairs = load()
    generator = random.Random(5)
    asked = generator.sample(pairs, min(sample or len(pairs), len(pairs)))
    others = generator.sample(human, min(sample or len(human), len(human)))
    overlap, texts = Overlap(human), {str(document.id): document.text for document in human}
    index = open_index(":memory:", as_is=True)
    index.add_many(human)
    start = time.process_time()
    found = list(best(index, [pair.document for pair in asked], overlap, unrelated=False))
    rate = len(asked) / (time.process_time() - start)
    right = np.array([id is not None and overlap.of(id, pair.source) >= SAME for (id, _), pair in zip(found, asked, strict=True)])
    nearest = list(best(index, others, overlap, unrelated=True))
    positive, negative = np.array([f for _, f in found]), np.array([f for _, f in nearest])
    claimed, false = (sources.sureness(part) >= sources.CLAIMED for part in (positive, negative))
    full = np.array([is_full(pair, texts[pair.source]) for pair in asked])
    result = {
        "pool": len(human),
        "rewrites": len(asked),
        "full_rewrites": int(full.sum()),
        "right_source_first": share(right),
        "right_source_first_of_full": share(right[full]),
        "right_source_claimed_of_full": share((claimed & right)[full]),
        "wrong_source_claimed": share(claimed & ~right),
        "human_articles_with_a_false_claim": share(false),
        "questions_a_second_of_cpu": round(rate),
        "first_by_data_set": {name: share(right[[pair.dataset == name for pair in asked]]) for name in sorted({p.dataset for p in asked})},
    }
    return result | {"others": other_finders(human, asked, full, overlap)}


def other_finders(human: list[Document], asked: list[Pair], full: np.ndarray, overlap: Overlap) -> dict:
    """What datasketch's LSH and a brute-force cosine of TF-IDF find of the full rewrites' sources."""
    chosen = [pair for pair, whole in zip(asked, full, strict=True) if whole]
    told = {f"lsh_{threshold}_holds_source": share(lsh_finds(human, chosen, threshold, overlap)) for threshold in (0.5, 0.7)}
    return told | {"tfidf_first": share(tfidf_first(human, chosen, overlap))}


def lsh_finds(human: list[Document], asked: list[Pair], threshold: float, overlap: Overlap) -> np.ndarray:
    """For each rewrite, whether datasketch's LSH gives its source among the candidates."""
    from datasketch import MinHash, MinHashLSH

    lsh = MinHashLSH(threshold=threshold, num_perm=128)
    for document, made in zip(human, MinHash.bulk(five_runs(human), num_perm=128), strict=True):
        lsh.insert(document.id, made)
    queries = MinHash.bulk(five_runs([pair.document for pair in asked]), num_perm=128)
    return np.array([any(overlap.of(id, pair.source) >= SAME for id in lsh.query(q)) for pair, q in zip(asked, queries, strict=True)])


def tfidf_first(human: list[Document], asked: list[Pair], overlap: Overlap) -> np.ndarray:
    """For each rewrite, whether the human article with the highest cosine of TF-IDF is its source."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=1, max_df=0.05, dtype=np.float32)
    pool = vectorizer.fit_transform([document.text for document in human]).T.tocsc()
    right = []
    for begin in range(0, len(asked), 200):
        part = asked[begin : begin + 200]
        first = (vectorizer.transform([pair.document.text for pair in part]) @ pool).toarray().argmax(axis=1)
        right += [overlap.of(human[k].id, pair.source) >= SAME for k, pair in zip(first.tolist(), part, strict=True)]
    return np.array(right)


def share(chosen: np.ndarray) -> float:
    """The share of what is true."""
    return round(float(np.mean(chosen)), 4) if len(chosen) else 0.0


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
    with open_index(":memory:", as_is=True) as index:
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


def measure_near(sample: int) -> dict:
    """Recall and precision of near copies against brute force, and what boilerplate around the texts does to it."""
    generator = random.Random(7)
    human = [Document(plain(document.text), id=document.id) for document in generator.sample(load()[0], sample or 1_000)]
    human = [document for document in human if len(document.text.split()) >= 50]
    stories = [Document(plain(row["text"]), id=row["id"]) for row in read("stories")]
    groups = {"human and edited": human + edited(human, generator)}
    groups["samestory_2018"] = [document for document in stories if str(document.id).startswith("samestory")]
    result = {name: near_of(documents) for name, documents in groups.items()}
    return result | {"wrapped": wrapped(generator.sample(load()[0], sample or 1_000), generator)}


def near_of(documents: list[Document]) -> dict:
    """How each way of finding near copies does on some documents."""
    fives = exact_pairs(documents, 5)
    eights = {pair for pair, (_, overlap) in exact_pairs(documents, 8).items() if overlap >= 0.5}
    alike = {pair for pair, (jaccard, _) in fives.items() if jaccard >= 0.8}
    near = {pair for pair, (jaccard, overlap) in fives.items() if jaccard >= 0.5 or overlap >= 0.5}
    result = {"documents": len(documents), "pairs_at_0.8": len(alike)}
    ways = {"index": found_pairs(documents), "LSH 0.5": lsh_pairs(documents, 0.5), "LSH 0.7": lsh_pairs(documents, 0.7)}
    for way, answer in ways.items():
        told = {(a, b) if (a, b) in fives else (b, a) for a, b in {tuple(sorted(pair)) for pair in answer}}
        result[way] = {
            "recall_at_0.8": round(len(told & alike) / max(1, len(alike)), 4),
            "precision": round(len(told & near) / max(1, len(told)), 4),
            "f1_to_8_word_overlap_0.5": round(2 * len(told & eights) / max(1, len(told) + len(eights)), 4),
        }
    return result


def wrapped(human: list[Document], generator: random.Random) -> dict:
    """How many articles are found again when two sites wrap them in boilerplate of their own, as they are and without it."""
    pages = [[line["text"] for line in row["lines"] if line["label"] == "boilerplate"] for row in read("pages")]
    pages = [lines for lines in pages if 10 <= len(lines) <= 60]
    human = [document for document in human if len(document.text.split()) >= 100]

    def wrap(document: Document, site: str) -> Document:
        lines = generator.choice(pages)
        cut = generator.randrange(len(lines))
        return Document("\n".join([*lines[:cut], document.text, *lines[cut:]]), id=f"{site}/{document.id}")

    one, other = [[wrap(document, site) for document in human] for site in ("one", "other")]
    result: dict = {"articles": len(human)}
    for way, prepare in (("as_is", list), ("article_alone", lambda documents: list(articles(documents)))):
        with open_index(":memory:", as_is=True) as index:
            index.add_many(prepare(one))
            found = index.near_copies_many(prepare(other))
        wanted = [f"one/{document.id}" for document in human]
        result[way] = share(np.array([id in {match.id for match in matches} for id, matches in zip(wanted, found, strict=True)]))
    return result


def measure_stories(sample: int) -> dict:
    """Events found among news of known events and other articles, with dates and without; and five pages on one event."""
    rows = {row["id"]: row for row in read("articles") if row["dataset"] == "allsides_multi_outlet"}
    others = [document for document in load()[0] if document.id not in rows]
    others = random.Random(2).sample(others, min(len(others), sample or 4_000))
    result = {}
    for name in ("dated", "undated"):
        documents = [Document(row["text"], id=id, date=row.get("date") if name == "dated" else None) for id, row in rows.items()]
        documents = sorted([*documents, *others], key=lambda document: str(document.id))
        groups = group(len(documents), relate(documents))
        result[name] = pairwise([[rows.get(documents[k].id, {}).get("event_id") for k in places] for places in groups], rows)
    return result | {"same_story": same_story(), "five_pages": five_pages(sample or 10_000)}


def same_story() -> dict:
    """What `find_stories` makes of articles on three events, and of pairs of outlets of which one has text of the other."""
    rows = {row["id"]: row for row in read("stories")}
    found = find_stories(Document(row["text"], id=id, url=row.get("url"), date=row.get("date")) for id, row in rows.items())
    events = {id: {"event_id": row["source_id"]} for id, row in rows.items() if id.startswith("samestory")}
    told = pairwise([[events.get(member.id, {}).get("event_id") for member in story.members] for story in found], events)
    of = {member.id: k for k, story in enumerate(found) for member in story.members}
    roots = {member.id: root_of(member.id, story) for story in found for member in story.members}
    pairs = [
        (id, row["nearest_id"], row["containment"]) for id, row in rows.items() if row.get("nearest_id") in rows and "containment" in row
    ]
    reuse = {}
    for least in (0.1, 0.5):
        chosen = [(one, other) for one, other, shared in pairs if shared >= least]
        reuse[f"shared_{least}"] = {
            "pairs": len(chosen),
            "in_one_story": share(np.array([one in of and of[one] == of.get(other) for one, other in chosen])),
            "one_comes_from_the_other": share(np.array([one in of and roots[one] == roots.get(other) for one, other in chosen])),
        }
    return {"three_events": told, "reuse": reuse}


def root_of(id: str, story: Story) -> str:
    """The document that one of a story goes back to in the end; itself where it comes from none."""
    sources = {member.id: member.source for member in story.members}
    while (source := sources[id]) is not None:
        id = source
    return id


def pairwise(groups: list[list[str | None]], rows: dict) -> dict:
    """Precision and recall over pairs of articles whose events are known; the labels were never checked."""
    known = [Counter(event for event in events if event) for events in groups]
    told, right = sum(comb(events.total(), 2) for events in known), sum(comb(n, 2) for events in known for n in events.values())
    wanted = sum(comb(n, 2) for n in Counter(row["event_id"] for row in rows.values() if row.get("event_id")).values())
    return {
        "pairs": wanted,
        "precision": round(right / max(1, told), 4),
        "recall": round(right / wanted, 4),
        "f1": round(2 * right / (told + wanted), 4),
    }


def five_pages(count: int) -> dict:
    """What becomes of the five pages on one event among other articles."""
    paths = sorted((CORPORA.parent / "seeds").glob("*.txt"))
    five = [Document(path.read_text(encoding="utf-8"), id=path.name) for path in paths]
    others = random.Random(1).sample(load()[0], count)
    start = time.process_time()
    found = find_stories([*others, *five])
    seconds = time.process_time() - start
    with_them = [story for story in found if {member.id for member in story.members} & {document.id for document in five}]
    roles = {member.id: [member.role, member.source] for story in with_them for member in story.members}
    return {"others": count, "stories_with_them": len(with_them), "roles": roles, "cpu_seconds": round(seconds)}


def recombined(count: int) -> Iterator[Document]:
    """New texts of about 350 words, of sentences from all human articles and words of their own."""
    generator = random.Random(11)
    sentences = [line for document in load()[0] for line in re.split(r"(?<=[.!?])\s+", document.text) if 40 < len(line) < 300]
    for k in range(count):
        parts = [f"{generator.choice(sentences)} n{generator.randrange(10**7)}" for _ in range(12)]
        yield Document(" ".join(parts), id=f"https://news.example/{k:07}")


def measure_sketches(count: int) -> dict:
    """Sketches a second of processor time from texts to signatures, beside datasketch's batch path with its default hash."""
    pool = load()[0][: count or 2_000]
    took: dict[str, list[float]] = {"ours": [], "datasketch": []}
    for _ in range(5):
        took["ours"].append(timed(lambda: sketch(pool)))
        took["datasketch"].append(timed(lambda: datasketch_batch(pool)))
    ours, theirs = (len(pool) / float(np.median(took[name])) for name in ("ours", "datasketch"))
    return {"texts": len(pool), "ours_a_second": round(ours), "datasketch_a_second": round(theirs), "times": round(ours / theirs, 2)}


def measure_growth(count: int, where: str) -> None:
    """Claims a second and bytes a document as an index grows, kept at every mark; sketches are made beforehand."""
    count = count or 100_000
    marks = [mark for mark in (10_000, 30_000, 100_000, 300_000, 1_000_000) if mark <= count] or [count]
    result: dict = {}
    with tempfile.TemporaryDirectory() as folder, open_index(where or f"{folder}/near.sqlite", as_is=True) as index:
        base, done, times = index.info().bytes, 0, []
        documents = recombined(count)
        while batch := list(islice(documents, 1_000)):
            sketches = sketch(batch)
            begin = time.perf_counter(), time.process_time()
            index.claim(batch, sketches)
            times.append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
            done += len(batch)
            if done in marks:
                last = times[-max(8, len(times) // 5) :]
                wall, cpu = np.sum(last, axis=0)
                rates = {"a_second": round(1_000 * len(last) / wall), "a_second_of_cpu": round(1_000 * len(last) / cpu)}
                result[str(done)] = rates | {"bytes_a_document": round((index.info().bytes - base) / len(index))} | one_by_one(index)
                keep("growth_redis" if where else "growth_sqlite", result, beside=True)
                print(done, result[str(done)], flush=True)


def one_by_one(index: Index) -> dict:
    """Milliseconds of processor time a question, one text at a time."""
    asked = list(islice(recombined(1_000), 50))
    return {
        f"{name}_ms": round(timed(lambda ask=ask: [ask(document.text) for document in asked]) / len(asked) * 1_000, 1)
        for name, ask in (("near_copies", index.near_copies), ("sources", index.sources))
    }


def timed(run: Callable[[], object]) -> float:
    """How many seconds of processor time something takes."""
    start = time.process_time()
    run()
    return time.process_time() - start


def five_runs(documents: Sequence[Document]) -> list[list[bytes]]:
    """The runs of five lower-case words of each text."""
    sets = []
    for document in documents:
        words = re.findall(r"\w+", document.text.lower())
        sets.append([" ".join(words[k : k + 5]).encode() for k in range(len(words) - 4)])
    return sets


def datasketch_batch(documents: Sequence[Document]) -> None:
    """Signatures by datasketch's own batch path, with its default hash, of lower-case 5-word runs."""
    from datasketch import MinHash

    MinHash.bulk(five_runs(documents), num_perm=128)


def keep(part: str, result: dict, *, beside: bool = False) -> None:
    """Write what was found into RESULTS; `beside` what other runs found of the same part."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    kept[part] = kept.get(part, {}) | result if beside else result
    RESULTS.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Run the part that is asked for, and keep what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["near", "sources", "stories", "sketches", "growth"])
    parser.add_argument("--sample", type=int, default=0, help="so many documents only; nothing is kept then, but for growth")
    parser.add_argument("--where", default="", help="an index to fill for `growth`, redis://… say, instead of a new file")
    arguments = parser.parse_args()
    parts = {"near": measure_near, "sources": measure_sources, "stories": measure_stories, "sketches": measure_sketches}
    if arguments.part == "growth":
        measure_growth(arguments.sample, arguments.where)
        return
    result = parts[arguments.part](arguments.sample)
    print(json.dumps(result, indent=1))
    if not arguments.sample:
        keep(arguments.part, result)


if __name__ == "__main__":
    main()
