"""How sketches are made, written down with every index, so that one made otherwise is refused and never misread."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

from classifier.document import Document
from classifier.errors import IndexFormatError
from classifier.index import background
from classifier.index.background import KEY_BITS
from classifier.index.sketch import BAND_ROWS, BANDS, PERMUTATIONS, SCHEME, SEED, SHINGLE_WORDS, sketch
from classifier.index.terms import TERMS

FORMAT = 6  # of the tables and keys of the stores
NORMALIZER = 1  # of `words`: what a word is and how it is folded; the known answer tells when this number was forgotten
_KNOWN = (
    "The ferry to Orvale stopped on 14 March 2019, Marit Quellander told reporters at Saint-Brisk harbor: “We’ve no captain left.”",
    "Повторный café ½ ﬁn № 7",
)


@cache
def rule() -> Mapping[str, str]:
    """The rule of this version of the package, by name."""
    return {
        "format": str(FORMAT),
        "scheme": SCHEME,
        "seed": str(SEED),
        "permutations": str(PERMUTATIONS),
        "bands": f"{BANDS} of {BAND_ROWS}",
        "shingle": f"{SHINGLE_WORDS} words",
        "terms": str(TERMS),
        "key bits": str(KEY_BITS),
        "normalizer": str(NORMALIZER),
        "background": _digest(background.shipped().keys.tobytes() + background.shipped().shares.tobytes()),
        "known answer": _digest(sketch([Document(text) for text in _KNOWN]).tobytes()),
    }


def check(where: str, found: Mapping[str, str]) -> None:
    """Refuse an index that was made by another rule.

    Raises:
        IndexFormatError: names what differs.
    """
    differing = [name for name in rule() if found.get(name) != rule()[name]]
    if not differing:
        return
    what = "; ".join(f"{name} is {found.get(name, 'missing')}, here {rule()[name]}" for name in differing)
    raise IndexFormatError(f"{where}: made by another rule or version: {what}. Make the index anew from the texts.")


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()
