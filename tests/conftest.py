"""What all tests share: where the project lies, and the rule for tests that need the corpora."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # no test is timed
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked `corpora` where ../shared is absent."""
    if (SHARED / "corpora").is_dir():
        return
    for item in items:
        if item.get_closest_marker("corpora"):
            item.add_marker(pytest.mark.skip(reason="needs ../shared/corpora, which this checkout lacks"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of corpora and of the five pages; for tests marked `corpora`."""
    return SHARED


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The project's own labelled texts, one folder a label."""
    return ROOT / "seeds"
