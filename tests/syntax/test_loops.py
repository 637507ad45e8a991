"""Loops, labels and the ways out."""

from __future__ import annotations

from tests.syntax.outline import is_body


def test_loops_and_labels() -> None:
    is_body(
        """menu: loop up to 3 { continue menu }
loop { break }
outer: while true { break outer }
each: for x in xs { continue }""",
        """
        Loop «menu: loop up to 3 { continue menu }» label='menu'
          limit: Number «3» value=3
          body: Block «{ continue menu }»
            statements: Continue «continue menu» label='menu'
        Loop «loop { break }»
          body: Block «{ break }»
            statements: Break «break»
        While «outer: while true { break outer }» label='outer'
          condition: Boolean «true» value=True
          body: Block «{ break outer }»
            statements: Break «break outer» label='outer'
        For «each: for x in xs { continue }» label='each' name='x' name_span=«x»
          iterable: Name «xs» name='xs'
          body: Block «{ continue }»
            statements: Continue «continue»
        """,
    )


def test_stop_return_and_raise() -> None:
    is_body(
        '''stop
return
return 1
raise
raise "x"''',
        """
        Stop «stop»
        Return «return»
        Return «return 1»
          value: Number «1» value=1
        Raise «raise»
        Raise «raise "x"»
          value: Text «"x"» value='x'
        """,
    )


def test_try_has_a_catch_a_finally_or_both() -> None:
    is_body(
        """try { } catch e { } finally { }
try { } catch { }
try { } finally { }""",
        """
        Try «try { } catch e { } finally { }» catch_name='e'
          body: Block «{ }»
          catch: Block «{ }»
          final: Block «{ }»
        Try «try { } catch { }»
          body: Block «{ }»
          catch: Block «{ }»
        Try «try { } finally { }»
          body: Block «{ }»
          final: Block «{ }»
        """,
    )
