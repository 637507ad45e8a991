"""Results as the XML of JUnit, which CI servers read: a `testsuite` for each script; times are virtual."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from flowlang.model.values import SECOND

from .rendering import result_lines
from .results import Report, TestResult

_HEAD = '<?xml version="1.0" encoding="utf-8"?>'  # ElementTree's own tells the terminal's encoding


def junit(reports: Iterable[Report]) -> str:
    """The whole document."""
    suites = ElementTree.Element("testsuites")
    for report in reports:
        if report.results:
            _suite(suites, report.results)
    ElementTree.indent(suites)
    return f"{_HEAD}\n{ElementTree.tostring(suites, encoding='unicode')}\n"


def _suite(suites: ElementTree.Element, results: tuple[TestResult, ...]) -> None:
    name = _clean(results[0].source.name)
    failed = sum(not each.passed for each in results)
    lasted = sum(each.lasted for each in results) / SECOND
    suite = ElementTree.SubElement(
        suites,
        "testsuite",
        {
            "name": name,
            "tests": str(len(results)),
            "failures": str(failed),
            "errors": "0",
            "time": f"{lasted:.3f}",
        },
    )
    for each in results:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            {
                "classname": name,
                "name": _clean(each.title),
                "file": name,
                "line": str(each.line),
                "time": f"{each.lasted / SECOND:.3f}",
            },
        )
        if each.failure is not None:
            message = _clean(each.failure.message)
            failure = ElementTree.SubElement(case, "failure", {"message": message})
            failure.text = "\n".join(map(_clean, result_lines(each)))


def _clean(text: str) -> str:
    """On one line, and without what XML 1.0 cannot hold."""
    return "".join(each if each.isprintable() else " " for each in text)
