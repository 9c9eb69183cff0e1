"""When a page was published, however it says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.dates import is_later, moment

DAY = 739_737  # 1 May 2026
NOON = 1_777_636_800.0


@pytest.mark.parametrize(
    ("date", "told"),
    [
        (None, None),
        ("", None),
        ("last week", None),
        ("05/02/2026", None),
        ("2026-05-01", (DAY, NOON - 43_200, False)),
        ("20260501", (DAY, NOON - 43_200, False)),
        ("1 May 2026", (DAY, NOON - 43_200, False)),
        ("2026-05-01T25:00:00", (DAY, NOON - 43_200, False)),
        ("2026-05-01 at noon", (DAY, NOON - 43_200, False)),
        ("2026-05-01T12:00:00Z", (DAY, NOON, True)),
        (" 2026-05-01 12:00:00\n", (DAY, NOON, True)),
        ("20260501T120000Z", (DAY, NOON, True)),
        ("2026-05-02T01:00:00+13:00", (DAY + 1, NOON, True)),
        ("Fri, 01 May 2026 14:00:00 +0200", (DAY, NOON, True)),
        ("1777636800", (DAY, NOON, True)),
    ],
)
def test_a_date_is_read_whatever_its_form(date: str | None, told: tuple[int, float, bool] | None) -> None:
    assert moment(date) == told


@pytest.mark.parametrize(
    ("date", "other", "later"),
    [
        ("2026-05-02", "2026-05-01", True),
        ("2026-05-01", "2026-05-01", False),
        ("2026-05-01T23:00:00Z", "2026-05-01", False),
        ("2026-05-01T23:00:00Z", "2026-05-01T08:00:00Z", False),
        ("2026-05-02T08:00:00Z", "2026-05-01", True),
        ("2026-05-02T03:00:00+09:00", "2026-05-01T20:00:00Z", False),
        ("Sat, 02 May 2026 08:00:00 GMT", "20260501T083000Z", True),
        ("2026-05-02", None, False),
        ("2026-05-02", "yesterday", False),
        (None, "2026-05-02", False),
    ],
)
def test_a_date_is_later_by_whole_days(date: str | None, other: str | None, later: bool) -> None:
    assert is_later(date, other) is later


@given(st.text(max_size=60) | st.from_regex(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ]?[0-9:.Z+-]{0,20}") | st.integers().map(str))
def test_no_text_is_too_odd_to_be_asked_for_its_date(text: str) -> None:
    found = moment(text)

    assert found is None or found.day > 0
