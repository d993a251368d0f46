#!/usr/bin/env python3
"""deploy/monitoring as Prometheus reads it: rules and their tests, and every
query of the dashboard. Exit 77, and says so, without Debian's prometheus."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                      "deploy", "monitoring")
RULE = 'groups: [{name: x, rules: [{alert: X, expr: "up == 0"}]}]'

NEVER = [
    ('up{job="extq"} == 0', 'up{job="extq"} == 2'),
    ("(extq_lease_held) == 0", "(extq_lease_held) == 2"),
    ("> 0.5 * sum by (point)", "> 5 * sum by (point)"),
    ("> 0.5 * sum by (instance)", "> 5 * sum by (instance)"),
    ("[15m])) > 10", "[15m])) > 1e9"),
    ('{state="waiting"}) > 1000', '{state="waiting"}) > 1e9'),
]


def promtool(*words, folder=FOLDER):
    return subprocess.run(["promtool", *words], cwd=folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def dashboard_rules():
    """Its queries as recording rules, with something for its variables."""
    with open(os.path.join(FOLDER, "dashboard.json"), encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    rules = [{"record": f"panel:{panel['id']}:{target['refId']}",
              "expr": re.sub(r"\$(job|queue|point)", ".*", target["expr"])
              .replace("$__rate_interval", "5m")}
             for panel in panels for target in panel.get("targets", ())]
    return json.dumps({"groups": [{"name": "dashboard", "rules": rules}]})


class PromtoolTest(unittest.TestCase):
    def check_text(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rules.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return promtool("check", "rules", path)

    def test_rules_are_right(self):
        done = promtool("check", "rules", "alerts.yaml")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_rules_ring_when_they_should(self):
        done = promtool("test", "rules", "alerts_test.yaml")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_rule_that_never_rings_is_found(self):
        with open(os.path.join(FOLDER, "alerts.yaml"), encoding="utf-8") as file:
            text = file.read()
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(os.path.join(FOLDER, "alerts_test.yaml"), folder)
            for good, broken in NEVER:
                self.assertEqual(text.count(good), 1, good)
                with open(os.path.join(folder, "alerts.yaml"), "w",
                          encoding="utf-8") as file:
                    file.write(text.replace(good, broken))
                done = promtool("test", "rules", "alerts_test.yaml",
                                folder=folder)
                self.assertNotEqual(done.returncode, 0, good)

    def test_queries_of_the_dashboard_are_right(self):
        done = self.check_text(dashboard_rules())
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_query_that_is_wrong_is_found(self):
        self.assertEqual(self.check_text(RULE).returncode, 0)
        broken = self.check_text(RULE.replace("up ==", "up( =="))
        self.assertNotEqual(broken.returncode, 0)


if __name__ == "__main__":
    if not shutil.which("promtool"):
        print("skipped: promtool is not installed (Debian: prometheus)")
        sys.exit(77)
    unittest.main(verbosity=2)
