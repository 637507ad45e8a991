"""Documents are broken where they must be and nowhere else."""

from __future__ import annotations

from flowlang.syntax.format.layout import (
    LINE,
    WIDTH,
    Align,
    Doc,
    Either,
    HardLine,
    Nest,
    Remark,
    concat,
    fill,
    hard,
    joined,
    layout,
)

WORD = "w" * 9  # with its blank a tenth of the line


def test_text_that_fits_stays_on_its_line() -> None:
    assert layout(fill([WORD] * 10)) == " ".join([WORD] * 10)


def test_a_fill_breaks_before_the_first_item_that_does_not_fit() -> None:
    assert layout(fill([WORD] * 11)) == " ".join([WORD] * 10) + f"\n{WORD}"


def test_what_follows_the_last_item_has_to_fit_too() -> None:
    assert layout(concat(fill([WORD] * 10), "))")) == " ".join([WORD] * 9) + f"\n{WORD}))"


def test_aligned_lines_begin_where_the_first_one_does() -> None:
    assert layout(concat("call(", Align(joined(LINE, ["a", "b"])), ")")) == "call(a\n     b)"


def test_nested_lines_are_indented_by_four() -> None:
    assert (
        layout(concat("{", Nest(concat(LINE, "a", HardLine(blank=True), "b")), LINE, "}"))
        == "{\n    a\n\n    b\n}"
    )


def test_of_two_forms_the_flat_one_is_taken_if_it_fits() -> None:
    doc = Either("flat", concat("tall", LINE, "tall"))
    assert layout(doc) == "flat"
    assert layout(concat("x" * (WIDTH - 4), doc)).endswith("flat")
    assert layout(concat("x" * (WIDTH - 3), doc)).endswith("tall\ntall")


def test_what_another_wrote_before_takes_room() -> None:
    doc: Doc = Either("x" * (WIDTH - 3), "tall")
    assert layout(doc, 3) != "tall"
    assert layout(doc, 4) == "tall"


def test_a_remark_goes_behind_the_line_on_which_it_is_met() -> None:
    assert layout(concat("a", Remark("# why"), ", b", LINE, "c")) == "a, b  # why\nc"


def test_remarks_of_neighbouring_lines_stand_in_one_column() -> None:
    doc = concat("a", Remark("# 1"), LINE, "long", Remark("# 2"), LINE, "b", LINE, "c", Remark("# 3"))
    assert layout(doc) == "a     # 1\nlong  # 2\nb\nc  # 3"


def test_remarks_do_not_move_where_a_line_would_stick_out() -> None:
    doc = concat("a", Remark("# " + "x" * 90), LINE, "longer than that", Remark("# 2"))
    assert layout(doc).startswith("a  # x")


def test_text_with_line_ends_is_left_as_it_is() -> None:
    text = '"""\n  long  \n"""'
    assert hard(text)
    assert layout(Nest(concat("a ", text, LINE, "b"))) == f"a {text}\n    b"
