#!/usr/bin/env python3
"""Counts test cases after ctest runs: `count.py JUNIT.xml... TAP_DIR` prints
`PASSED FAILED SKIPPED`. Of a test in several files the last counts. An
executable with a TAP file counts once for each of its cases, any other test
once. What ctest saw fail, or what ended before its plan was written, is at
least one failure."""

import os
import re
import sys
import tempfile
import xml.etree.ElementTree as xml

CASE = re.compile(r"^(not )?ok \d+ - (.*)$", re.M)
PLAN = re.compile(r"^1\.\.(\d+)$", re.M)


def count_tap(text):
    """Passed and failed cases; a missing case or plan is a failure."""
    cases = CASE.findall(text)
    failed = sum(1 for case in cases if case[0])
    plan = PLAN.search(text)
    if not plan:
        return len(cases) - failed, failed + 1
    missing = int(plan.group(1)) - len(cases)
    return len(cases) - failed, failed + max(missing, 0)


def count_test(test, tap_dir):
    status = test.get("status")
    tap = os.path.join(tap_dir, test.get("name") + ".tap")
    if status in ("notrun", "disabled"):
        skipped = test.find("skipped")
        reason = skipped.get("message", "") if skipped is not None else ""
        return (0, 0, 1) if "SKIP_" in reason else (0, 1, 0)
    passed, failed = (1, 0) if status == "run" else (0, 1)
    if os.path.exists(tap):
        with open(tap, encoding="utf-8", errors="replace") as file:
            passed, failed = count_tap(file.read())
        if status != "run":
            failed = max(failed, 1)
    return passed, failed, 0


def count(junits, tap_dir):
    tests = {test.get("name"): test for junit in junits
             for test in xml.parse(junit).getroot().iter("testcase")}
    rows = [count_test(test, tap_dir) for test in tests.values()]
    return tuple(sum(column) for column in zip(*rows)) or (0, 0, 0)


JUNIT = """<testsuite>
<testcase name="unit.a" status="run"/>
<testcase name="unit.b" status="fail"><failure message=""/></testcase>
<testcase name="unit.timeout" status="fail"><failure message=""/></testcase>
<testcase name="unit.leak" status="fail"><failure message=""/></testcase>
<testcase name="lint.x" status="run"/>
<testcase name="lint.y" status="fail"><failure message=""/></testcase>
<testcase name="lint.z" status="notrun">
<skipped message="SKIP_RETURN_CODE=77"/></testcase>
<testcase name="unit.lost" status="notrun">
<skipped message="Unable to find executable"/></testcase>
</testsuite>
"""
AGAIN = """<testsuite>
<testcase name="lint.y" status="run"/>
</testsuite>
"""
TAPS = {
    "unit.a": "ok 1 - a.c:a:one: Passed\nok 2 - a.c:a:two: Passed\n1..2\n",
    "unit.b": "not ok 1 - a.c:a:one: no\nok 2 - a.c:a:two: Passed\n1..2\n",
    "unit.timeout": "ok 1 - a.c:a:one: Passed\n",
    "unit.leak": "ok 1 - a.c:a:one: Passed\n1..1\n",
}


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        for name, text in [("junit.xml", JUNIT), ("again.xml", AGAIN)] + [
                (name + ".tap", text) for name, text in TAPS.items()]:
            with open(os.path.join(folder, name), "w",
                      encoding="utf-8") as file:
                file.write(text)
        junits = [os.path.join(folder, name)
                  for name in ("junit.xml", "again.xml")]
        got = count(junits[:1], folder), count(junits, folder)
    if got != ((6, 5, 1), (7, 4, 1)):
        sys.exit(f"self-test: counted {got}, not (6, 5, 1) and (7, 4, 1)")


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    elif len(sys.argv) >= 3:
        print(*count(sys.argv[1:-1], sys.argv[-1]))
    else:
        sys.exit(__doc__)
