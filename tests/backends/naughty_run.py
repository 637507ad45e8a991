"""`make naughty`: texts that have broken programs in every field of every backend, and what came of them.

Each row is a field; what is counted is on the wire, as the other side took it. The last line is JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SQL = "sql/test_backend.py::test_a_text_that_is_no_text_and_a_drivers_mistake_cost_their_statement_alone"
TESTS = ("test_naughty.py", "test_naughty_fields.py", SQL)
COUNTS = ("given", "left", "headers", "recipients", "commands")


class Collector:
    """Takes down what the tests tell, and whether one failed."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []
        self.failed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One stage of a test is over."""
        self.failed += report.failed
        if report.when == "call":
            self.rows += [value for name, value in report.user_properties if name == "counted"]


def main() -> int:
    """Run them; 1 where anything came of a text that should not."""
    collector = Collector()
    arguments = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--no-header"]
    pytest.main([*arguments, *(f"{HERE}/{each}" for each in TESTS)], plugins=[collector])
    print(f"\n{'field':40}{''.join(f'{each:>12}' for each in COUNTS)}")
    for row in collector.rows:
        print(f"{row['field']!s:40}{''.join(f'{row[each]!s:>12}' for each in COUNTS)}")
    sums = {each: sum(int(str(row[each])) for row in collector.rows) for each in COUNTS}
    print(json.dumps({"fields": len(collector.rows), **sums, "failed": collector.failed}))
    return 1 if collector.failed or not collector.rows else 0


if __name__ == "__main__":
    sys.exit(main())
