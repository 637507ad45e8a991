"""What holds for every test: hypothesis repeats itself, what does not run has failed, caches are new, commits
are at once where time is virtual, and one that has to be alone is."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import nullcontext

import pytest
from _pytest._code.code import ExceptionRepr
from hypothesis import settings

from tests.turns import Turns

# One run is like another: what fails in CI fails on the desk. The fuzz runs raise max_examples themselves.
settings.register_profile("house", derandomize=True, deadline=None, database=None)
settings.load_profile("house")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count a skipped test as failed: a peer that is missing must not go unseen. And tell it in text."""
    report = yield
    # A process of several tells the others in UTF-8; what a test logged may be no text.
    report.sections = [(name, _as_text(said)) for name, said in report.sections]
    if isinstance(report.longrepr, ExceptionRepr) and not _is_text(str(report.longrepr)):
        report.longrepr = _as_text(str(report.longrepr))
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped; tests of this project run or fail"
    return report


def _as_text(said: str) -> str:
    return said.encode("utf-8", "backslashreplace").decode()


def _is_text(said: str) -> bool:
    return _as_text(said) == said


@pytest.fixture(autouse=True, scope="session")
def _no_cache_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What commands keep between runs goes where nothing was kept before."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="session")
def turns(tmp_path_factory: pytest.TempPathFactory) -> Turns | None:
    """Of the processes that share the tests, where there are several."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return None
    return Turns(tmp_path_factory.getbasetemp().parent)


@pytest.fixture(autouse=True)
def _turn(request: pytest.FixtureRequest, turns: Turns | None) -> Generator[None]:
    """Marked `alone`, a test runs while no other does."""
    if turns is None:
        yield
        return
    with turns.taken(alone=request.node.get_closest_marker("alone") is not None):
        yield


@pytest.fixture(autouse=True)
def _commits_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virtual clock does not wait for a thread that commits."""

    async def at_once(work: Callable[[], None]) -> None:
        work()

    if "autojump_clock" in request.fixturenames:
        monkeypatch.setattr("flowlang.engine.opening.on_a_thread", lambda: nullcontext(at_once))
