"""Follow a site's links and keep its original reporting: scrapy runspider spider.py -a start=https://herald.example/ -O kept.jsonl."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import scrapy
from scrapy.http import Response


class Pages(scrapy.Spider):
    """Every page that the start page and its pages link to; the pipeline extracts the text of each and judges it."""

    name = "pages"
    custom_settings = {  # noqa: RUF012 (Scrapy reads it so)
        "ADDONS": {"classifier.scrapy.QualityAddon": 300},
        "QUALITY_KEEP": ["original"],
        "QUALITY_MIN_WORDS": 100,
        "QUALITY_INDEX": "near.sqlite",
        "DEPTH_LIMIT": 2,
    }

    def __init__(self, start: str, **known: Any) -> None:
        super().__init__(start_urls=[start], **known)

    def parse(self, response: Response) -> Iterator[Any]:
        """The page itself, and the requests for those that it links to."""
        yield {"url": response.url, "html": response.text}
        yield from response.follow_all(css="a[href]", callback=self.parse)
