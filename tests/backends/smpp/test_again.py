"""What an SMSC sends again, by an id of ours."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from flowlang.backends.smpp.again import DOUBT, Again
from flowlang.backends.smpp.incoming import Text

NUMBERS = count()
YES, NO = (Text("sms:+14155550100", "sms:+16062067563", each) for each in ("yes", "no"))


def again(path: Path) -> Again:
    """That of a new process."""
    return Again(lambda: f"m{next(NUMBERS)}", path)


def test_what_a_process_had_has_its_id_in_the_next(tmp_path: Path) -> None:
    path = tmp_path / "came"
    before = again(path)
    first, second = before.id_of(YES, 1000.0), before.id_of(NO, 1001.0)
    after = again(path)
    assert after.id_of(NO, 1002.0) == second
    assert after.id_of(NO, 1002.0) not in (first, second)
    third = again(path)
    assert third.id_of(YES, 1003.0) == first
    assert third.id_of(NO, 1003.0) == second
    assert b"yes" not in path.read_bytes()


def test_it_is_a_new_one_after_a_while(tmp_path: Path) -> None:
    first = again(tmp_path / "came").id_of(YES, 1000.0)
    assert again(tmp_path / "came").id_of(YES, 1000.0 + DOUBT) != first


def test_what_a_crash_left_of_a_line_is_passed(tmp_path: Path) -> None:
    path = tmp_path / "came"
    first = again(path).id_of(YES, 1000.0)
    with path.open("ab") as file:
        file.write(b'[1000.0, "ab\n[1]\n{}\n\xff')
    assert again(path).id_of(YES, 1001.0) == first
