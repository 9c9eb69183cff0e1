"""The features of the corpora's texts, measured once and kept in build/features."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from classifier.training.examples import Example
from classifier.training.features import READ, Features, Sentences, measure

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "build" / "features"
KEPT = 3  # files a data set; the oldest go, so that build/ does not grow with every change of the code

# Modules that no feature depends on: a change in them leaves the stored features valid.
_NOT_READ = {
    "cli",
    "view.py",
    "files.py",
    "reasons.py",
    "scorer.py",
    "model.py",
    "forest.py",
    "sentences.py",
    "index",
    "training",
    "stories",
    "filter",
    "report",
}
Tell = Callable[[str], None]


def features(examples: Sequence[Example], tell: Tell, store: Path = STORE) -> Features:
    """The features of the examples, in order: each data set's from its file, or measured and put there."""
    code = code_digest()
    places: dict[str, list[int]] = {}
    for place, example in enumerate(examples):
        places.setdefault(example.dataset, []).append(place)
    parts = [_of_dataset(name, [examples[row].text for row in rows], code, tell, store) for name, rows in sorted(places.items())]
    order = np.argsort(np.concatenate([rows for _, rows in sorted(places.items())]))
    matrix, pieces = (
        sp.csr_array(sp.vstack(each, format="csr")) for each in ([p.ngrams for p in parts], [p.sentences.ngrams for p in parts])
    )
    begin = np.cumsum([0, *(len(part.signals) for part in parts)])
    document = np.concatenate([part.sentences.document + first for part, first in zip(parts, begin.tolist(), strict=False)])
    return Features(matrix, np.concatenate([part.signals for part in parts]), Sentences(pieces, document))[order]


def _of_dataset(name: str, texts: Sequence[str], code: str, tell: Tell, store: Path) -> Features:
    digest = hashlib.sha256(code.encode())
    for text in texts:
        digest.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    path = store / f"{name}-{digest.hexdigest()[:16]}.npz"
    if not path.exists():
        tell(f"measuring {len(texts)} texts of {name}")
        _write(path, measure(texts, lambda done: None if done % 1000 else tell(f"  {done} of {len(texts)}")))
        for old in sorted(store.glob(f"{name}-*.npz"), key=lambda kept: -kept.stat().st_mtime)[KEPT:]:
            old.unlink(missing_ok=True)
    return _read(path)  # the first run too: the file holds n-grams in single precision, which moves some scores by .002


def _read(path: Path) -> Features:
    with np.load(path, allow_pickle=False) as stored:
        sentences = Sentences(_unpacked(stored, "sentences_"), stored["document"])
        return Features(_unpacked(stored, ""), stored["signals"], sentences)


def _unpacked(stored: Mapping[str, Any], name: str) -> sp.csr_array:
    values, columns, rows, shape = (stored[name + part] for part in ("values", "columns", "rows", "shape"))
    return sp.csr_array((values, columns, rows), shape=tuple(shape))


def _packed(matrix: sp.csr_array, name: str) -> dict[str, Any]:
    parts = (matrix.data.astype(np.float32), matrix.indices, matrix.indptr, np.array(matrix.shape))
    return dict(zip((name + part for part in ("values", "columns", "rows", "shape")), parts, strict=True))


def _write(path: Path, found: Features) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = path.with_suffix(".begun.npz")
    sentences = found.sentences
    arrays = _packed(found.ngrams, "") | _packed(sentences.ngrams, "sentences_")
    np.savez(begun, **arrays, signals=found.signals, document=sentences.document)
    begun.replace(path)


def code_digest() -> str:
    """A digest of what decides on a text's features: the package's code and lists, the line model, and numpy's version."""
    digest = hashlib.sha256(json.dumps([READ, np.__version__.split(".")[0]]).encode())
    for path in sorted(_sources()):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    package = ROOT / "classifier"
    for path in package.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.relative_to(package).parts[0] not in _NOT_READ:
            yield path
    yield package / "training" / "features.py"
    yield from (ROOT / "models").glob("lines.*")
