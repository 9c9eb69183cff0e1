"""The index against slow, obvious ways to say the same."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.document import Document
from classifier.errors import InputError
from classifier.index import Index, open_index
from classifier.index.postings import Postings, entries, look_up
from classifier.index.sketch import PERMUTATIONS, SCHEME, SEED, SHINGLE_WORDS, jaccard, pack, shingles, signatures, sketch, unpack
from classifier.words import split, split_many

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*/*.txt"))
WORDS = [
    f"{head}{tail}" for head in ("bar", "cor", "del", "fen", "gar", "hol", "mar", "tor") for tail in ("ane", "ick", "olt", "ury", "wen")
]


@pytest.fixture(scope="module")
def seeds() -> list[Document]:
    return [Document(path.read_text(encoding="utf-8"), id=path.stem) for path in SEEDS]


def prose(words: int, seed: int) -> str:
    generator = random.Random(seed)
    return " ".join(generator.choice(WORDS) for _ in range(words))


def exact_jaccard(left: str, right: str) -> float:
    sets = []
    for text in (left, right):
        words = text.lower().split()
        sets.append({tuple(words[k : k + SHINGLE_WORDS]) for k in range(len(words) - SHINGLE_WORDS + 1)})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@given(st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=900), max_size=4))
@settings(max_examples=40, deadline=None)
def test_signatures_are_those_that_datasketch_computes(sets: list[list[int]]) -> None:
    found = signatures([np.array(hashes, dtype=np.uint32) for hashes in sets])

    for hashes, signature in zip(sets, found, strict=True):
        oracle = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME, hashfunc=int)
        oracle.update_batch(hashes)
        assert signature.tolist() == oracle.hashvalues.tolist()


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=12), max_size=6))
@settings(deadline=None)
def test_shingles_are_the_distinct_runs_of_words(texts: list[list[str]]) -> None:
    found = shingles([piece.hash for piece in split_many([" ".join(words) for words in texts])])

    for words, hashes in zip(texts, found, strict=True):
        runs = {tuple(words[k : k + SHINGLE_WORDS]) for k in range(max(1, len(words) - SHINGLE_WORDS + 1))} if words else set()
        assert len(set(hashes.tolist())) == len(hashes) == len(runs)


@pytest.mark.parametrize("kept", [30, 150, 300, 450, 600])
def test_the_estimate_is_near_the_exact_jaccard_similarity(kept: int) -> None:
    left = prose(600, seed=1)
    right = " ".join(left.split()[:kept]) + " " + prose(600 - kept, seed=2)
    sketches = sketch([Document(left), Document(right)])

    assert jaccard(sketches[:1], sketches[1:])[0] == pytest.approx(exact_jaccard(left, right), abs=0.12)


def test_a_sketch_does_not_depend_on_its_batch(seeds: list[Document]) -> None:
    alone = [sketch([document])[0].tobytes() for document in seeds]

    assert [piece.tobytes() for piece in sketch(seeds)] == alone


def test_packed_sketches_come_back_as_they_were(seeds: list[Document]) -> None:
    sketches = sketch([Document(""), Document("One."), *seeds])

    assert unpack(pack(sketches)).tobytes() == sketches.tobytes()


@given(
    st.lists(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 50)), max_size=8), max_size=8), st.lists(st.integers(0, 10), max_size=5)
)
@settings(deadline=None)
def test_postings_find_what_a_scan_finds(runs: list[list[tuple[int, int]]], keys: list[int]) -> None:
    postings = Postings()
    for run in runs:
        pairs = np.array(run, dtype=np.int64).reshape(-1, 2)
        postings.add(entries(pairs[:, :1].astype(np.uint32) << 4, pairs[:, 1]))
    hits = look_up(postings.runs, np.array(keys, dtype=np.uint32) << 4, most=100)

    scan = sorted((place, n) for place, key in enumerate(keys) for run in runs for k, n in run if k == key)
    assert hits.holders.tolist() == [sum(place == p for p, _ in scan) for place in range(len(keys))]
    assert sorted(zip(hits.position.tolist(), hits.number.tolist(), strict=True)) == scan


def test_of_very_many_holders_the_first_are_found() -> None:
    run = entries(np.full((50, 1), 16, dtype=np.uint32), np.arange(50))
    hits = look_up([run], np.array([16], dtype=np.uint32), most=3)

    assert (hits.holders.tolist(), hits.number.tolist()) == ([50], [0, 1, 2])


def test_every_seed_finds_itself_and_nothing_else(index: Index, seeds: list[Document]) -> None:
    index.add_many(seeds)

    for document in seeds:
        matches = index.near_copies(document.text)
        assert [(match.id, match.similarity) for match in matches] == [(document.id, 1.0)]


def test_a_document_is_not_matched_with_itself(index: Index, seeds: list[Document]) -> None:
    index.add_many(seeds)

    assert index.near_copies(seeds[0]) == []


def test_layout_case_and_accents_do_not_hide_a_copy(index: Index) -> None:
    text = "The café in Orvale closed on Monday, its owner said. Forty people lost their jobs at the harbor."
    index.add("a", text)

    assert index.near_copies(text.upper().replace(" ", "\n").replace("É", "e"))[0].similarity == 1.0


def test_a_copy_is_found_within_boilerplate(index: Index) -> None:
    story = prose(200, seed=3)
    index.add("story", story)
    page = f"{prose(60, seed=4)}\n\n{story}\n\n{prose(90, seed=5)}"

    assert [match.id for match in index.near_copies(page)] == ["story"]


def test_a_copy_of_which_a_fifth_was_changed_is_found_within_boilerplate(index: Index) -> None:
    story = prose(200, seed=3).split()
    index.add("story", " ".join(story))
    page = f"{prose(60, seed=4)} {' '.join(story[:160])} {prose(90, seed=5)}"

    assert [match.id for match in index.near_copies(page)] == ["story"]


def test_a_few_words_within_a_very_long_text_are_no_copy(index: Index) -> None:
    story = prose(40, seed=3)
    index.add("story", story)

    assert index.near_copies(f"{prose(400, seed=4)} {story} {prose(400, seed=5)}") == []


def test_a_text_without_words_is_a_copy_of_nothing(index: Index) -> None:
    assert index.add_if_new("first", "") is None
    assert index.add_if_new("second", " \n… ") is None
    assert index.near_copies("") == []


def test_a_very_short_text_matches_only_its_like(index: Index) -> None:
    index.add("a", "Page not found")

    assert [match.id for match in index.near_copies("PAGE NOT FOUND!")] == ["a"]
    assert index.near_copies("Page not lost") == []


def test_a_text_is_new_once(index: Index) -> None:
    text = prose(100, seed=6)

    assert index.add_if_new("first", text) is None
    match = index.add_if_new("second", text)
    assert match is not None
    assert (match.id, match.similarity, len(index)) == ("first", 1.0, 1)


def test_a_known_id_is_not_new_whatever_its_text(index: Index) -> None:
    index.add("a", prose(100, seed=7))

    match = index.add_if_new("a", prose(100, seed=8))
    assert match is not None
    assert (match.id, len(index)) == ("a", 1)


def test_claiming_many_gives_what_claiming_one_by_one_gives(index: Index) -> None:
    texts = [prose(80, seed=k % 7) for k in range(20)]
    documents = [Document(text, id=f"d{k % 17}") for k, text in enumerate(texts)]
    with open_index(":memory:") as other:
        one_by_one = [other.add_if_new(str(document.id), document.text) for document in documents]

    assert index.add_many_if_new(documents) == one_by_one


def test_claiming_many_names_the_match_that_claiming_one_by_one_names(index: Index) -> None:
    words = prose(200, seed=5).split()
    variants = [" ".join([*words[: 200 - 9 * k], *prose(9 * k, seed=k).split()]) for k in (12, 5, 0, 1, 8)]
    stored, documents = Document(variants[0], id="stored"), [Document(text, id=f"d{k}") for k, text in enumerate(variants[1:] * 2)]
    documents.insert(1, Document(prose(200, seed=6), id="z"))
    documents.insert(2, Document(f"{prose(160, seed=6)} {prose(40, seed=7)}", id="a"))
    with open_index(":memory:") as other:
        other.add_many([stored])
        one_by_one = [other.add_if_new(str(document.id), document.text) for document in documents]
    index.add_many([stored])

    assert index.add_many_if_new(documents) == one_by_one
    assert len({match.id for match in one_by_one if match}) > 1


def test_a_copy_of_what_was_not_stored_is_new(index: Index) -> None:
    words = prose(200, seed=5).split()
    between = [*prose(40, seed=6).split(), *words[40:]]
    far = [*between[:150], *prose(50, seed=7).split()]
    index.add("stored", " ".join(words))
    answers = index.add_many_if_new([Document(" ".join(between), id="between"), Document(" ".join(far), id="far")])

    assert [answer and answer.id for answer in answers] == ["stored", None]
    assert "between" not in index


def test_long_texts_are_looked_at_a_few_at_a_time(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.index.index._MOST_CHARACTERS", 1_000)
    read: list[int] = []

    def documents() -> Iterator[Document]:
        for k in range(6):
            read.append(len(index))
            yield Document(prose(100, seed=k), id=f"d{k}")

    assert index.add_many(documents()) == 6
    assert read == [0, 0, 2, 2, 4, 4]


def test_the_newer_text_of_an_id_takes_the_place_of_the_older(index: Index) -> None:
    index.add("a", prose(100, seed=9))
    index.add("a", prose(100, seed=10))

    assert index.near_copies(prose(100, seed=9)) == []
    assert [match.id for match in index.near_copies(prose(100, seed=10))] == ["a"]
    assert len(index) == 1


def test_two_documents_of_one_batch_with_one_id_leave_the_later(index: Index) -> None:
    index.add_many([Document(prose(100, seed=9), id="a"), Document(prose(100, seed=10), id="a")])

    assert index.near_copies(prose(100, seed=9)) == []
    assert len(index) == 1


def test_a_removed_document_is_not_found(index: Index) -> None:
    index.add("a", prose(100, seed=11))

    assert index.remove("a") is True
    assert index.remove("a") is False
    assert index.near_copies(prose(100, seed=11)) == []
    assert index.add_if_new("b", prose(100, seed=11)) is None


def test_documents_expire_by_the_time_they_were_added(clocked: tuple[Index, list[float]]) -> None:
    index, now = clocked
    index.add("old", prose(100, seed=12))
    now[0] += 3_600
    index.add("new", prose(100, seed=13))

    assert index.expire(timedelta(minutes=30)) == 1
    assert index.near_copies(prose(100, seed=12)) == []
    assert len(index) == 1


def test_exactly_one_of_several_threads_claims_a_text(index: Index) -> None:
    texts = [prose(60, seed=k) for k in range(100, 130)]
    claims: list[str] = []

    def crawl(name: str) -> None:
        claims.extend(text for k, text in enumerate(texts) if index.add_if_new(f"{name}-{k}", text) is None)

    threads = [threading.Thread(target=crawl, args=(f"crawler{k}",)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(claims) == sorted(texts)


def test_a_document_without_an_id_cannot_be_added(index: Index) -> None:
    with pytest.raises(InputError, match="needs an id"):
        index.add_many([Document("A text.")])


def test_info_counts_documents_and_bytes(index: Index) -> None:
    empty = index.info()
    index.add_many(Document(prose(100, seed=k), id=f"d{k}") for k in range(100))
    info = index.info()

    assert (empty.documents, info.documents) == (0, 100)
    assert info.bytes > empty.bytes


def test_removed_documents_and_newer_texts_are_counted_right(index: Index) -> None:
    index.add_many(Document(prose(100, seed=k), id=f"d{k}") for k in range(10))
    index.add("d3", prose(100, seed=99))
    index.add_if_new("d4", prose(100, seed=98))
    index.remove("d5")
    index.remove("d5")
    index.add_many([Document(prose(100, seed=20), id="new"), Document(prose(100, seed=21), id="new")])

    assert len(index) == 10
    assert sum(f"d{k}" in index for k in range(10)) == 9


def test_an_index_knows_its_ids(index: Index) -> None:
    index.add("a", prose(100, seed=14))

    assert "a" in index
    assert "b" not in index


@pytest.mark.parametrize("place", ["", "near\0.sqlite", "ftp://near.example/a"])
def test_a_place_that_is_none_is_refused(place: str) -> None:
    with pytest.raises(InputError, match="no place for an index"):
        open_index(place)


def test_a_path_is_a_place(tmp_path: Path) -> None:
    with open_index(tmp_path / "near.sqlite") as index:
        assert index.info().where == str(tmp_path / "near.sqlite")


def test_an_id_that_is_no_text_cannot_be_removed(index: Index) -> None:
    with pytest.raises(InputError, match="a str, not 5"):
        index.remove(5)  # type: ignore[arg-type]


@given(st.text(max_size=200), st.text(max_size=200))
@settings(deadline=None)
def test_any_text_can_be_added_and_asked_for(text: str, other: str) -> None:
    with open_index(":memory:") as index:
        index.add("a", text)
        matches = index.near_copies(text)
        assert [match.id for match in matches] == (["a"] if len(split(text)) else [])
        assert all(0.0 <= match.similarity <= 1.0 for match in index.near_copies(other))


@pytest.fixture(params=["memory", "sqlite"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return ":memory:" if request.param == "memory" else str(tmp_path / "near.sqlite")


@pytest.fixture
def clocked(where: str) -> Iterator[tuple[Index, list[float]]]:
    now = [1_000_000.0]
    with open_index(where, clock=lambda: now[0]) as index:
        yield index, now


@pytest.fixture
def index(where: str) -> Iterator[Index]:
    with open_index(where) as index:
        yield index


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_document_that_was_replaced_many_times_is_still_found(kind: str, tmp_path: Path) -> None:
    text = prose(200, 1)
    with open_index(":memory:" if kind == "memory" else str(tmp_path / "index.sqlite"), as_is=True) as index:
        missed = []
        for turn in range(130):
            index.add("page", text)
            if [match.id for match in index.near_copies(text)] != ["page"]:
                missed.append(turn)
        claimed = index.add_if_new("copy of it", text)

    assert not missed
    assert claimed is not None


def test_replaced_and_expired_documents_change_nothing_for_the_others(where: str, seeds: list[Document], monkeypatch) -> None:
    monkeypatch.setattr("classifier.index.segments.TAIL", 30)  # so that some that are gone lie in segments
    told = next(seed for seed in seeds if seed.id == "council-flood-wall-vote")
    words = told.text.split(" ")
    retold = " ".join(f"{word} really" if place % 3 == 2 else word for place, word in enumerate(words))
    others = [seed for seed in seeds if seed.id != told.id][:20]
    now = [0.0]
    with open_index(":memory:") as fresh, open_index(where, clock=lambda: now[0]) as used:
        fresh.add_many([*others, told])
        for turn in range(70):
            now[0] = 3600.0 * turn
            used.add(str(told.id), told.text)
            used.add(f"gone {turn}", told.text)
            used.expire(timedelta(minutes=30))
        used.add_many([*others, told])
        used.remove("gone 69")

        assert len(used) == len(fresh)
        assert used.sources(retold) == fresh.sources(retold) != []


def test_a_copy_within_boilerplate_is_found_however_often_the_story_was_replaced(where: str) -> None:
    story = prose(120, seed=1)
    page = f"{prose(200, seed=2)}\n\n{story}\n\n{prose(150, seed=3)}"
    with open_index(where, as_is=True) as index:
        index.add_many(Document(f"Filler of another kind number {k}", id=f"filler {k}") for k in range(60))
        for _ in range(40):
            index.add("story", story)

        assert [match.id for match in index.near_copies(page)] == ["story"]


def test_a_source_is_found_however_often_it_was_replaced(where: str, seeds: list[Document], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.index.sources.COMMON", 20)
    words = seeds[0].text.split(" ")
    retold = " ".join(f"{word} really" if place % 3 == 2 else word for place, word in enumerate(words))
    with open_index(where) as index:
        index.add_many(seeds)
        for _ in range(30):
            index.add(str(seeds[0].id), seeds[0].text)

        assert seeds[0].id in {match.id for match in index.sources(retold)}


def test_deleted_documents_do_not_make_a_term_common(where: str, seeds: list[Document]) -> None:
    asked = [Document(seeds[0].text)]
    with open_index(":memory:") as fresh, open_index(where) as used:
        fresh.add_many(seeds)
        used.add_many(seeds)
        for _ in range(20):
            used.add(str(seeds[0].id), seeds[0].text)
        (expected,), (found,) = fresh.retold(asked), used.retold(asked)

    assert found[0].weights.tolist() == expected[0].weights.tolist()
    assert np.allclose(found[2], expected[2])


def test_a_store_tells_which_of_some_numbers_are_deleted(index: Index) -> None:
    index.add_many(Document(prose(20, seed=k), id=f"d{k}") for k in range(30))
    for k in (3, 7, 8):
        index.remove(f"d{k}")
    store = index._store

    assert store.deleted() == 3
    for asked in ([], [4], [1, 4, 8], list(range(1, 31))):
        assert store.gone(np.array(asked, dtype=np.int64)).tolist() == [number for number in asked if number in {4, 8, 9}]


def test_deleted_documents_leave_an_index_in_memory() -> None:
    with open_index(":memory:") as index:
        index.add("a", prose(200, 1))
        before = index.info().bytes
        for seed in range(60):
            index.add("a", prose(200, seed))

        assert index.info().bytes < 3 * before


def test_a_copy_within_a_batch_is_told_however_many_known_ids_share_its_text(index: Index) -> None:
    index.add_many(Document(prose(100, seed=k), id=f"known {k}") for k in range(33))
    same = [Document(prose(100, seed=99), id=f"known {k}") for k in range(33)]
    answers = index.add_many_if_new([*same, Document(prose(100, seed=99), id="new"), Document(prose(100, seed=99), id="newer")])

    assert answers[33] is None
    assert answers[34] is not None
    assert answers[34].id == "new"


def test_what_is_shared_is_told_as_it_stands_in_the_text(index: Index, seeds: list[Document]) -> None:
    source = next(seed for seed in seeds if seed.id == "council-flood-wall-vote")
    prompt = " Sign up for our free newsletter and get the best stories in your inbox every morning. "
    half = source.text.index(". ", len(source.text) // 2) + 1
    page = f"{source.text[:half]}{prompt}{source.text[half:]}"
    index.add("source", source.text)
    (match,) = index.sources(page, {"source": source.text})

    assert match.evidence
    assert all(shared.text == page[shared.start : shared.end] for shared in match.evidence)


def test_an_id_without_end_is_refused(index: Index) -> None:
    with pytest.raises(InputError, match="70,000 characters"):
        index.add("x" * 70_000, prose(60, seed=1))


@pytest.mark.parametrize("method", ["add_many", "add_many_if_new"])
@pytest.mark.parametrize("bad", [Document("A text."), Document("A text.", id="x" * 10_001), "A text."])
def test_of_a_list_with_one_document_that_cannot_be_stored_none_is(index: Index, method: str, bad: Document) -> None:
    documents = [Document(prose(20, seed=k), id=f"d{k}") for k in range(300)]
    with pytest.raises(InputError):
        getattr(index, method)([*documents, bad])

    assert len(index) == 0
