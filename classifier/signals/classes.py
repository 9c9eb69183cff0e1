"""The classes of words that signals count, told by one look-up a word."""

from __future__ import annotations

from classifier.document import Batch, once
from classifier.words import Tags, WordClasses

FIRST, SECOND, THIRD, PAST, PRESENT, MODAL, LINKS, TIMES = (1 << bit for bit in range(8))  # the profile: no word is in two of them
ADDRESS, TOOL, SAID, SAYS, CITED, INQUIRED, EXCLUSIVE = (1 << bit for bit in range(8, 15))
_CLASSES = WordClasses(
    "i i'm i've i'd i'll my mine myself",
    "you your yours yourself you're you'll you've you'd",
    "he she him her his hers they them their",
    "was were had did said told went came took made got gave found left kept began became saw held brought",
    "is are has does do have says tells goes comes takes makes gets gives finds leaves keeps offers provides helps",
    "will can could should would may might must shall can't won't",
    "while as which amid despite furthermore moreover additionally however meanwhile overall ultimately including",
    "yesterday today tonight morning afternoon evening night week weekend earlier later ago",
    "http https www",
    "oaicite contentreference oai utm grok",
    "said",
    "says say",
    "reported reports reporting notes noted writes wrote quoted cites citing published according per",
    "reached contacted spoke understands learned asked obtained reviewed interviewed visited approached requested emailed seen",
    "exclusive exclusively exclusives",
)


@once
def classes(batch: Batch) -> Tags:
    """Bits of the classes that each word belongs to."""
    return _CLASSES.of(batch.words.hash)
