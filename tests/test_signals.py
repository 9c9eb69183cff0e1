"""What each signal measures of a text, and what all of them promise of any text."""

import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classifier import Document, Match
from classifier.document import Neighbors, read
from classifier.lexicon import AGENCY, OUTLET
from classifier.signals import FAMILIES, NAMES, extract, meaning
from classifier.signals.measure import Spans, join, matches, merge, opening, ratio, tagged

ROOT = Path(__file__).resolve().parent.parent


def measured(name, document):
    """The value of one signal, and the stretches of text behind it."""
    family, _, signal = name.partition(".")
    measure = next(one for one in FAMILIES[family] if one.__name__ == signal)(read([document]))
    (value,) = measure.values.tolist()
    return value, [document.text[start:end] for start, end in pairs(measure.spans)]


def pairs(spans):
    """Spans as pairs of offsets."""
    return list(zip(spans.start.tolist(), spans.end.tolist(), strict=True))


def per_thousand(count, document):
    """A count per 1,000 words of a document."""
    return 1000 * count / max(len(document.words), 1)


# Signals that count stretches of text: name → (text, the stretches). The value is their number per 1,000 words.
STRETCHES = {
    "spin.reader_address_rate": [
        ("", []),
        ("We were chatting with ya all day.", ["chatting with ya"]),
        ("Drivers must buckle their belts.", []),
    ],
    "spin.slang_rate": [("", []), ("The top honchos met on Monday.", ["top honchos"]), ("The chief of the bank resigned on Monday.", [])],
    "spin.hype_rate": [
        ("", []),
        ("An action-packed night at the port.", ["action-packed"]),
        ("The must of the grapes is pressed twice.", []),
    ],
    "spin.emphasis_rate": [
        ("", []),
        ("Spoiler alert: the vote failed.", ["Spoiler alert"]),
        ("Passengers must wait for the next train.", []),
    ],
    "spin.llm_stock_rate": [
        ("", []),
        ("The bridge is a beacon of hope.", ["a beacon of hope"]),
        ("The beacon on the cliff gave no light.", []),
    ],
    "spin.swaps_rate": [("", []), ("The mill shut a yr in the past.", ["a yr in the past"]), ("The mill shut a year ago.", [])],
    "spin.emoji_rate": [("", []), ("Wow 😀😀 nice 👀", ["😀😀", "👀"]), ("A smile :-) and a © mark", [])],
    "spin.exclamations_rate": [("", []), ("Yes!!! No! Fine.", ["!!!", "!"]), ("Is it? It is.", [])],
    "spin.missing_spaces_rate": [
        ("", []),
        ("He left.She stayed,they said.", ["left.She", "stayed,they"]),
        ("The U.S. Senate met at 3.5 miles, e.g. here.", []),
    ],
    "spin.decimal_commas_rate": [
        ("", []),
        ("It rose 3,5 percent to 12,25 million.", ["3,5 percent", "12,25 million"]),
        ("It sold 3,500 cars, 25 percent more, in 1,2 and 3.", []),
    ],
    "spin.mixed_alphabets_rate": [("", []), ("The mауor left.", ["mауor"]), ("The мэр left Αθήνα.", []), ("A dose of 5 μg fell.", [])],
    "citation.numeric_marks_rate": [
        ("", []),
        ("Rain fell[1] and stopped[12].", ["[1]", "[12]"]),
        ("Rain [sic] fell on [the town] in [2024].", []),
        ("Rain fell[1] and stopped[2].\n\n1. Hale Gazette\n2. Port log", []),
    ],
    "citation.stacked_marks_rate": [("", []), ("Rain fell[2][3] and stopped.", ["[2][3]"]), ("Rain fell[2] and stopped[3].", [])],
    "citation.tool_tokens_rate": [
        ("", []),
        ("Rain fell oaicite:3 and turn0search1 stopped.", ["oaicite:3", "turn0search1"]),
        ("Users asked ChatGPT to cite it; at turn three the car spun.", []),
    ],
    "citation.prompt_leak_rate": [
        ("", []),
        ("As an AI language model I cannot say\nIt rained.", ["As an AI language model I cannot say"]),
        ("Here is the article that the editor had rewritten by hand.", []),
        ("It replied, “As an AI language model I cannot feel rain.”", []),
        ("“As an AI language model I cannot say.", ["“As an AI language model I cannot say."]),
    ],
    "citation.scaffold_labels_rate": [
        ("", []),
        ("Title: Rain\nMeta description: it fell", ["Title:", "Meta description:"]),
        ("The title: rain. An entitled: man.", []),
    ],
    "citation.sources_list_rate": [
        ("", []),
        ("It rained.\nSources: AFP, Hale Gazette", ["Sources: AFP, Hale Gazette"]),
        ("Sources said that the talks had failed.", []),
        ("It rained.\nSource: Hale Gazette", []),
    ],
    "citation.slots_rate": [
        ("", []),
        ("Dr. [Last Name] met {{city}} on [insert date].", ["[Last Name]", "{{city}}", "[insert date]"]),
        ("He said [the mayor] left [12].", []),
        ("“They told [your] council, [additional] staff and [state officials] so,” he said.", []),
    ],
    "reporting.repost_credit_rate": [
        ("", []),
        ("It rained.\nSource: Reuters", ["Source: Reuters"]),
        ("Originally published on the Hale Gazette.", ["Originally published on"]),
        ("A source told Reuters so.", []),
    ],
    "reporting.own_attribution_rate": [
        ("", []),
        ("She told us that it rained. SHE TOLD US SO.", ["told us", "TOLD US"]),
        ("“They told us so,” he said.", []),
        ("She told US pilots, and spoke to US envoys. He told Us Weekly, and told Us more.", []),
        ("He told his wife so.", []),
    ],
    "reporting.told_outlet_rate": [("", []), ("She told CNN so. He told AFP more.", ["told CNN", "told AFP"]), ("CNN said so.", [])],
    "reporting.told_name_rate": [
        ("", []),
        ("She told AGBI so.", ["told AGBI"]),
        ("She told him so.", []),
        ("She told host Ben Pell so, told German pilots, and told Inspector Vale.", []),
    ],
    "reporting.insider_told_rate": [
        ("", []),
        ("An insider tells AGBI so. A source told us no.", ["tells AGBI", "told us"]),
        ("The insider left. Anna Pell told AGBI so.", []),
    ],
    "reporting.conversations_rate": [
        ("", []),
        ("Anna Pell spoke to CNN. He talked exclusively to AGBI.", ["spoke to CNN", "talked exclusively to AGBI"]),
        ("Anna Pell told CNN. She spoke of CNN, and spoke to us.", []),
    ],
    "reporting.closing_citations_rate": [
        ("", []),
        ("It rained, CNN reports. It snowed, AFP said.", ["CNN reports", "AFP said"]),
        ("CNN reports that it rained. It snowed, Anna Pell reports.", []),
    ],
    "reporting.first_reports_rate": [
        ("", []),
        ("It was first reported by CNN, which broke the story.", ["was first reported by", "broke the story"]),
        ("First, reports came in. The storm broke.", []),
    ],
    "reporting.inquiries_rate": [
        ("", []),
        ("AGBI has learned that it rained, and can exclusively reveal more.", ["has learned that", "can exclusively reveal"]),
        ("The pupil has learned to read.", []),
    ],
    "reporting.introductions_rate": [
        ("", []),
        ("As she put it:\nIt rained.\nAnd then: \nit snowed. So:", ["As she put it:", "And then:", "it snowed. So:"]),
        ("Rain: it fell.\nAt 3:30.", []),
    ],
    "reporting.clock_times_rate": [
        ("", []),
        ("At 3:30 p.m. and 9am, or at 10 AM.", ["3:30 p.m.", "9am", "10 AM"]),
        ("At 3 amber lights, 12 ambled on.", []),
    ],
    "reporting.emails_rate": [
        ("", []),
        ("Write to ann.pell@hale.example or desk@dunlow-post.example.", ["pell@hale.example", "desk@dunlow-post.example"]),
        ("_@hale.example", ["_@hale.example"]),
        ("It thanked @harborwatch at 5 @ 3.", []),
    ],
    "reporting.outlet_attribution_rate": [
        ("", []),
        ("CNN reported that it rained.", ["CNN reported"]),
        ("The Hale Mail reported on it.", ["Hale Mail reported"]),
        ("Neighbours reported a loud bang. She told CNN so.", []),
    ],
    "reporting.agency_attribution_rate": [("", []), ("It rained, according to AFP.", ["according to AFP"]), ("He told AFP so.", [])],
    "reporting.show_attribution_rate": [
        ("", []),
        ("Speaking on Meet the Press.", ["Speaking on Meet the Press"]),
        ("He will meet the press today, he said.", []),
    ],
    "reporting.platform_attribution_rate": [
        ("", []),
        ("She wrote on Facebook that it was over.", ["wrote on Facebook"]),
        ("She has a Facebook account.", []),
    ],
    "reporting.outlets_rate": [
        ("", []),
        ("Vans of CNN and Reuters were there.", ["CNN", "Reuters"]),
        ("Vans of Inquirer.net.", ["Inquirer.net"]),
        ("The sun rose.", []),
    ],
    "reporting.platforms_rate": [("", []), ("Her Facebook page is gone.", ["Facebook"]), ("Her face in a book.", [])],
    "reporting.public_attribution_rate": [
        ("", []),
        ("He told a jury so.", ["told a jury"]),
        ("The jury of the festival gave two prizes.", []),
    ],
    "reporting.agency_credit_rate": [
        ("", []),
        ("It rained.\nThe Associated Press contributed to this report.", ["The Associated Press contributed to this report"]),
        ("The report contributed to the fall of the mayor.", []),
    ],
    "reporting.anonymous_rate": [
        ("", []),
        ("A source close to the talks said no.", ["source close to"]),
        ("The spring is the source of the river.", []),
    ],
    "reporting.hearsay_rate": [
        ("", []),
        ("The pair have reportedly left. Rumors say so.", ["have reportedly", "Rumors"]),
        ("The report was on the table.", []),
    ],
    "reporting.handles_rate": [
        ("", []),
        ("It thanked @harborwatch (pic.twitter.com/x1).", ["@harborwatch", "pic.twitter.com"]),
        ("Seen on @pic.twitter.com and t.co/x1", ["@pic", "t.co/"]),
        ("Write to desk@harbor.example or 5 @ 3, about.co/ or epic.twitter.com.", []),
    ],
    "reporting.reporting_outlets_rate": [
        ("", []),
        ("CNN first reported it. So wrote Reuters.", ["CNN", "Reuters"]),
        ("CNN hired an anchor. The dog reported it.", []),
    ],
    "reporting.inquiring_outlet_rate": [
        ("", []),
        ("CNN has learned that it rained. Reuters contacted the board.", ["CNN", "Reuters"]),
        ("She learned of it from CNN. It has rained.", []),
    ],
    "reporting.hat_tips_rate": [
        ("", []),
        ("It rained (via Hale Gazette). It snowed [h/t Anna], h/t Ruth.", ["(via Hale Gazette)", "[h/t Anna]", "h/t"]),
        ("It came via Hale (a port) and/or by km/h trains.", []),
    ],
    "reporting.research_rate": [
        ("", []),
        ("Researchers asked 90 participants for a survey.", ["Researchers", "participants", "survey"]),
        ("The reporter papered the wall.", []),
    ],
    "reporting.comment_sought_rate": [
        ("", []),
        ("The firm did not immediately respond. She declined to comment.", ["did not immediately respond", "declined to comment"]),
        ("He commented on the rain.", []),
    ],
    "reporting.interviews_rate": [
        ("", []),
        ("He said so in a phone interview.", ["in a phone interview"]),
        ("The phone rang during the talk.", []),
    ],
    "reporting.release_ends_rate": [
        ("", []),
        ("The research was funded by Hale.\n###\nMedia contact: Anna", ["research was funded", "###", "Media contact"]),
        ("Hale is #1 in C# and the road was mended.", []),
    ],
    "reporting.documents_rate": [
        ("", []),
        ("According to court documents, he fled.", ["According to court documents"]),
        ("She broke the world record in the pool.", []),
    ],
    "reporting.studies_rate": [
        ("", []),
        ("It was published in the journal Soil.", ["published in the journal"]),
        ("The journal of the sailor was sold at auction.", []),
    ],
    "reporting.release_rate": [
        ("", []),
        ("Hale Foods is pleased to announce a chief.", ["pleased to announce"]),
        ("The firm announced a loss.", []),
    ],
    "reporting.wire_services_rate": [("", []), ("A note sent by PRNewswire today.", ["PRNewswire"]), ("The fire service came.", [])],
    "reporting.opinion_rate": [
        ("", []),
        ("In my view the plan is a folly.", ["In my view"]),
        ("“In my view it is a folly,” he said.", []),
        ("The view of the river is fine.", []),
    ],
    "reporting.transcript_rate": [
        ("", []),
        ("This interview has been edited for length and clarity.", ["interview has been edited for length"]),
        ("She left the interview early and edited nothing.", []),
    ],
    "style.imperatives_rate": [("", []), ("Be sure to look.", ["Be sure to look"]), ("He was sure it was lost.", [])],
    "style.offers_rate": [("", []), ("All terms and conditions apply.", ["conditions apply"]), ("The firm shipped grain.", [])],
    "style.templates_rate": [("", []), ("Your lucky number is nine.", ["lucky number"]), ("She was lucky that nine heard her.", [])],
    "style.advice_rate": [
        ("", []),
        ("So here are some tips for a lawn.", ["here are some tips for a"]),
        ("A tip led police to the barn.", []),
    ],
    "style.hedges_rate": [
        ("", []),
        ("It is important to note that rain falls.", ["It is important to note"]),
        ("The important thing stood in a footnote.", []),
    ],
    "style.gambling_rate": [("", []), ("He sells CBD gummies.", ["CBD gummies"]), ("The state closed two casinos after the raid.", [])],
}

# Signals that count without showing where: name → (text, the number). The value is that number per 1,000 words.
COUNTS = {
    "reporting.attribution_rate": [("", 0), ("She said so. He told us more.", 2), ("She left. He stayed.", 0)],
    "reporting.quotations_rate": [("", 0), ("“It rained all day,” she said.", 1), ("The “wet” town. 'Tis dry.", 0)],
    "reporting.scare_quotes_rate": [("", 0), ("The “wet” and 'very dry' town.", 2), ("“It rained all day,” she said.", 0)],
    "reporting.speakers_rate": [
        ("", 0),
        ("Anna Pell said so. Anna Pell said no. Ruth Ito said more.", 2),
        ("She said so. Police said no.", 0),
    ],
    "reporting.exclusives_rate": [("", 0), ("EXCLUSIVE: she spoke exclusively to us.", 2), ("The club excludes men.", 0)],
    "reporting.said_rate": [("", 0), ("She said so. He said no.", 2), ("She says so.", 0)],
    "reporting.repeated_outlet_rate": [("", 0), ("CNN left. So did CNN, and Reuters.", 2), ("The dog left.", 0)],
    "reporting.titled_names_rate": [("", 0), ("So Mayor Okello left.", 1), ("The mayor left. Okello left.", 0)],
    "reporting.reader_voice_rate": [("", 0), ("Bring your dog. “You know,” she said.", 1), ("“You know,” she said.", 0)],
    "reporting.dates_rate": [("", 0), ("On Monday and in March.", 2), ("They march to the moon.", 0)],
    "reporting.numbers_rate": [("", 0), ("3 of 1,200 men in B2.", 3), ("Three men.", 0)],
    "reporting.places_rate": [("", 0), ("Rain in Kenya and Hong Kong.", 3), ("Rain in the town.", 0)],
    "reporting.names_rate": [("", 0), ("She met Anna Okello there.", 2), ("The man met the dog.", 0)],
    "reporting.titles_rate": [("", 0), ("So Mayor Okello left.", 1), ("The dog left.", 0)],
    "reporting.own_voice_rate": [("", 0), ("He met us. “Our town is dry,” she said.", 1), ("The bus is dry. “Our town is dry now.”", 0)],
    "style.first_person_rate": [("", 0), ("I saw my dog and I’ve left.", 3), ("It saw his dog.", 0)],
    "style.second_person_rate": [("", 0), ("You and your dog.", 2), ("The young dog.", 0)],
    "style.third_person_rate": [("", 0), ("He saw them.", 2), ("The hen saw it.", 0)],
    "style.modals_rate": [("", 0), ("It will rain, it can't snow.", 2), ("The canal is willing.", 0)],
    "style.connectives_rate": [("", 0), ("While it rained, however, he left.", 2), ("The whale rained.", 0)],
    "style.times_rate": [("", 0), ("Yesterday it rained, last week too.", 2), ("The day was wet.", 0)],
    "style.participles_rate": [
        ("", 0),
        ("It fell, leaving ice, and it rose, taking more.", 2),
        ("Leaving is bad, king or not, he sings.", 0),
    ],
    "style.questions_rate": [("", 0), ("Is it? Was it?", 2), ("It is.", 0)],
    "style.colons_rate": [("", 0), ("Rain: it fell.", 1), ("Rain; it fell.", 0)],
    "style.semicolons_rate": [("", 0), ("Rain; it fell.", 1), ("Rain: it fell.", 0)],
    "style.dashes_rate": [("", 0), ("Rain — snow – ice - fog -- end", 4), ("Rain\u00a0-\u00a0snow", 1), ("A well-known half-day.", 0)],
    "style.brackets_rate": [("", 0), ("Rain (and snow) fell (late).", 2), ("Rain [and snow] fell.", 0)],
    "style.commas_rate": [("", 0), ("Rain, snow, ice.", 2), ("Rain; snow.", 0)],
    "style.links_rate": [
        ("", 0),
        ("See www.hale.example or @hale #rain", 3),
        ("https://www.hale.example\nwww.dunlow.example", 2),
        ("See the link.", 0),
    ],
}

# All others: name → (text, the value).
VALUES = {
    "citation.markdown": [("", 0), ("**Rain** fell on it", 8 / 12), ("# Rain\nIt fell", 6 / 10), ("It cost 5 * 3 | and #1 or 2**3", 0)],
    "reporting.borrowed_share": [("", 0), ("CNN said so. She said no.", 1 / 2), ("She said no.", 0)],
    "reporting.borrowed_first": [("", 0), ("CNN said so.", 1), ("Rain fell, CNN said.", 1 / 2), ("She said so.", 0)],
    "reporting.single_outlet": [("", 0), ("CNN said so. CNN said no. AFP said so. She said it.", 2 / 4), ("She said so.", 0)],
    "reporting.said_share": [("", 0), ("She said so. He says no.", 1 / 2), ("She says so.", 0)],
    "reporting.says_share": [("", 0), ("She said so. He says no.", 1 / 2), ("She said so.", 0)],
    "reporting.own_surplus": [("", 0), ("She told us so. He told us no. CNN said so.", 1), ("CNN said so. AFP said no.", 0)],
    "reporting.borrowed_surplus": [("", 0), ("CNN said so. AFP said no. She told us so.", 1), ("She told us so. CNN said no.", 0)],
    "reporting.different_outlets": [
        ("", 0),
        ("CNN said so. CNN said no. AFP said so. The newspaper said no.", 2),
        ("She said so. CNN hired her.", 0),
    ],
    "reporting.sole_listener": [
        ("", 0),
        ("She told AGBI so. He told AGBI no. Anna Pell told CNN more.", 2),
        ("She told AGBI so. CNN reported it.", 0),
    ],
    "reporting.speakers": [("", 0), ("Anna Pell said so. Anna Pell said no. Ruth Ito said more.", 2), ("She said so. Police said no.", 0)],
    "reporting.borrowed_further": [
        ("", 0),
        ("She told CNN so. She added no. He said yes.", 2 / 3),
        ("She told CNN so. Anna Pell said no. She added yes.", 0),
    ],
    "reporting.own_quotes": [
        ("", 0),
        ("“It rained all day long,” she told us. It was cold.\n“It snowed all night here,” said Anna Pell.", 1 / 2),
        ("“It rained all day long,” she told CNN.", 0),
        ("“It rained all day long.”", 0),
    ],
    "reporting.borrowed_quotes": [
        ("", 0),
        ("“It rained all day long,” she told CNN. It was cold.\n“It snowed all night here,” said Anna Pell.", 1 / 2),
        ("“It rained all day long,” she told CNN. “It snowed all night here,” she added.", 1),
        ("“It rained all day long,” she told us.", 0),
    ],
    "reporting.person_attribution": [("", 0), ("Anna Pell said so. She said no.", 1 / 2), ("She said no.", 0)],
    "reporting.pronoun_attribution": [("", 0), ("Anna Pell said so. She said no.", 1 / 2), ("Anna Pell said so.", 0)],
    "reporting.official_attribution": [("", 0), ("Police said so. She said no.", 1 / 2), ("She said no. Police left.", 0)],
    "reporting.record_attribution": [("", 0), ("The complaint said so. She said no.", 1 / 2), ("She said no to a complaint.", 0)],
    "reporting.study_attribution": [("", 0), ("Researchers said so. She said no.", 1 / 2), ("She said no. Researchers left.", 0)],
    "reporting.insider_attribution": [("", 0), ("A source said so. She said no.", 1 / 2), ("She said no. A source is a spring.", 0)],
    "reporting.unknown_attribution": [("", 0), ("It was said. She said no.", 1 / 2), ("She said no.", 0)],
    "reporting.dateline": [
        ("", 0),
        ("PORT HALE, Oct. 3 — It rained on the old town all day and night.", 1),
        ("HALE (Reuters) - It rained on the old town all day and night.", 1),
        ("SÃO MAURO, Oct. 3 (Reuters) -\xa0It rained on the old town all day and night.", 1),
        ("PORT\xa0HALE (AP)\xa0— It rained on the old town all day and night.", 1),
        ("Tuesday, March 5, 2024 - It rained on the old town all day and night.", 0),
        ("Posted Jan 5, 2024 - It rained on the old town all day and night.", 0),
        ("BREAKING - It rained on the old town all day and night.", 0),
        ("LIVE UPDATES — It rained on the old town all day and night.", 0),
        ("Hale Community Trust (HCT) has bought the old mill for one pound from the county.", 0),
        ("PORT HALE (Reuters) It rained on the old town all day and night.", 1),
        ("PORT HALE is wet — it has rained on the old town all day and night.", 0),
    ],
    "reporting.agency_tag": [("", 0), ("HALE (AFP) - It rained.", 1), ("Reuters (the agency) is old.", 0)],
    "style.sentence_length": [("", 0), ("One two. Three.", 1.5), ("?!", 0)],
    "style.sentence_spread": [("", 0), ("One. One two three.", 1 / 2), ("One two. One two.", 0)],
    "style.paragraph_length": [("", 0), ("One two three. Four.\nFive six seven.", 1.5), ("One two", 0), ("One two three. " * 12, 1.8)],
    "style.word_length": [("", 0), ("a bcd", 2), ("...", 0)],
    "style.long_words": [("", 0), ("remarkable rain", 1 / 2), ("umbrella rain", 0)],
    "style.variety": [("", 0), ("rain Rain snow ice", 3 / 4), ("one " * 60, 1 / 50), ("!", 0)],
    "style.repeated_phrases": [("", 0), ("one two three four one two three four", 1 / 5), ("one two one two three", 0)],
    "style.repeated_lines": [("", 0), ("Rain\nSnow\nRain", 1 / 3), ("Rain\nSnow", 0)],
    "style.function_words": [("", 0), ("the rain of", 2 / 3), ("rain fell", 0)],
    "style.past": [("", 0), ("He was here and is gone.", 1 / 2), ("It is gone.", 0)],
    "style.capitals": [("", 0), ("RAIN fell", 1 / 2), ("Rain fell", 0)],
    "style.question_lines": [("", 0), ("Is it?\nIt is. Is it not so?\nIt is.", 2 / 3), ("Is it? It is.", 0)],
    "style.list_items": [
        ("", 0),
        ("- rain\n2. snow\nText", 2 / 3),
        ("-\u00a0rain\u20282.\u202fsnow\u2028Text", 2 / 3),
        ("-rain\n2024 snow", 0),
    ],
    "style.open_lines": [("", 0), ("Menu\nRain fell.", 1 / 3), ("Rain fell.”\nIt did:", 0)],
}

# Shares of the characters of a text: name → (text, the stretches that are counted).
SHARES = {
    "reporting.direct_speech": [
        ("", []),
        ("She said: “It rained all day.”", ["“It rained all day.”"]),
        ("The “wet” town's dogs' day.", []),
    ],
    "style.digits": [("", []), ("In 1984 it rained 25 mm", ["1984", "25"]), ("In May it rained", [])],
}

ARTICLE = """The harbor board voted 5-2 on Tuesday to close the north pier after divers found fourteen cracked piles.

“We saw it with our own eyes,” said Ruth Okello, the engineer who led the survey in the spring of last year.

The pier carries about nine hundred passengers a day to the islands. Boats will leave from the coal quay until June.

Fishermen asked the board to spare the old crane, which was built in 1911. A second vote on the crane is due in May.
"""
# A page of an article and one line: name → the line that the signal must hold.
LINES = {
    "author_bio": "Dana Whitfield is a staff writer at the Courier. Follow her on Twitter for more court news.",
    "subscribe": "Sign up for our newsletter and never miss a story.",
    "share": "Click to share on Facebook (Opens in new window)",
    "related": "Read more: Council delays vote on harbour tunnel",
    "navigation": "Skip to content",
    "cookie": "We use cookies to give you the best experience on our website. Accept all cookies",
    "legal": "Copyright 2023 The Valley Post. All rights reserved.",
    "comment": "Leave a comment. Your email address will not be published. Required fields are marked.",
    "advertisement": "Story continues below advertisement",
    "contact": "Got a tip? Email the newsroom at tips@valley.example",
    "credit": "Photo by Elena Marsh",
    "byline": "By Staff Reporter | Last updated: 4 March 2021, 10:15 | 3 min read",
    "caption": "Image caption",
}
WHOLES = ("other", "total", "tail", "prose_left")  # boilerplate signals that no list of phrases decides
DUPLICATION = ("index_given", "nearest_copy", "nearest_source")


def rows(table):
    return [pytest.param(name, *row, id=f"{name}-{number}") for name, found in table.items() for number, row in enumerate(found)]


@pytest.mark.parametrize(("name", "text", "stretches"), rows(STRETCHES))
def test_a_signal_counts_the_stretches_that_it_shows(name, text, stretches):
    document = Document(text)

    assert measured(name, document) == (pytest.approx(per_thousand(len(stretches), document)), stretches)


@pytest.mark.parametrize(("name", "text", "count"), rows(COUNTS))
def test_a_signal_counts_per_thousand_words(name, text, count):
    document = Document(text)

    assert measured(name, document)[0] == pytest.approx(per_thousand(count, document))


@pytest.mark.parametrize(("name", "text", "value"), rows(VALUES))
def test_a_signal_has_its_value(name, text, value):
    assert measured(name, Document(text))[0] == pytest.approx(value)


@pytest.mark.parametrize(("name", "text", "stretches"), rows(SHARES))
def test_a_share_grows_with_the_stretches_that_it_counts(name, text, stretches):
    value, longer = (measured(name, Document(one))[0] for one in (text, text + " Dry words" * bool(text)))

    assert (value > 0) == bool(stretches)
    assert value <= 1
    assert longer < value or not stretches


@pytest.mark.parametrize(
    ("name", "text", "stretches"),
    [
        ("reporting.dateline", "PORT HALE, Oct. 3 — It rained on the old town all day and night.", ["PORT HALE, Oct. 3 — "]),
        ("reporting.agency_tag", "HALE (AFP) - It rained.", ["(AFP)"]),
        (
            "citation.markdown",
            "**Rain** fell\n# On it\nand [more](https://hale.example/x).",
            ["**Rain**", "# On it", "[more](https://hale.example/x)"],
        ),
    ],
)
def test_a_signal_shows_what_it_found(name, text, stretches):
    assert measured(name, Document(text))[1] == stretches


# Boilerplate


@pytest.mark.parametrize("kind", LINES)
def test_a_boilerplate_signal_is_zero_of_an_empty_text_and_of_prose(kind):
    assert [measured(f"boilerplate.{kind}", Document(text)) for text in ("", ARTICLE)] == [(0, [])] * 2


@pytest.mark.parametrize("kind", LINES)
def test_a_boilerplate_signal_shows_the_line_of_its_kind(kind):
    page = LINES["navigation"] + "\n\n" + ARTICLE + "\n" + LINES[kind] + "\n"
    value, stretches = measured(f"boilerplate.{kind}", Document(page))

    assert value > 0
    assert LINES[kind] in "\n".join(stretches)


def test_a_page_without_boilerplate_is_all_prose():
    found = {name: measured(f"boilerplate.{name}", Document(ARTICLE))[0] for name in WHOLES}

    assert found == {"other": 0, "total": 0, "tail": 0, "prose_left": 1}


def test_a_page_with_boilerplate_has_less_prose():
    page = Document(f"{ARTICLE}\n{LINES['subscribe']}\n\n{LINES['legal']}\n")
    found = {name: measured(f"boilerplate.{name}", page)[0] for name in WHOLES}

    assert 0 < found["tail"] <= 1
    assert 0 < found["total"] < 1
    assert 0 < found["prose_left"] < 1


def test_an_empty_page_holds_no_boilerplate_and_no_prose():
    assert [measured(f"boilerplate.{name}", Document(""))[0] for name in WHOLES] == [0, 0, 0, 0]


# Duplication


@pytest.mark.parametrize(
    ("neighbors", "values"),
    [
        (None, [0, 0, 0]),
        (Neighbors(), [1, 0, 0]),
        (Neighbors(near_copy=Match("a", 0.9)), [1, 0.9, 0]),
        (Neighbors(source=Match("a", 0.4)), [1, 0, 0.4]),
        (Neighbors(Match("a", 0.9), Match("b", 0.4)), [1, 0.9, 0.4]),
    ],
)
def test_duplication_tells_no_index_from_nothing_alike(neighbors, values):
    document = Document("Rain fell.", neighbors=neighbors)

    assert [measured(f"duplication.{name}", document)[0] for name in DUPLICATION] == values


# What holds for all


def test_every_signal_has_its_table():
    tables = [*STRETCHES, *COUNTS, *VALUES, *SHARES]
    tables += [f"boilerplate.{name}" for name in (*LINES, *WHOLES)] + [f"duplication.{name}" for name in DUPLICATION]

    assert sorted(tables) == sorted(NAMES)


@pytest.mark.parametrize("name", [*STRETCHES, *COUNTS, *VALUES, *SHARES])
def test_a_table_opens_with_the_empty_text_and_has_a_case_for_and_one_against(name):
    table = (STRETCHES | COUNTS | VALUES | SHARES)[name]

    assert table[0] in (("", 0), ("", []))
    assert any(expected for _, expected in table)
    assert any(text and not expected for text, expected in table)


@pytest.mark.parametrize("name", NAMES)
def test_a_signal_is_documented_by_one_line_that_ends_in_a_stop(name):
    family, _, signal = name.partition(".")
    line = meaning(next(one for one in FAMILIES[family] if one.__name__ == signal))

    assert line.endswith((".", "?"))
    assert len(line) < 140


PIECES = [
    "[1]",
    "[2][3]",
    "**a**",
    "#",
    "“",
    "”",
    '"',
    "'",
    "told",
    "us",
    "CNN",
    "said",
    "(Reuters)",
    "-",
    "HALE",
    "—",
    "mega",
    "move",
    "!",
    "😀",
    "|",
    "3,5",
    "percent",
    "{{x}}",
    "Subscribe",
    "©",
    "http://a.example",
    "I",
    "was",
    "is",
    "the",
    "a,b",
    "1",
    ",",
    "ing",
    "א",
    "\x00",
    "\ud800",
    "\u200b",
]
TEXTS = st.one_of(st.text(max_size=120), st.lists(st.sampled_from([*PIECES, "\n", "\n- "]), max_size=40).map(" ".join))


def told(*texts):
    """The values and the evidence of some texts measured together, as lists."""
    found = extract(read([Document(text) for text in texts]))
    return list(zip(found.values.tolist(), [list(map(tuple, rows.tolist())) for rows in found.evidence], strict=True))


def slow_merge(spans):
    """Sorted spans, with overlapping ones joined one after the other."""
    merged = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@given(TEXTS)
@example("")
@example("\0")
@settings(max_examples=40, deadline=None)
def test_every_signal_of_any_text_keeps_its_promises(text):
    found, repeated = told(text), told(text)

    assert found == repeated
    ((values, evidence),) = found
    assert evidence == sorted(evidence)
    for number, (name, value) in enumerate(zip(NAMES, values, strict=True)):
        spans = [(start, end) for signal, start, end in evidence if signal == number]
        assert math.isfinite(value), name
        assert value >= 0, name
        assert value <= 1 or name.endswith("_rate") or name in UNBOUNDED, f"{name} is {value}"
        assert all(0 <= start < end <= len(text) for start, end in spans), name
        assert spans == slow_merge(spans), name


UNBOUNDED = {"style.sentence_length", "style.sentence_spread", "style.paragraph_length", "style.word_length"}

# Texts that differ in all that a batch could mix up: pages, articles, quotations left open, lists, no word at all.
BATCHES = st.lists(
    st.one_of(
        TEXTS,
        st.sampled_from(
            ["", "\n", "...", "Rain", ARTICLE, f"{LINES['navigation']}\n\n{ARTICLE}\n{LINES['legal']}", "“Rain fell", "and so,"]
        ),
        st.sampled_from([text for table in (STRETCHES, COUNTS, VALUES, SHARES) for rows in table.values() for text, _ in rows]),
    ),
    min_size=1,
    max_size=6,
)


@given(BATCHES)
@example([text for table in (STRETCHES, COUNTS) for rows in table.values() for text, _ in rows])
@example([text for table in (VALUES, SHARES) for rows in table.values() for text, _ in rows])
@example([ARTICLE, "", ARTICLE, ARTICLE + LINES["share"]])
@example(["- ", f"Skip to content\n\n{ARTICLE}\nCopyright 2023 The Valley Post. All rights reserved."])
@settings(max_examples=50, deadline=None)
def test_a_batch_of_documents_is_measured_exactly_as_each_document_alone(texts):
    together, alone = told(*texts), [of_one for text in texts for of_one in told(text)]

    for (values, evidence), (own_values, own_evidence) in zip(together, alone, strict=True):
        assert dict(zip(NAMES, values, strict=True)) == dict(zip(NAMES, own_values, strict=True))
        assert evidence == own_evidence


def test_no_documents_have_no_signals():
    assert told() == []


def test_each_document_of_a_batch_keeps_its_neighbors():
    known = [None, Neighbors(), Neighbors(Match("a", 0.9)), Neighbors(None, Match("b", 0.4)), None]
    values = extract(read([Document("Rain fell.", neighbors=one) for one in known])).values
    columns = [NAMES.index(f"duplication.{name}") for name in DUPLICATION]

    assert values[:, columns].tolist() == [[0, 0, 0], [1, 0, 0], [1, 0.9, 0], [1, 0, 0.4], [0, 0, 0]]


# What signals are measured with

SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair))), max_size=20)


def spans_of(found):
    """Spans from pairs of offsets, in whatever order."""
    return Spans(*(np.array([pair[k] for pair in found], dtype=np.int64) for k in (0, 1)))


@given(SPANS)
@example([])
@example([(0, 3), (3, 5)])
@example([(0, 9), (1, 2), (5, 6), (8, 10)])
@settings(max_examples=150, deadline=None)
def test_spans_are_merged_as_a_slow_merge_does(spans):
    found = spans_of(spans)

    assert pairs(merge(found.start, found.end)) == slow_merge(spans)


@given(st.lists(SPANS, min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_groups_of_spans_are_joined_as_one(groups):
    assert pairs(join(*map(spans_of, groups))) == slow_merge([span for group in groups for span in group])


def test_a_ratio_of_nothing_is_zero():
    assert ratio(np.array([1, 0, 3]), np.array([2, 0, 0])).tolist() == [0.5, 0.0, 0.0]


MARKED = re.compile(r"^\[|\[\d+\]|\|$")


@given(st.lists(st.text("1a[]|\n", max_size=8), max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_pattern_matches_each_text_of_a_batch_as_it_matches_it_alone(texts):
    batch = read([Document(text) for text in texts])
    alone = [[match.span() for match in MARKED.finditer(text)] for text in texts]

    assert pairs(matches(MARKED, batch, "[|")) == [
        (begin + start, begin + end) for begin, spans in zip(batch.origin.tolist(), alone, strict=False) for start, end in spans
    ]
    assert pairs(matches(MARKED, batch, "{")) == []


def test_a_pattern_is_tried_only_at_the_places_that_are_given():
    batch = read([Document("bab"), Document("aba")])

    assert pairs(opening(re.compile("ab?"), batch, np.array([0, 1, 5, 7]))) == [(1, 3), (5, 7), (7, 8)]


@pytest.mark.parametrize(
    ("texts", "runs"),
    [
        ([], []),
        (["Rain fell."], []),
        (["Vans of CNN and Reuters were there."], ["CNN", "Reuters"]),
        (["The New York Times left. CNN"], ["New York Times", "CNN"]),
        (["He left CNN", "CNN left", "", "Reuters"], ["CNN", "CNN", "Reuters"]),
    ],
)
def test_a_run_of_tagged_words_ends_with_its_text(texts, runs):
    batch = read([Document(text) for text in texts])
    whole = "\n\n".join(texts)

    assert [whole[start:end] for start, end in pairs(tagged(batch, OUTLET | AGENCY))] == runs


HOSTILE = """
import random
from classifier import Document
from classifier.boilerplate import clean_text
from classifier.document import read
from classifier.signals import NAMES, extract

rubbish = random.Random(1).randbytes(200_000).decode("latin-1")
texts = ["[1]" * 400_000, "[" * 30_000, rubbish, '"' * 100_000, "“" * 100_000, "," * 100_000, "a," * 50_000, "Interview Magazine " * 5_000]
texts += ["Read more\\n" * 5_000, "\\n" * 100_000, "(A" * 50_000, "A-" * 50_000, "**a" * 30_000, "<a " * 30_000, "told " * 20_000]
texts += ["word " * 100_000]
for text in texts:
    document = Document(text)
    (rows,) = extract(read([document])).evidence
    clean_text(document)
    print(len(text), all(0 <= start < end <= len(text) for _, start, end in rows.tolist()))
"""


def test_hostile_texts_are_measured_in_reasonable_time():
    done = subprocess.run([sys.executable, "-c", HOSTILE], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)

    assert done.stderr == ""
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["True"] * 16
