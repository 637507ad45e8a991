"""A key is there whole or not at all, and where none can be had that is told before it is needed."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from flowlang.model.plain import SealedError, from_plain
from flowlang.model.values import SECOND
from flowlang.store import StoreError
from flowlang.store.keys import Keys
from flowlang.store.sealing import LastingSealer, Sealer, key_missing

_NOW = 1.8e9


def test_a_disk_that_is_full_for_a_moment_spoils_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keys(tmp_path, "store")
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, data: write(file, data[:7]))
        with pytest.raises(StoreError, match="cannot be made: No space left"):
            keys.current(_NOW)
    assert not list((tmp_path / "store").iterdir())
    name, key = keys.current(_NOW)
    assert Keys(tmp_path, "store").current(_NOW) == (name, key)
    assert [each.name for each in (tmp_path / "store").iterdir()] == [f"{name}.key"]


def test_a_probe_tells_what_making_a_key_would_and_makes_none(tmp_path: Path) -> None:
    Keys(tmp_path, "store").probe(_NOW)
    assert not list((tmp_path / "store").iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        Keys(tmp_path / "file", "store").probe(_NOW)
    name, _ = Keys(tmp_path, "store").current(_NOW)
    assert name.startswith("2027-01-")
    (tmp_path / "store" / f"{name}.key").write_text("00")
    with pytest.raises(StoreError, match="no key of 32 bytes"):
        Keys(tmp_path, "store").probe(_NOW)


def test_the_lasting_key_goes_with_no_month(tmp_path: Path) -> None:
    keys = Keys(tmp_path, "store")
    lasting = keys.lasting()
    name, _ = keys.current(_NOW)
    assert keys.drop_before(4 * 10**15) == [name]
    assert Keys(tmp_path, "store").find_lasting() == lasting


def test_one_that_was_away_is_back_beside_the_one_that_was_made_meanwhile(tmp_path: Path) -> None:
    folder, away = tmp_path / "store", tmp_path / "away"
    sealed: list[str] = []
    for each in ("old", "new"):
        sealed += [
            kept.encode({"$secret": each}) for kept in (_Month(tmp_path), LastingSealer(_keys(tmp_path)))
        ]
        if each == "old":
            folder.rename(away)
    shutil.copytree(away, folder, dirs_exist_ok=True)
    assert len(list(folder.iterdir())) == 4
    opened = [_Month(tmp_path).decode(each) for each in sealed]
    assert opened == [{"$secret": "old"}] * 2 + [{"$secret": "new"}] * 2
    assert _keys(tmp_path).current(_NOW) == _keys(tmp_path).current(_NOW)
    assert len(_keys(tmp_path).drop_before(4 * 10**15)) == 2
    assert len(list(folder.iterdir())) == 2


def test_what_has_no_key_says_which_file_it_misses_and_what_has_another_one_too(tmp_path: Path) -> None:
    text = _Month(tmp_path).encode({"a": [{"$secret": "x"}]})
    (file,) = (tmp_path / "store").iterdir()
    key = file.read_text()
    for other, why in (
        (None, f"a secret whose key {file} is missing: put it back"),
        ("00" * 32, f"a secret that {file} does not open: it is damaged, or of another key"),
    ):
        file.unlink()
        if other is not None:
            file.write_text(other)
        found = _Month(tmp_path).decode(text)
        assert key_missing(found) == why
        with pytest.raises(SealedError, match=re.escape(why)):
            from_plain(found)
        file.write_text(key)
        assert _Month(tmp_path).decode(_Month(tmp_path).encode(found)) == {"a": [{"$secret": "x"}]}


def test_a_key_without_a_tail_still_opens_what_it_closed(tmp_path: Path) -> None:
    keys = _keys(tmp_path)
    name, _ = keys.current(_NOW)
    (tmp_path / "store" / f"{name}.key").rename(tmp_path / "store" / "2027-01.key")
    assert _keys(tmp_path).find("2027-01") is not None
    assert _keys(tmp_path).drop_before(4 * 10**15) == ["2027-01"]


def _keys(folder: Path) -> Keys:
    return Keys(folder, "store")


class _Month:
    """Keeps things in the month of `_NOW`."""

    def __init__(self, folder: Path) -> None:
        self._sealer = Sealer(_keys(folder))
        self.decode = self._sealer.decode

    def encode(self, plain: Any) -> str:
        return self._sealer.encode(plain, round(_NOW) * SECOND)
