"""Which language a text is written in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Document
from classifier.document import read
from classifier.language import languages


def language(text):
    (code,) = languages(read([Document(text)]))
    return code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "und"),
        ("7 1984 3.5", "und"),
        ("😀 🎉", "und"),
        ("Zwlx qprt vvnk", "und"),
        ("The bridge was closed on Monday after divers found cracks in the piles.", "en"),
        ("THE BRIDGE WAS CLOSED ON MONDAY", "en"),
        ("Die Brücke wurde am Montag geschlossen, weil Taucher Risse in den Pfählen gefunden haben und das Amt nicht zahlt.", "de"),
        ("Le pont a été fermé lundi parce que des plongeurs ont trouvé des fissures dans les piliers, selon la mairie.", "fr"),
        ("El puente se cerró el lunes porque los buzos encontraron grietas en los pilares y el alcalde no está.", "es"),
        ("Il ponte è stato chiuso lunedì perché i sommozzatori hanno trovato delle crepe nei piloni della riva.", "it"),
        ("A ponte foi fechada na segunda-feira porque os mergulhadores encontraram uma fenda nos pilares do rio.", "pt"),
        ("De brug is maandag gesloten omdat duikers scheuren in de pijlers van het water hebben gevonden.", "nl"),
        ("Bron stängdes på måndagen efter att dykare hade hittat sprickor i den norra pelaren och det är inte klart.", "sv"),
        ("Köprü pazartesi günü kapatıldı ve dalgıçlar bir çatlak buldu; bu olay için rapor çok geç geldi.", "tr"),
        ("Jembatan itu ditutup pada hari Senin karena penyelam menemukan retakan di tiang dan tidak ada dana.", "id"),
    ],
)
def test_a_text_has_its_language(text, code):
    assert language(text) == code


def test_an_english_text_with_a_foreign_quotation_stays_english():
    text = "“Die Brücke ist nicht sicher,” said the mayor of the town, and the council voted to close it for a year."

    assert language(text) == "en"


def test_a_list_of_names_has_no_language():
    assert language("Okello Pell Brandt Hale Moreau Ito Novak Silva Kim Osei") == "und"


@given(st.text(max_size=100))
@settings(max_examples=60, deadline=None)
def test_any_text_has_a_language_code(text):
    code = language(text)

    assert code.isascii()
    assert 2 <= len(code) <= 3


TONGUES = ("", "7 1984", "The rain was on the town.", "Der Regen ist nicht auf dem See.", "Le pont est dans la ville.", "Okello Pell", "!?")


@given(st.lists(st.sampled_from(TONGUES), max_size=8))
@settings(max_examples=40, deadline=None)
def test_each_text_of_a_batch_has_the_language_that_it_has_alone(texts):
    assert languages(read([Document(text) for text in texts])) == [language(text) for text in texts]
