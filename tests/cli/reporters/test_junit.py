"""JUnit XML, read by a parser of XML and by a library for such reports."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from compiler.cli.reporters import junit
from compiler.diagnostics import ERROR, Report
from tests.cli.reporters.made import REPORTS, finding, report
from tests.cli.running import SAMPLES, kasc
from tests.cli.test_check import WRONG

junitparser = pytest.importorskip("junitparser")


def test_one_case_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(WRONG)
    ran = kasc(capsys, "check", "--output", "junit", wrong, SAMPLES / "apiserver.yaml")
    assert ran.code == 1
    xml = junitparser.JUnitXml.fromstring(ran.out)
    (suite,) = xml
    assert (suite.tests, suite.failures, suite.errors) == (2, 1, 0)
    bad, good = suite
    assert (bad.name, good.name) == (str(wrong), str(SAMPLES / "apiserver.yaml"))
    assert (bad.is_passed, good.is_passed) == (False, True)
    (failure,) = bad.result
    assert isinstance(failure, junitparser.Failure)
    assert failure.type == "KASC-ETCD-002"
    assert "etcd2 is no longer a supported storage backend" in failure.message
    assert f"{wrong}:7:19: error KASC-ETCD-002" in failure.text
    assert "hint: migrate the data" in failure.text


@given(REPORTS)
@settings(max_examples=100, deadline=None)
def test_xml_is_well_formed_whatever_a_message_holds(reports: list[Report]) -> None:
    text = junit.render(reports)
    assert text.isascii()
    root = ElementTree.fromstring(text)
    cases = root.findall("./testsuite/testcase")
    assert len(cases) == len(reports)
    for case, made in zip(cases, reports, strict=True):
        assert (case.find("failure") is not None) == made.rejected
        told = sum(ord(letter) < 32 and letter != "\n" for part in case.itertext() for letter in part)
        assert told == 0
    assert root.get("failures") == str(sum(made.rejected for made in reports))


def test_characters_that_xml_has_not_are_spelled_out() -> None:
    text = junit.render([report("a\x07.yaml", finding(message='bell \x07, half \ud800, last \uffff, <&">'))])
    case = ElementTree.fromstring(text).find(".//testcase")
    assert case is not None
    assert case.get("name") == "a\\u0007.yaml"
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == 'KASC-ETCD-002: bell \\u0007, half \\ud800, last \ufffd, <&">'


def test_warnings_are_told_and_fail_where_they_count() -> None:
    made = report("a.yaml", finding("warning", "bad practice"))
    for strict in (False, True):
        (suite,) = junitparser.JUnitXml.fromstring(junit.render([made], strict))
        (case,) = suite
        assert case.is_passed is not strict
        assert "bad practice" in (case.result[0].text if strict else case.system_out)


def test_errors_that_are_not_shown_fail_all_the_same() -> None:
    made = report("a.yaml")
    made.deselected.append(finding())
    assert made.of(ERROR)
    (suite,) = junitparser.JUnitXml.fromstring(junit.render([made]))
    (case,) = suite
    assert case.result[0].message == "1 error not shown"
