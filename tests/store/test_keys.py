"""A key is there whole or not at all, and where none can be had that is told before it is needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowlang.store import StoreError
from flowlang.store.keys import Keys

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
    (tmp_path / "store" / f"{name}.key").write_text("00")
    with pytest.raises(StoreError, match="no key of 32 bytes"):
        Keys(tmp_path, "store").probe(_NOW)


def test_the_lasting_key_goes_with_no_month(tmp_path: Path) -> None:
    keys = Keys(tmp_path, "store")
    lasting = keys.named("values")
    keys.current(_NOW)
    assert keys.drop_before(4 * 10**15)
    assert Keys(tmp_path, "store").find("values") == lasting
