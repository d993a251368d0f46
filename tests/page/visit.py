"""A visit of the ops page by an operator: what tests of it begin with."""

import os
import unittest

from bed import Bed, TOKEN
from browser import Browser


class PageTest(unittest.TestCase):
    token = True

    @classmethod
    def setUpClass(cls):
        cls.bed = Bed(token=cls.token)
        cls.addClassCleanup(cls.end_bed)
        cls.bed.start()
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def end_bed(cls):
        if cls.bed.close() != [0]:
            raise AssertionError("the service did not end well")

    def setUp(self):
        self.browser.open(self.bed.base + "/")
        self.browser.run("sessionStorage.clear(); window.violations = 0; "
                         "document.addEventListener('securitypolicyviolation',"
                         " () => window.violations++)")
        self.browser.wait_text("#link", "live")

    def tearDown(self):
        # On a busy machine the stream may end as for any slow reader, and
        # Redis may answer too late; the page asks again by itself.
        self.assertEqual([m for m in self.browser.messages() if not (
            "/page/events" in m and "net::ERR_" in m
            or "/page/" in m and "status of 503" in m)], [])
        self.assertFalse(self.browser.run("return window.violations"))

    def kill_jobs(self, name, count, container="dune",
                  point="on-ticket-opened"):
        for n in range(count):
            self.bed.push(container, point, f"{name}-{n}")
        # What comes into the one moves the other from under the pointer.
        for place in ("#outcome-table", "#dead-table"):
            self.browser.wait_text(place,
                                   *(f"{name}-{n}" for n in range(count)))

    def offer_token(self, value):
        self.browser.write("#token-dialog[open] #token-value", value)
        self.browser.click("#token-dialog button[value=ok]")

    def unlock(self):
        self.browser.click("#token")
        self.offer_token(TOKEN)
        self.browser.wait_text("#token", "Lock")

    def answer(self, question, value):
        self.browser.wait_text("#sure-dialog[open] #sure-text", question)
        self.browser.click(f"#sure-dialog button[value='{value}']")

    def wait_rows(self, table, count, each):
        self.browser.wait(
            f"{count} rows with {each} in {table}", "const rows = [..."
            "document.querySelectorAll(`${arguments[0]} tbody tr`)]; return "
            "rows.length === arguments[1] && rows.every((r) => "
            "r.textContent.includes(arguments[2]))", table, count, each)

    def dead_ids(self):
        return [fields[fields.index(b"id") + 1].decode()
                for _, fields in self.bed.redis.ask(
                    "XRANGE", "extq:{default}:dead", "-", "+")]

    def hold(self, path):
        """Questions to it are asked after a release() only."""
        self.browser.run("""
            window.ask = window.fetch;
            window.held = [];
            window.fetch = (url, ...more) => {
              if (!url.startsWith(`${arguments[0]}?`)) return ask(url, ...more);
              return new Promise((go) => window.held.push(go))
                .then(() => ask(url, ...more));
            }""", path)

    def wait_held(self, count):
        self.browser.wait(f"question {count}",
                          "return window.held.length >= arguments[0]", count)

    def release(self):
        self.browser.run("window.fetch = ask; held.forEach((go) => go())")

    def screenshot(self, name):
        folder = os.environ.get("EXTQ_SCREENSHOTS")
        if folder:
            os.makedirs(folder, exist_ok=True)
            self.browser.screenshot(os.path.join(folder, f"{name}.png"))
