"""Columns of Arrow are those that pyarrow makes itself."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pa = pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'quality-classifier[filter]'")
from classifier.filter.columns import column, numbers  # noqa: E402

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
KINDS = [
    (pa.string(), TEXTS),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float64(), st.floats(allow_nan=False)),
    (pa.bool_(), st.booleans()),
    (pa.list_(pa.string()), st.lists(TEXTS, max_size=3)),
    (pa.list_(pa.int32()), st.lists(st.integers(0, 99), max_size=3)),
]


@given(st.sampled_from(KINDS).flatmap(lambda each: st.tuples(st.just(each[0]), st.lists(st.none() | each[1], max_size=20))))
@settings(deadline=None)
def test_a_column_is_what_pyarrow_makes_of_the_values(case):
    kind, values = case
    made = column(values, kind)

    made.validate(full=True)
    assert made.equals(pa.array(values, kind))


def test_a_lone_surrogate_becomes_a_question_mark():
    assert column(["a\ud800"], pa.string()).to_pylist() == ["a?"]


def test_numbers_are_taken_over_as_they_are():
    values = np.array([1.5, -2.0], dtype=np.float32)

    assert numbers(values, pa.float32()).equals(pa.array(values))


def test_a_run_does_not_wait_for_pandas_or_scipy(tmp_path):
    pytest.importorskip("pandas", reason="there is no pandas to wait for")
    (tmp_path / "in.jsonl").write_text('{"text": "The board met."}\n' * 3)
    program = (
        "import sys; from classifier import Decisions, filter_corpus; "
        f"filter_corpus(['{tmp_path}/in.jsonl'], '{tmp_path}/out', Decisions(dedup=True), jobs=1); "
        "sys.exit(bool({'pandas', 'scipy'} & sys.modules.keys()))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
