#!/usr/bin/env python3
"""deploy/monitoring beside the /metrics of a real service: rules and dashboard
use metrics, labels and words that are there, and no others."""

import json
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "page"))
from bed import Bed, wait_for  # noqa: E402

FOLDER = os.path.join(ROOT, "deploy", "monitoring")
NAME = re.compile(r"\b(?:extq|process)_[a-z_]+\b")
SELECTOR = re.compile(r"\b((?:extq|process)_[a-z_]+)\{([^{}]*)\}")
MATCHER = re.compile(r'([a-z_]+)(=~|!=|!~|=)"([^"]*)"')
# What Prometheus adds to each series.
ADDED = {"job", "instance"}
# Where verdicts have their words.
SOURCE = os.path.join(ROOT, "src", "model", "outcome.c")


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def expressions(dashboard):
    """Every query of it, the variables' included."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]


class Page:
    """Names of metrics, with the labels and their values that each has."""

    def __init__(self, text):
        self.kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        self.labels = {}
        for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? \S+$", text, re.M):
            values = self.labels.setdefault(name, {})
            for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
                values.setdefault(label, set()).add(value)

    def unknown(self, text):
        """What the text names that is not there."""
        for name in sorted(set(NAME.findall(text))):
            if name not in self.labels and name not in self.kinds:
                yield name
        for name, matchers in SELECTOR.findall(text):
            there = self.labels.get(name, {})
            for label, how, value in MATCHER.findall(matchers):
                if label not in there and label not in ADDED:
                    yield f"{name}{{{label}}}"
                if label in ("state", "kind", "source", "result"):
                    for word in set(value.split("|")) - there[label]:
                        yield f'{name}{{{label}="{word}"}}'


class MonitoringTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        bed = Bed()
        bed.start()
        try:
            bed.push("acme", "on-new-lead", "a")
            bed.push("borealis", "on-new-lead", "b")
            cls.page = wait_for("a page with calls on it", lambda: cls.whole(
                bed.get("/metrics")[2].decode()))
        finally:
            codes = bed.close()
        assert codes == [0], codes

    @staticmethod
    def whole(text):
        wanted = ("extq_queue_wait_seconds_bucket", "extq_queue_jobs{",
                  "extq_call_seconds_bucket", 'verdict="retry"')
        return Page(text) if all(w in text for w in wanted) else None

    def test_rules_name_what_is_there(self):
        self.assertEqual(list(self.page.unknown(read("alerts.yaml"))), [])

    def test_their_tests_name_what_is_there(self):
        text = read("alerts_test.yaml")
        self.assertEqual(list(self.page.unknown(text)), [])

    def test_the_dashboard_names_what_is_there(self):
        found = list(expressions(json.loads(read("dashboard.json"))))
        self.assertGreater(len(found), 20)
        self.assertEqual(list(self.page.unknown("\n".join(found))), [])

    def test_most_of_what_is_there_is_on_the_dashboard(self):
        """A metric that is added and shown nowhere is noticed here."""
        text = read("dashboard.json") + read("alerts.yaml")
        unused = {name for name in self.page.kinds if name not in text}
        self.assertEqual(unused, {
            "extq_draining", "extq_earlier_configurations",
            "extq_queue_held_jobs", "extq_trace_spans_total",
            "process_start_time_seconds"})

    def test_verdicts_are_those_of_outcomes(self):
        with open(SOURCE, encoding="utf-8") as file:
            words = set(re.findall(r'"([a-z_]+)"', file.read()))
        for name in ("alerts.yaml", "dashboard.json"):
            text = read(name).replace('\\"', '"')
            for value in re.findall(r'\bverdict=~?"([^"]*)"', text):
                self.assertLessEqual(set(value.split("|")), words)

    def test_panels_have_places_of_their_own(self):
        dashboard = json.loads(read("dashboard.json"))
        taken = set()
        for panel in dashboard["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                     for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            taken |= cells
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))

    def test_what_is_not_there_would_be_found(self):
        text = ('extq_jobs_total extq_gates{knd="circuit"} '
                'extq_gates{kind="broken"} extq_queue_jobs{state="waiting"}')
        self.assertEqual(list(self.page.unknown(text)),
                         ["extq_jobs_total", "extq_gates{knd}",
                          'extq_gates{kind="broken"}'])


if __name__ == "__main__":
    unittest.main(verbosity=2)
