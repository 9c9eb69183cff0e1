"""Which language a text is written in, told by its smallest words."""

from __future__ import annotations

import numpy as np

from classifier.document import Batch
from classifier.words import WordClasses

ENGLISH, UNKNOWN = "en", "und"

_MINIMUM_SHARE = 0.12  # of all words; running English prose has 0.3 and more
_ENGLISH_SHARE, _AHEAD = 0.05, 3  # lists and results have fewer small words: enough, where no other language has a third as many
_SMALL_WORDS = {
    "en": "the of and to in is was for that on with as at by from it he are this have has not but they an which were their said be will "
    "you your we she if can how when who than",
    "de": "der die das und ist nicht von mit dem den ein eine zu im auf für sich des auch wird als bei nach aus war sind über hat einen",
    "fr": "le les des et est pas du une dans que pour qui sur au par plus avec ce il cette sont mais aux été ont ses elle leur ou être",
    "es": "el los las del y que en una por con para se su como más pero lo al ha este esta son entre fue también sus desde sobre ya",
    "it": "il di che è un una per non con del della sono gli nel alla anche più dei dal come ha le questo si ma delle stato loro",
    "pt": "o os da do das dos e que não uma para com em um por mais se na no ao como foi são sua pela pelo também à já",
    "nl": "de het een van en is dat niet op te zijn voor met die aan er om ook als bij maar uit naar dan werd door hij heeft",
    "sv": "och att det som en på är av för med den till inte har om ett var men från vid sig de så kan efter också under",
    "pl": "i w na z się że do nie to jest o jak po ale przez za od dla są tym był oraz został jego może przed już",
    "tr": "ve bir bu da de için ile olarak çok daha en olan gibi sonra kadar ancak ise olduğu her ne var göre",
    "id": "yang dan di dengan untuk ini itu dari dalam pada tidak akan oleh juga ke karena telah sebagai ada bisa mereka",
    "sw": "ya wa na kwa ni za katika la kuwa hiyo huo cha hii kama vya baada alisema watu bado lakini pia yake",
}


_CODES = tuple(_SMALL_WORDS)
_KNOWN = WordClasses(*_SMALL_WORDS.values())


def languages(batch: Batch) -> list[str]:
    """The ISO 639-1 code of each document's language, or `und` where none of those known here is plain."""
    spoken = _KNOWN.of(batch.words.hash)
    held = np.flatnonzero(spoken > 0)
    spoken, first = spoken[held], np.searchsorted(held, batch.first)
    counts = np.stack(
        [np.diff(np.searchsorted(np.flatnonzero((spoken & (1 << place)) > 0), first)) for place in range(len(_CODES))], axis=1
    )
    best = counts.argmax(axis=1)  # English, the first, where two are equal
    others = counts[:, 1:].max(axis=1)
    plain = counts.max(axis=1) >= _MINIMUM_SHARE * batch.sizes
    plain |= (counts[:, 0] >= _ENGLISH_SHARE * batch.sizes) & (counts[:, 0] >= _AHEAD * np.maximum(others, 1))
    plain &= batch.sizes > 0
    return [_CODES[code] if is_plain else UNKNOWN for code, is_plain in zip(best.tolist(), plain.tolist(), strict=True)]
