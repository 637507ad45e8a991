"""What an SMSC sends again, by an id of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import blake2b, sha256
from itertools import count
from pathlib import Path

import pytest

from flowlang.backends.smpp.again import BRIEFLY, DOUBT, Again
from flowlang.backends.smpp.incoming import Text
from flowlang.backends.smpp.kind import digest_by
from flowlang.store.keys import Keys
from flowlang.store.sealing import LastingSealer

NUMBERS = count()
YES, NO = (Text("sms:+14155550100", "sms:+16062067563", each) for each in ("yes", "no"))


def again(path: Path, digest: Callable[[str], str] | None = None) -> Again:
    """That of a new process."""
    return Again(lambda: f"m{next(NUMBERS)}", path, digest)


def test_what_came_is_known_by_a_hash_that_nobody_can_try_without_the_key(tmp_path: Path) -> None:
    path, keys = tmp_path / "came", tmp_path / "keys"
    first = again(path, digest_by(LastingSealer(Keys(keys, "a")))).id_of(YES, 1000.0)
    said = json.dumps([YES.source, YES.to, YES.text]).encode()
    for made in (sha256(said), blake2b(said, digest_size=16)):
        assert made.hexdigest()[:32].encode() not in path.read_bytes()
    assert again(path, digest_by(LastingSealer(Keys(keys, "a")))).id_of(YES, 1001.0) == first
    (tmp_path / "no folder").touch()
    without = digest_by(LastingSealer(Keys(tmp_path / "no folder", "a")))
    assert again(tmp_path / "other", without).id_of(YES, 1002.0) != first


def test_what_a_process_had_has_its_id_in_the_next(tmp_path: Path) -> None:
    path = tmp_path / "came"
    before = again(path)
    first, second = before.id_of(YES, 1000.0), before.id_of(NO, 1001.0)
    after = again(path)
    assert after.id_of(NO, 1002.0) == second
    after.decided(second)
    assert after.id_of(NO, 1002.0) not in (first, second)
    third = again(path)
    assert third.id_of(YES, 1003.0) == first
    assert third.id_of(NO, 1003.0) == second
    assert b"yes" not in path.read_bytes()


def test_what_was_answered_before_a_process_died_is_another_in_the_next(tmp_path: Path) -> None:
    """Such as `yes` to the next question."""
    path = tmp_path / "came"
    before = again(path)
    first, second = before.id_of(YES, 1000.0), before.id_of(NO, 1000.0)
    before.decided(first)
    before.answered([first], 1000.0)
    before.gone([first], 1000.0)
    after = again(path)
    assert after.id_of(YES, 1000.5) != first
    assert after.id_of(NO, 1000.5) == second


@pytest.mark.parametrize(("seconds", "same"), [(BRIEFLY - 1, True), (BRIEFLY, False)])
def test_what_was_being_answered_as_a_process_was_killed_comes_again_at_once_or_not(
    seconds: float, same: bool, tmp_path: Path
) -> None:
    path = tmp_path / "came"
    before = again(path)
    first = before.id_of(YES, 1000.0)
    before.decided(first)
    before.answered([first], 1000.0)
    after = again(path)
    after.bound(1010.0)
    assert (after.id_of(YES, 1010.0 + seconds) == first) is same


def test_an_answer_that_did_not_go_out_whole_is_none(tmp_path: Path) -> None:
    path = tmp_path / "came"
    before = again(path)
    first = before.id_of(YES, 1000.0)
    before.decided(first)
    before.answered([first], 1000.0)
    before.unsaid([first])
    before.lost(1030.0)
    before.bound(1031.0)
    assert before.id_of(YES, 1032.0) == first
    assert again(path).id_of(YES, 1033.0) == first


def test_what_the_smsc_has_an_answer_to_is_in_no_doubt_when_the_connection_breaks(tmp_path: Path) -> None:
    one = again(tmp_path / "came")
    first, second = one.id_of(YES, 1000.0), one.id_of(NO, 1000.0)
    for each in (first, second):
        one.decided(each)
        one.answered([each], 1000.0)
    one.known([first])
    one.lost(1001.0)
    one.bound(1002.0)
    assert one.id_of(YES, 1003.0) != first
    assert one.id_of(NO, 1003.0) == second


def test_a_clock_that_is_set_back_makes_nothing_another(tmp_path: Path) -> None:
    path = tmp_path / "came"
    first = again(path).id_of(YES, 9000.0)
    after = again(path)
    assert after.id_of(YES, 1000.0) == first
    after.decided(first)
    after.answered([first], 9001.0)
    after.lost(1002.0)
    assert after.id_of(YES, 1003.0) == first


def test_what_was_never_answered_is_known_for_hours_and_comes_soon_after_the_bind(tmp_path: Path) -> None:
    path = tmp_path / "came"
    before = again(path)
    first, second = before.id_of(YES, 1000.0), before.id_of(NO, 1000.0)
    after = again(path)
    after.bound(9000.0)
    assert after.id_of(YES, 9001.0) == first
    assert after.id_of(NO, 9000.0 + DOUBT) != second


def test_what_was_answered_long_before_the_connection_broke_is_another(tmp_path: Path) -> None:
    one = again(tmp_path / "came")
    one.bound(1000.0)
    first = one.id_of(YES, 1000.0)
    one.decided(first)
    one.answered([first], 1000.0)
    one.lost(1030.0)
    one.bound(1031.0)
    second = one.id_of(YES, 1032.0)
    assert second != first
    one.lost(1033.0)
    one.bound(1034.0)
    assert one.id_of(YES, 1035.0) == second


def test_an_answer_since_which_nothing_was_heard_may_be_lost(tmp_path: Path) -> None:
    one = again(tmp_path / "came")
    first = one.id_of(YES, 1000.0)
    one.decided(first)
    one.answered([first], 1000.0)
    one.lost(1060.0, heard=1000.0)
    one.bound(1061.0)
    assert one.id_of(YES, 1062.0) == first


def test_on_one_connection_what_is_not_answered_yet_is_the_same(tmp_path: Path) -> None:
    one = again(tmp_path / "came")
    first = one.id_of(YES, 1000.0)
    assert one.id_of(YES, 1010.0) == first
    one.decided(first)
    assert one.id_of(YES, 1011.0) != first


def test_what_a_crash_left_of_a_line_is_passed(tmp_path: Path) -> None:
    path = tmp_path / "came"
    first = again(path).id_of(YES, 1000.0)
    with path.open("ab") as file:
        file.write(b'[1000.0, "ab\n[1]\n{}\n\xff')
    assert again(path).id_of(YES, 1001.0) == first
