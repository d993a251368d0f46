#!/usr/bin/env python3
"""The ops page in a real browser, with real clicks. Screenshots go to the
folder $EXTQ_SCREENSHOTS, if there is one."""

import itertools
import json
import shutil
import sys
import unittest

from bed import Bed, TOKEN, wait_for
from browser import ENTER, SPACE, TAB
from visit import PageTest

SIZES = {"wide": (1600, 1000), "small": (360, 740)}
MANY = 10000
OVERHANG = "return document.documentElement.scrollWidth - innerWidth"
HOSTILE = [
    "<script>window.broken=1</script>", "<img src=x onerror='window.broken=1'>",
    "\"><svg/onload=window.broken=1>", "javascript:window.broken=1",
    "\u202egnp.exe\u202c\u2066x", "A" * 4000, "a\u0000b\u0007\u001b[31mred\r\n",
    "👩\u200d👩\u200d👧 🇺🇳 e\u0301" + "\u0301" * 60, "مرحبا שלום",
    "${7*7} {{7*7}} %s %n", "]]> --> </script></style></title>",
    "&lt;b&gt; &#x202e; &nbsp;", "\ufeff\u200b\u2028\u2029",
]


class OperatorTest(PageTest):
    def test_a_refused_secret_is_told_with_the_command_that_lists_its_jobs(self):
        for n in range(4):
            self.bed.push("cobalt", "on-invoice-paid", f"told-{n}")
        self.browser.wait_text("#troubles", "cobalt on-invoice-paid")
        self.browser.wait_text("#troubles", "refuses the secret")
        self.browser.wait_text("#troubles code", "extq dead list --container "
                               "cobalt --point on-invoice-paid")
        self.browser.wait_text("#troubles .when", "since ")
        self.browser.wait_text("#verdict", "broken")

    def test_a_job_is_retried_once_the_token_is_given(self):
        self.kill_jobs("retry", 1)
        row = "#dead-table button[aria-label='Retry retry-0']"
        self.browser.click(row)
        self.offer_token("wrong" * 5)
        self.browser.wait_text("#token-dialog[open] #token-said",
                               "not the admin token")
        self.offer_token(TOKEN)
        self.browser.wait_text("#dead-said", "Retried 1 of 1")
        wait_for("its second end", lambda: sum(
            b"retry-0" in fields for _, fields in self.bed.redis.ask(
                "XRANGE", "extq:{default}:outcomes", "-", "+")) >= 3)
        self.browser.messages()  # the refusal of the wrong one

    def test_a_job_is_dropped_after_a_question(self):
        self.kill_jobs("drop", 1)
        self.unlock()
        before = self.dead_ids()
        button = "#dead-table button[aria-label='Drop drop-0']"
        self.browser.click(button)
        self.answer("Drop job drop-0?", "")
        self.assertEqual(self.dead_ids(), before)
        self.browser.click(button)
        self.answer("Drop job drop-0?", "ok")
        self.browser.wait_text("#dead-said", "Dropped 1 of 1")
        before.remove("drop-0")
        self.assertEqual(self.dead_ids(), before)

    def test_selected_jobs_are_dropped_together(self):
        self.kill_jobs("some", 3)
        self.unlock()
        for n in (0, 2):
            self.browser.click(f"#dead-table input[aria-label='Select some-{n}"
                               "']")
        self.browser.wait_text("#dead-drop", "Drop 2 selected")
        self.browser.click("#dead-drop")
        self.answer("Drop 2 jobs?", "ok")
        self.browser.wait_text("#dead-said", "Dropped 2 of 2")
        self.browser.wait("the list without them", "const t = document."
                          "getElementById('dead-table').textContent; return "
                          "t.includes('some-1') && !/some-[02]/.test(t)")
        self.kill_jobs("behind", 1)
        self.assertEqual(self.browser.text("#dead-said"), "Dropped 2 of 2")

    def test_each_question_has_its_own_answer(self):
        drop = "#dead-table [aria-label='Drop ask-{}']".format
        self.kill_jobs("ask", 4)
        self.hold("/page/token")
        self.browser.click(drop(0))
        self.offer_token(TOKEN)
        self.wait_held(1)
        self.browser.click(drop(1))
        self.release()
        self.answer("Drop job ask-0?", "")
        self.answer("Drop job ask-1?", "ok")
        self.browser.wait_text("#dead-said", "Dropped 1 of 1")
        self.browser.click(drop(2))
        self.browser.wait_text("#sure-dialog[open] #sure-text", "ask-2?")
        # Before a frame was drawn without the first one.
        self.browser.run("""
            document.querySelector("#sure-dialog button[value='']").click();
            document.querySelector(arguments[0]).click();""", drop(3))
        self.answer("Drop job ask-3?", "ok")
        wait_for("the other one's end", lambda: "ask-3" not in self.dead_ids())
        self.assertEqual({x for x in self.dead_ids() if x.startswith("ask-")},
                         {"ask-0", "ask-2"})

    def test_what_the_last_filter_asks_for_is_listed(self):
        self.kill_jobs("kept", 1)
        self.browser.write("#dead-filter-container", "x")
        self.browser.wait_text("#dead-table", "None")
        self.hold("/page/dead")
        self.bed.push("dune", "on-ticket-opened", "kept-1")
        self.wait_held(1)
        self.browser.click("#dead-filter button")
        self.release()
        self.browser.wait_text("#dead-table", "kept-0")

    def test_payloads_show_to_who_has_the_token(self):
        self.kill_jobs("shown", 1)
        row = "#dead-table tr:has([aria-label='Select shown-0']) .opens"
        self.browser.click(row)
        self.browser.wait_text("#dead-table .details", "Unlock the page")
        self.browser.click(row)
        self.unlock()
        self.browser.click(row)
        self.browser.wait_text("#dead-table .details pre", '{"lead": "shown-0"}')

    def test_filters_take_what_equals_and_older_ones_are_found(self):
        self.bed.outcomes([{"id": f"f-{n}", "container": f"c{n % 2}",
                            "point": "p", "verdict": "delivered",
                            "class": "ok"} for n in range(20)])
        self.browser.wait_text("#outcome-table", "f-19")
        self.browser.write("#outcome-filter-container", "c1")
        self.wait_rows("#outcome-table", 10, "c1")
        self.browser.click("#outcome-older")
        self.browser.wait_text("#outcome-older-note", "found 10")
        self.browser.write("#outcome-filter-id", "f-3")
        self.wait_rows("#outcome-table", 1, "f-3")

    def test_older_ones_are_of_the_filter_that_is_there(self):
        self.bed.outcomes([{"id": f"g-{n}", "container": f"g{n}", "point": "p",
                            "verdict": "delivered", "class": "ok"}
                           for n in range(2)])
        self.browser.wait_text("#outcome-table", "g-0", "g-1")
        self.browser.write("#outcome-filter-container", "g0")
        self.wait_rows("#outcome-table", 1, "g-0")
        self.hold("/page/outcomes")
        self.browser.click("#outcome-older")
        self.wait_held(1)
        self.browser.click("#outcome-filter button")
        self.browser.write("#outcome-filter-container", "g1")
        self.wait_rows("#outcome-table", 1, "g-1")
        self.browser.click("#outcome-older")
        self.wait_held(2)
        self.release()
        self.browser.wait_text("#outcome-older-note", "found 1")
        self.wait_rows("#outcome-table", 1, "g-1")

    def test_a_lost_redis_and_a_lost_service_are_told(self):
        bed = Bed(more="lease: 4s\n")
        self.addCleanup(bed.close)
        self.addCleanup(self.browser.open, "about:blank")
        bed.start()
        second = bed.start_beside()
        self.browser.open(bed.base + "/")
        self.browser.wait("two services", "return document.querySelectorAll("
                          "'#service-table tbody th').length === 2")
        second.kill()
        self.browser.wait_text("#troubles", "A service was lost")
        bed.redis.process.kill()
        self.browser.wait_text("#troubles", "Redis does not answer")
        self.browser.wait_text("#troubles code", "redis-cli -s ")
        self.screenshot("redis-away")

    def test_all_of_it_is_within_reach_of_the_keyboard(self):
        self.kill_jobs("key", 2)
        self.browser.run("document.activeElement.blur()")
        seen = []
        for _ in range(60):
            self.browser.press(TAB)
            seen.append(self.browser.run("""
                const e = document.activeElement, s = getComputedStyle(e);
                return [e.id || e.className || e.tagName,
                        s.outlineStyle !== "none" && s.outlineWidth !== "0px",
                        e.getClientRects().length > 0]"""))
        names = [name for name, *_ in seen]
        for name in ("skip", "token", "throughput", "latency",
                     "outcome-filter-queue", "outcome-filter-id", "opens"):
            self.assertIn(name, names)
        self.assertEqual([x for x in seen if not (x[1] and x[2]) and
                          x[0] != "BODY"], [])
        self.browser.run("document.getElementById('token').focus()")
        self.browser.press(ENTER)
        self.browser.wait("the token's field", "return "
                          "document.activeElement.id === 'token-value'")
        self.browser.press(*TOKEN, ENTER)
        self.browser.wait_text("#token", "Lock")
        self.browser.run("document.querySelector('#dead-table "
                         ".opens').focus()")
        self.browser.press(SPACE)
        self.browser.wait_text("#dead-table .details pre", "payload")

    def test_names_roles_and_regions_are_there_for_screen_readers(self):
        nodes = self.browser.cdp("Accessibility.getFullAXTree")["nodes"]
        roles = {}
        for node in nodes:
            if not node.get("ignored"):
                name = node.get("name", {}).get("value", "")
                roles.setdefault(node["role"]["value"], []).append(name)
        for role in ("banner", "main", "navigation", "contentinfo", "table",
                     "columnheader", "status", "search", "heading"):
            self.assertIn(role, roles)
        for role in ("button", "textbox", "searchbox", "combobox", "link",
                     "table", "group", "checkbox"):
            self.assertNotIn("", roles.get(role, []), role)
        self.assertEqual(self.browser.run(
            "return document.querySelectorAll('th:not([scope])').length"), 0)


class LookTest(PageTest):
    # What cannot be read for want of contrast (WCAG 2, AA).
    SCRIPT = """
        function light(c) {
          const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 :
            ((v + 0.055) / 1.055) ** 2.4);
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        }
        const parse = (c) => c.match(/[\\d.]+/g).map(Number);
        function back(e) {
          for (; e; e = e.parentElement) {
            const c = parse(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] === 1) return c.slice(0, 3);
          }
          return [255, 255, 255];
        }
        const poor = [];
        for (const e of document.querySelectorAll("body *")) {
          const own = [...e.childNodes].some((n) => n.nodeType === 3 &&
            n.data.trim());
          if (!own || !e.getClientRects().length || e.closest("svg")) continue;
          const a = light(parse(getComputedStyle(e).color).slice(0, 3));
          const b = light(back(e));
          const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          if (ratio < 4.5) poor.push([e.tagName, e.className, ratio,
            e.textContent.slice(0, 40)]);
        }
        return poor"""

    def test_it_can_be_read_in_light_and_dark_wide_and_small(self):
        self.bed.push("borealis", "on-new-lead", "dim-1")
        for n in range(4):
            self.bed.push("cobalt", "on-invoice-paid", f"dim-{n}")
            self.bed.push("acme", "on-new-lead", f"fine-{n}")
        self.browser.wait_text("#troubles", "refuses the secret")
        # All have ended, and are shown: nothing moves any more.
        self.browser.wait_text("#outcome-table",
                               *(f"fine-{n}" for n in range(4)))
        self.wait_rows("#dead-table", 5, "dim-")
        self.wait_rows("#outcome-table", self.bed.redis.ask(
            "XLEN", "extq:{default}:outcomes"), "")
        self.browser.click("#outcome-table .opens")
        self.browser.wait_text("#outcome-table .details", "on-")
        for scheme, size in itertools.product(("light", "dark"), SIZES):
            with self.subTest(scheme=scheme, size=size):
                self.browser.prefer(scheme)
                self.browser.resize(*SIZES[size])
                self.assertEqual(self.browser.run(self.SCRIPT), [])
                self.assertEqual(self.browser.run(OVERHANG), 0)
                self.screenshot(f"{size}-{scheme}")


class HostileTest(PageTest):
    def test_hostile_values_are_text_and_break_nothing(self):
        names = ("container", "point", "class", "verdict", "error", "worker",
                 "id", "status", "ms", "<b>")
        self.bed.outcomes([dict.fromkeys(names, value) for value in HOSTILE])
        self.bed.redis.many([
            ["XADD", "extq:{default}:dead", "*", "class", value, "id", value,
             "container", value, "point", value, "error", value, "record",
             value] for value in HOSTILE])
        self.bed.redis.many([
            ["HSET", "extq:{default}:gates", value, value]
            for value in HOSTILE])
        self.bed.redis.ask("ZADD", "extq:{default}:leases", 9e12, "<i>x")
        self.bed.redis.ask("HSET", "extq:{default}:services", "<i>x",
                           json.dumps({"name": HOSTILE[0], "started": "<",
                                       "version": {"a": 1}}))
        for place in ("#outcome-table", "#dead-table", "#gate-table",
                      "#service-table"):
            self.browser.wait_text(place, HOSTILE[0])
        for place in ("#outcome-table", "#dead-table"):
            self.wait_rows(place, len(HOSTILE), "")
        for n, place in itertools.product(range(3), ("outcome", "dead")):
            self.browser.run("document.querySelectorAll(`#${arguments[0]}-table"
                             " .opens`)[arguments[1]].click()", place, n)
        self.browser.wait("details", "return document.querySelectorAll("
                          "'.details').length >= 6")
        self.browser.wait_text("#outcome-table", "\\u202e")
        self.assertIsNone(self.browser.run("return window.broken"))
        self.assertEqual(self.browser.run(
            "return document.querySelectorAll('main img, main script, main b b,"
            " main svg svg, main style').length"), 0)
        self.assertNotRegex(self.browser.run(
            "return document.body.innerText"),
            "[\u202a-\u202e\u2066-\u2069\u0000\u0007\u001b]")
        for size, place in SIZES.items():
            self.browser.resize(*place)
            self.assertEqual(self.browser.run(OVERHANG), 0, size)
            self.screenshot(f"hostile-{size}")
        self.bed.redis.ask("ZREM", "extq:{default}:leases", "<i>x")
        self.bed.redis.many([["HDEL", "extq:{default}:gates", value]
                             for value in HOSTILE])


class ManyTest(PageTest):
    def test_ten_thousand_outcomes_do_not_freeze_it(self):
        self.browser.run("""
            window.frames = 0;
            (function next() { window.frames++; requestAnimationFrame(next); })()
        """)
        for start in range(0, MANY, 900):
            self.bed.outcomes([
                {"id": f"many-{n}", "container": f"c{n % 300}", "point": "p",
                 "verdict": "delivered" if n % 9 else "dead", "class": "ok",
                 "ms": str(n % 900)} for n in range(start, start + 900)])
            self.browser.wait_text("#outcome-table", f"many-{start + 899}")
        self.assertLessEqual(self.browser.run(
            "return document.querySelectorAll('#outcome-table tr').length"),
            200)
        count = int(self.browser.text("#outcome-count").split(" of ")[0]
                    .replace(",", ""))
        self.assertGreater(count, MANY * 0.9)
        frames = self.browser.run("return window.frames")
        self.browser.write("#outcome-filter-id", "many-9999")
        self.wait_rows("#outcome-table", 1, "many-9999")
        self.browser.wait("another frame",
                          "return window.frames > arguments[0]", frames)


class LockedTest(PageTest):
    token = False

    def test_without_a_token_to_have_nothing_offers_to_change(self):
        self.kill_jobs("locked", 1)
        self.browser.wait_text("#dead-note", "ops.token_file")
        self.assertEqual(self.browser.run(
            "return [...document.querySelectorAll('#dead button')].filter((b) "
            "=> /Retry|Drop/.test(b.textContent) && b.offsetParent).length"), 0)
        self.browser.wait_text("#dead-table code", "extq dead retry ")


if __name__ == "__main__":
    if not (shutil.which("chromedriver") and shutil.which("chromium")):
        print("skipped: chromium and chromium-driver are not installed")
        sys.exit(77)
    unittest.main()
