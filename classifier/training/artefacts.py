"""Altered copies for training: rewrites with the artefacts of chats and spinners, pages cut short, and pages without line breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from classifier.characters import LOOKALIKES
from classifier.training.examples import ALTERED, MACHINE_WORDS, Example, cut

_SHORTER = 0.75  # of the characters; a copy that keeps more teaches nothing
SHARE = 0.25  # of the machine-made rewrites get a marked copy
PROOF_SHARE = 0.05  # of the originals get one too, and are rewrites from then on
COPY_WEIGHT = 0.4  # of a text that was read, against the text
UNBROKEN = 0.5  # of the openings have lost their line breaks
WHOLE_UNBROKEN = 0.3  # of the texts that were read get a copy that has lost them and nothing else
WEIGHT = 0.6  # a copy; a text that was read weighs 1. Less, and near-proof marks would hardly count beside the wording

Draw = np.random.Generator
_END = re.compile(r"(?<=[a-z0-9])[.](?= |\n|$)")
_CAPITALISED = re.compile(r"\b[A-Z][a-z]{3,}\b")
_LEAKS = (
    "Here is the rewritten article:",
    "Here's a rewritten version of the text:",
    "Certainly! Here is the revised article:",
    "Sure, here is a paraphrased version of the article:",
    "As an AI language model, I cannot verify the facts in this article.",
    "Enrichment data:",
    "(Enrichment data added for context)",
    "I hope this rewritten version meets your requirements.",
    "Let me know if you would like any changes to the article.",
    "Rewritten in a neutral tone, about 300 words:",
)
_LABELS = ("Title:", "Headline:", "Meta description:", "Rewritten article:", "Social media:", "Keywords:")
_TOKENS = (
    "oaicite:{n}",
    ":contentReference[oaicite:{n}]",
    "turn0search{n}",
    "citeturn{n}news2",
    "utm_source=chatgpt.com",
    "\u3010{n}\u2020source\u3011",
)
_SLOTS = ("[Name]", "Dr. [Last Name]", "[insert date]", "[City]", "[Source]", "[Your Name]")
_GREETINGS = (
    "Hey folks, here's the scoop:",
    "Buckle up, folks!",
    "First things first:",
    "Let's dive in!",
    "Guess what, folks?",
    "Here's the lowdown:",
    "You won't believe this one:",
)
_GOODBYES = ("Stay tuned, folks!", "Let's keep our eyes peeled.", "What do you think? Let us know!", "So there you have it, folks.")
_EMOJI = "\U0001f61c\U0001f440\U0001f525\U0001f680\U0001f4ad\U0001f30d"
_IMITATIONS = {latin: foreign for foreign, latin in LOOKALIKES.items() if foreign.islower() and latin in "aeopcx"}


def mark(examples: Sequence[Example]) -> list[Example]:
    """Copies with the artefacts of one kind each, all of them rewrites, in the family of the text they were made from.

    Machine-made rewrites get all kinds. Some originals get what only a machine leaves behind: of rewrites alone no model would
    learn that such a mark outweighs the wording, since theirs gives them away without it.
    """
    draw = np.random.Generator(np.random.PCG64(20_260_615))
    marked = []
    for example in examples:
        markers, share = _markers(example)
        if draw.random() < share:
            text = markers[int(draw.integers(len(markers)))](example.text, draw)
            if text != example.text:
                marked.append(replace(example, text=text, label="rewrite", weight=WEIGHT, kind=ALTERED))
    return marked


def _markers(example: Example) -> tuple[Sequence[Callable[[str, Draw], str]], float]:
    """What may mark a copy of a text, and how often."""
    if example.generator and example.label == "rewrite" and not example.was_read:
        return _MARKERS, SHARE
    return _PROOFS, PROOF_SHARE if example.label == "original" and example.weight else 0.0


def shorten(examples: Sequence[Example]) -> list[Example]:
    """The openings of texts that were read, as long as the machine-made ones: else length would tell the sets apart.

    Every other one has lost its line breaks.
    """
    draw = np.random.Generator(np.random.PCG64(20_260_616))
    copies = []
    for example in examples:
        if example.was_read:
            text = cut(example.text, int(draw.integers(*MACHINE_WORDS)))
            if draw.random() < UNBROKEN:
                text = _one_line(text)
            elif len(text) >= _SHORTER * len(example.text):
                continue
            copies.append(_copy(example, text))
    return copies


def unbreak(examples: Sequence[Example]) -> list[Example]:
    """Copies of some texts that were read, without their line breaks: extractors lose them, and a label must not hang on them."""
    draw = np.random.Generator(np.random.PCG64(20_260_617))
    chosen = [example for example in examples if example.was_read and "\n" in example.text and draw.random() < WHOLE_UNBROKEN]
    return [_copy(each, _one_line(each.text)) for each in chosen]


def _copy(example: Example, text: str) -> Example:
    """A text that was read, altered; its label stays what it is."""
    return replace(example, text=text, weight=example.weight * COPY_WEIGHT, kind=ALTERED)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _numeric_marks(text: str, draw: Draw) -> str:
    often = draw.uniform(0.15, 0.9)

    def cite(match: re.Match[str]) -> str:
        if draw.random() > often:
            return match.group()
        marks = "".join(f"[{draw.integers(1, 9)}]" for _ in range(int(draw.integers(1, 4))))
        return f"{marks}." if draw.random() < 0.5 else f".{marks}"

    return _END.sub(cite, text)


def _tool_tokens(text: str, draw: Draw) -> str:
    token = _TOKENS[int(draw.integers(len(_TOKENS)))]
    return _END.sub(lambda match: f" {token.format(n=draw.integers(0, 12))}." if draw.random() < 0.3 else match.group(), text)


def _leak(text: str, draw: Draw) -> str:
    leak = _LEAKS[int(draw.integers(len(_LEAKS)))]
    return f"{leak}\n\n{text}" if draw.random() < 0.6 else f"{text}\n\n{leak}"


def _scaffold(text: str, draw: Draw) -> str:
    first, _, rest = text.partition("\n")
    label = _LABELS[int(draw.integers(len(_LABELS)))]
    return f"{label} {first}\n{rest}"


def _markdown(text: str, draw: Draw) -> str:
    paragraphs = text.split("\n\n")
    heads = ["## Background", "**Key points**", "### What it means", "**Why it matters:**", "| Point | Detail |\n|---|---|"]
    for place in range(len(paragraphs)):
        if draw.random() < 0.5:
            paragraphs[place] = f"{heads[int(draw.integers(len(heads)))]}\n{paragraphs[place]}"
    return "\n\n".join(paragraphs)


def _slots(text: str, draw: Draw) -> str:
    often = draw.uniform(0.1, 0.4)
    return _CAPITALISED.sub(lambda match: _SLOTS[int(draw.integers(len(_SLOTS)))] if draw.random() < often else match.group(), text)


def _chat(text: str, draw: Draw) -> str:
    paragraphs = [f"{_GREETINGS[int(draw.integers(len(_GREETINGS)))]} {text}"]
    paragraphs.append(_GOODBYES[int(draw.integers(len(_GOODBYES)))] + " " + _EMOJI[int(draw.integers(len(_EMOJI)))])
    return "\n\n".join(paragraphs)


def _lookalikes(text: str, draw: Draw) -> str:
    often = draw.uniform(0.02, 0.2)
    return "".join(_IMITATIONS[letter] if letter in _IMITATIONS and draw.random() < often else letter for letter in text)


def _damage(text: str, draw: Draw) -> str:
    often = draw.uniform(0.2, 0.9)
    return re.sub(r", (?=[a-z])", lambda match: "," if draw.random() < often else match.group(), text)


_MARKERS: Sequence[Callable[[str, Draw], str]] = (
    _numeric_marks,
    _numeric_marks,
    _tool_tokens,
    _leak,
    _scaffold,
    _markdown,
    _slots,
    _chat,
    _lookalikes,
    _damage,
)
_PROOFS: Sequence[Callable[[str, Draw], str]] = (_leak, _tool_tokens, _slots)
