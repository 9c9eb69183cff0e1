"""Texts that stand more than once among labels, by their words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from classifier.training.examples import Example
from classifier.training.fit import families

_WORD = re.compile(r"\w+")


def alike(examples: Sequence[Example]) -> list[list[Example]]:
    """The examples, those of the same words together; neither case nor what stands between words counts."""
    found: dict[str, list[Example]] = {}
    for example in examples:
        found.setdefault(_words(example.text), []).append(example)
    return list(found.values())


def join(examples: Sequence[Example]) -> list[Example]:
    """The examples with such families, or ids where they name none, that no split parts texts of the same words, nor their families."""
    keys = families(examples)
    leads = {key: key for key in keys}
    first: dict[str, str] = {}
    for example, key in zip(examples, keys, strict=True):
        other = first.setdefault(_words(example.text), key)
        leads[_end(leads, key)] = _end(leads, other)
    ends = [_end(leads, key) for key in keys]
    return [replace(one, family=end) if one.family else replace(one, id=end) for one, end in zip(examples, ends, strict=True)]


def told(examples: Sequence[Example]) -> str:
    """How many texts are doubles, and how many of those are labelled both ways, as a sentence; nothing where there are none."""
    doubles = [group for group in alike(examples) if len(group) > 1]
    contrary = [group for group in doubles if len({example.label for example in group}) > 1]
    count, odd = sum(map(len, doubles)), sum(map(len, contrary))
    return f"{count} texts are doubles, of the same words as another; {odd} of these carry contradicting labels." if count else ""


def _words(text: str) -> str:
    words = " ".join(_WORD.findall(text.casefold())) or text
    return sha256(words.encode("utf-8", "surrogatepass")).hexdigest()  # of a large corpus the words themselves would fill the memory


def _end(leads: dict[str, str], key: str) -> str:
    while leads[key] != key:
        key = leads[key]
    return key
