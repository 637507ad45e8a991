"""Who was told that he gets no more messages gets none, whatever becomes of the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowlang.store import StoreError
from flowlang.store.opt_outs import OptedOut


def test_a_disk_that_is_full_for_a_moment_loses_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opted, write = OptedOut(tmp_path), os.write
    opted.add("sms:+14155550100")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, data: write(file, data[:9]))
        with pytest.raises(StoreError, match="no space left"):
            opted.add("sms:+14155550101")
    opted.add("sms:+14155550102")
    opted.close()
    again = OptedOut(tmp_path)
    assert "sms:+14155550101" not in opted
    assert len(again) == 2
    assert "sms:+14155550100" in again
    assert "sms:+14155550102" in again
    again.close()
