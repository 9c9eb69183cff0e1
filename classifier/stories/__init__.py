"""Stories: which documents tell of one event, and who has it from whom."""

from __future__ import annotations

from classifier.stories.descent import COPY, REPORT, REWRITE
from classifier.stories.story import Member, Story, find_stories

__all__ = ["COPY", "REPORT", "REWRITE", "Member", "Story", "find_stories"]
