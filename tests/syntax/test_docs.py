"""Docs and other comments."""

from __future__ import annotations

from flowlang.diagnostics import Source
from flowlang.syntax import parse
from tests.syntax.outline import read


def docs(text: str) -> list[str | None]:
    module = read(text)
    return [module.doc, *(getattr(each, "doc", None) for each in module.declarations)]


def test_a_doc_stands_directly_above_its_declaration() -> None:
    assert docs("use 'a'\n## Far.\n\n## Near.\n## Twice.\nflow f { }") == [None, None, "Near.\nTwice."]


def test_a_comment_is_no_doc() -> None:
    assert docs("use 'a'\n# No.\nflow f { }\n## Yes.\n# No.\nflow g { }") == [None, None, None, None]


def test_the_doc_at_the_top_is_the_scripts_where_the_declaration_below_has_none() -> None:
    assert docs("## All.\nuse 'a'\n\n## One.\nflow f { }") == ["All.", None, "One."]


def test_the_doc_at_the_top_is_the_scripts_where_a_blank_line_follows() -> None:
    assert docs("## All.\n\nflow f { }") == ["All.", None]
    assert docs("## All.") == ["All."]


def test_the_doc_at_the_top_is_the_flows_that_it_stands_above() -> None:
    assert docs("## One.\nflow f { }") == [None, "One."]


def test_comments_are_kept_in_order() -> None:
    text = "# a\nflow f { # b\n\n  # c\n  ## d\n  say '# no' # e\n}# f\n# g"
    result = parse(Source("test.flow", text))
    assert [text[start:end] for start, end in result.comments] == [
        "# a",
        "# b",
        "# c",
        "## d",
        "# e",
        "# f",
        "# g",
    ]
