"""A test that has to be alone is, where several processes share the tests."""

from __future__ import annotations

import fcntl
import threading
import time
from pathlib import Path

import pytest

from tests.turns import Turns


@pytest.mark.parametrize("alone", [False, True])
def test_others_run_beside_one_unless_he_is_to_be_alone(tmp_path: Path, alone: bool) -> None:
    turns = Turns(tmp_path)
    began = threading.Event()

    def other() -> None:
        with turns.taken(alone=False):
            began.set()

    thread = threading.Thread(target=other)
    with turns.taken(alone=alone):
        thread.start()
        assert began.wait(0.2 if alone else 10) is not alone
    thread.join(10)
    assert began.is_set()


def is_locked(path: Path) -> bool:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_who_wants_to_be_alone_is_not_passed_by_those_who_come_later(tmp_path: Path) -> None:
    turns = Turns(tmp_path)
    order: list[str] = []

    def come(name: str, *, alone: bool) -> None:
        with turns.taken(alone=alone):
            order.append(name)

    first = threading.Thread(target=come, args=("alone",), kwargs={"alone": True})
    second = threading.Thread(target=come, args=("later",), kwargs={"alone": False})
    with turns.taken(alone=False):
        first.start()
        while not is_locked(tmp_path / "gate.lock"):
            time.sleep(0.01)
        second.start()
        second.join(0.2)
        assert order == []
    first.join(10)
    second.join(10)
    assert order == ["alone", "later"]
