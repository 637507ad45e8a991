"""What a script attaches: a file below its folders, under its name, whatever that says."""

from __future__ import annotations

import unicodedata
from collections import Counter
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

from flowlang.backends.email.attachable import Attachable
from flowlang.backends.email.compose import ComposeError, Writer
from flowlang.model.message_commands import SendMessage
from tests.backends.naughty import ALL
from tests.backends.naughty_fields import FIELDS

HEADERS = {"content-type", "content-transfer-encoding", "content-disposition", "mime-version"}
TEXTS = tuple(dict.fromkeys((*ALL, *FIELDS)))


LINES = ("Cc", "Cs", "Zl", "Zp")


def is_name(text: str) -> bool:
    """Whether a file of a folder may have it."""
    whole = text.encode("utf-8", "replace").decode() == text
    return whole and text not in ("", ".", "..") and not set(text) & set("/\0") and len(text.encode()) < 250


def sent(folder: Path, *names: str, most: int = 10_000) -> EmailMessage:
    return written(Attachable((folder,)), *names, most=most)


def written(attachable: Attachable, *names: str, most: int = 10_000) -> EmailMessage:
    writer = Writer("mailto:desk@clinic.example", attachable=attachable, most_bytes=most)
    mail = SendMessage("email", "mailto:ann@home.example", "Hi", "af1/1", subject="Hi", attachments=names)
    data = writer.compose(mail, 0).data
    return BytesParser(policy=default).parsebytes(data)  # type: ignore[return-value, arg-type]


def test_a_file_of_any_name_is_one_part_under_that_name(tmp_path: Path) -> None:
    attached = 0
    for text in TEXTS:
        if not is_name(text):  # it would be a file elsewhere
            continue
        for name in (text, f"{text}.txt"):
            (tmp_path / name).write_bytes(b"ten o'clock")
            if name.startswith("."):
                with pytest.raises(ComposeError, match="no secret"):
                    sent(tmp_path, name)
                continue
            if any(unicodedata.category(each) in LINES for each in name):
                with pytest.raises(ComposeError, match="one line"):
                    sent(tmp_path, name)
                continue
            got = sent(tmp_path, name)
            attached += 1
            (part,) = got.iter_attachments()
            names = Counter(each.lower() for each in part.keys())  # noqa: SIM118 (the headers)
            assert set(names) <= HEADERS, name
            assert set(names.values()) == {1}, name
            assert (part.get_filename() or "").strip("<>- ") == name.strip("<>- ").replace("=?", "= ?")
            assert part.get_content() in (b"ten o'clock", "ten o'clock")
    assert attached > 100


@pytest.mark.parametrize(
    "name",
    ["none.txt", "../secret", "/etc/passwd", "inner", "a\0b", "\ud800", "x" * 5_000, "round", "x/" * 3_000],
)
def test_what_is_no_file_below_the_folders_is_told_as_such(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (tmp_path / "secret").write_text("x")
    (folder / "round").symlink_to(folder / "round")
    with pytest.raises(ComposeError) as refused:
        sent(folder, name)
    assert refused.value.reason == "attachment"
    assert str(refused.value).isprintable()


def test_a_link_leads_nowhere_outside(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "secret").write_text("x")
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(ComposeError):
        sent(folder, "link")


def test_no_secret_goes_out_wherever_it_lies(tmp_path: Path) -> None:
    files = "plan.txt", "imap", "tls.pem", "TLS.KEY", ".env", ".git/config", "inner/.ssh/known"
    for name in files:
        (tmp_path / "open" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "open" / name).write_text("hunter2")
    (tmp_path / "open" / "way").symlink_to(tmp_path / "open" / "imap")
    (tmp_path / "flow.toml").write_text("x")
    attachable = Attachable((tmp_path / "open",), tmp_path, frozenset({tmp_path / "open" / "imap"}))
    for name in ("plan.txt", "open/plan.txt"):  # from the folder, and from that of `flow.toml`
        assert len(list(written(attachable, name).iter_attachments())) == 1
    for name in (*files[1:], "way", "open/imap", "open/tls.pem", "flow.toml"):
        with pytest.raises(ComposeError, match="and no secret"):
            written(attachable, name)


def test_without_a_folder_nothing_is_attached(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("x")
    with pytest.raises(ComposeError, match="`attachments` of the backend"):
        written(Attachable((), tmp_path), "plan.txt")


def test_all_together_have_a_largest_size(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x" * 4_000)
    assert len(list(sent(tmp_path, "a").iter_attachments())) == 1
    with pytest.raises(ComposeError) as refused:
        sent(tmp_path, "a", "b", "a")
    assert refused.value.reason == "too_large"
