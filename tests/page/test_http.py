#!/usr/bin/env python3
"""The ops page as plain requests see it: whose are answered, and with what."""

import contextlib
import json
import socket
import unittest

from bed import Bed, LIMIT_S, TOKEN, wait_for

FILES = {"/": "text/html", "/page/page.css": "text/css",
         "/page/main.js": "text/javascript", "/page/icon.svg": "image/svg+xml"}
OWN = {"Authorization": f"Bearer {TOKEN}"}
HTML = {"Accept": "text/html"}
DEAD = "/page/dead?queue=default"
ACTS = ("/page/dead/retry", "/page/dead/drop", "/page/token")
WATCHERS_MAX = 16


class Stream:
    """Somebody who watches; reads only when asked to."""

    def __init__(self, port, host="localhost"):
        self.socket = socket.create_connection(("127.0.0.1", port), LIMIT_S)
        self.socket.sendall(f"GET /page/events HTTP/1.0\r\nHost: {host}\r\n"
                            "\r\n".encode())
        self.file = self.socket.makefile("rb")

    def head(self):
        lines = []
        while True:
            line = self.file.readline().decode().rstrip("\r\n")
            if not line:
                return lines
            lines.append(line)

    def event(self, wanted):
        """The data of the next event of that name."""
        name = None
        while True:
            line = self.file.readline()
            if not line:
                raise EOFError
            line = line.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: ") and name == wanted:
                return json.loads(line[6:])

    def close(self):
        self.file.close()
        self.socket.close()


class HttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bed = Bed(more="  hosts: ops.example.net,Ops2.example.net\n")
        cls.bed.start()

    @classmethod
    def tearDownClass(cls):
        if cls.bed.close() != [0]:
            raise AssertionError(cls.bed.log())

    def status(self, path, method="GET", headers=()):
        return self.bed.get(path, method, headers)[0]

    def watch(self):
        return contextlib.closing(Stream(self.bed.port))

    def test_files_come_with_the_strictest_of_headers(self):
        for path, kind in FILES.items():
            status, headers, body = self.bed.get(path, headers=HTML)
            self.assertEqual(status, 200, path)
            self.assertEqual(headers["Content-Type"], f"{kind}; charset=utf-8")
            self.assertGreater(len(body), 100)
            policy = headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(headers["X-Frame-Options"], "DENY")
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            self.assertIsNone(headers["Access-Control-Allow-Origin"])

    def test_the_page_names_nothing_elsewhere_and_has_nothing_inline(self):
        page = self.bed.get("/", headers=HTML)[2].decode()
        for part in ("http:", "https:", "<style", "style=", " onclick"):
            self.assertNotIn(part, page)
        self.assertEqual(page.count("<script"), page.count("<script type="
                                                           '"module" src="/'))

    def test_who_is_no_browser_gets_the_list_at_the_root(self):
        self.assertIn(b"/healthz", self.bed.get("/")[2])

    def test_head_has_no_body(self):
        status, headers, body = self.bed.get("/page/main.js", "HEAD")
        self.assertEqual((status, body), (200, b""))
        self.assertGreater(int(headers["Content-Length"]), 100)

    def test_methods_and_paths_that_are_not_there(self):
        for path in ("/page/", "/page/nothing", "/page/dead/",
                     "/page/../healthz", "/page/main.js/x"):
            self.assertEqual(self.status(path), 404, path)
        for path in ("/page/main.js", "/page/events", "/page/dead"):
            for method in ("POST", "PUT", "DELETE", "OPTIONS"):
                status, headers, _ = self.bed.get(path, method, OWN)
                self.assertEqual(status, 405, path)
                self.assertEqual(headers["Allow"], "GET")
        for path in ACTS:
            status, headers, _ = self.bed.get(path, "GET", OWN)
            self.assertEqual((status, headers["Allow"]), (405, "POST"))

    def test_only_names_of_ours_are_answered_to(self):
        port = self.bed.port
        for host in ("localhost", f"localhost:{port}", "LocalHost",
                     "x.localhost", "127.0.0.1", f"[::1]:{port}", "10.1.2.3",
                     "ops.example.net", "OPS2.EXAMPLE.NET:80", "localhost."):
            self.assertEqual(self.status("/page/main.js", "GET",
                                         {"Host": host}), 200, host)
        for host in ("evil.example", f"evil.example:{port}",
                     "127.0.0.1.evil.example", "localhost.evil.example",
                     "notlocalhost", "", "ops.example.net.evil.example"):
            for path in ("/page/main.js", DEAD, "/page/events"):
                self.assertEqual(self.status(path, "GET", {"Host": host}), 421,
                                 host)
            self.assertEqual(self.status("/", "GET", {"Host": host, **HTML}),
                             421)
        self.assertEqual(self.status("/healthz", "GET",
                                     {"Host": "evil.example"}), 200)

    def test_no_other_site_may_ask(self):
        own = f"http://127.0.0.1:{self.bed.port}"
        for headers, good in (
                ({"Origin": own}, True), ({"Sec-Fetch-Site": "none"}, True),
                ({"Sec-Fetch-Site": "same-origin", "Origin": own}, True),
                ({"Sec-Fetch-Site": "cross-site"}, False),
                ({"Sec-Fetch-Site": "same-site"}, False),
                ({"Origin": "null"}, False), ({"Origin": own + "1"}, False),
                ({"Origin": "http://evil.example"}, False)):
            self.assertEqual(self.status(DEAD, "GET", headers),
                             200 if good else 403, headers)
            self.assertEqual(
                self.status("/page/token", "POST", {**OWN, **headers}),
                204 if good else 403, headers)

    def test_acts_want_the_token_and_nothing_but(self):
        for path in ACTS:
            for value in (None, "", TOKEN, f"Basic {TOKEN}", "Bearer",
                          f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}0",
                          f"Bearer {TOKEN[:-1]}X", "Bearer  " + TOKEN):
                headers = {} if value is None else {"Authorization": value}
                self.assertEqual(self.status(path, "POST", headers), 401, value)
        self.assertEqual(self.status("/page/token", "POST", OWN), 204)

    def test_payloads_and_answers_are_for_who_has_the_token(self):
        self.bed.push("dune", "on-ticket-opened", "private-1", {"name": "Ada"})
        entry = wait_for("its death", lambda: json.loads(self.bed.get(
            DEAD + "&container=dune")[2])["entries"])[0]["entry"]
        path = f"/page/dead/job?queue=default&entries={entry}"
        self.assertNotIn(b"Ada", self.bed.get(path)[2])
        job = json.loads(self.bed.get(path, headers=OWN)[2])
        self.assertEqual(json.loads(job["job"])["payload"], {"name": "Ada"})
        path = "/page/outcomes?queue=default&id=private-1"
        self.assertNotIn("body", json.loads(
            self.bed.get(path)[2])["entries"][0]["fields"])
        self.assertIn("no such lead", json.loads(self.bed.get(
            path, headers=OWN)[2])["entries"][0]["fields"]["body"])

    def test_dead_letters_are_listed_retried_and_dropped(self):
        for n in range(3):
            self.bed.push("cobalt", "on-invoice-paid", f"lost-{n}")
        path = DEAD + "&container=cobalt"
        wait_for("three dead", lambda: len(json.loads(
            self.bed.get(path)[2])["entries"]) == 3)
        entries = json.loads(self.bed.get(path)[2])["entries"]
        names = {e["id"]: e["entry"] for e in entries}
        self.assertEqual({e["class"] for e in entries}, {"unauthorized"})
        gone = "1-1"
        status, _, body = self.bed.get(
            f"/page/dead/drop?queue=default&entries={names['lost-0']},{gone}",
            "POST", OWN)
        self.assertEqual((status, json.loads(body)), (200, {"done": 1}))
        body = self.bed.get("/page/dead/retry?queue=default&entries=" +
                            names["lost-1"], "POST", OWN)[2]
        self.assertEqual(json.loads(body), {"done": 1})
        wait_for("its second death", lambda: any(
            e["id"] == "lost-1" and e["entry"] != names["lost-1"]
            for e in json.loads(self.bed.get(path)[2])["entries"]))
        verdicts = [e["fields"]["verdict"] for e in json.loads(self.bed.get(
            "/page/outcomes?queue=default&id=lost-0")[2])["entries"]]
        self.assertEqual(verdicts[0], "dropped")

    def test_questions_that_mean_nothing_are_refused(self):
        for path, status in (
                ("/page/dead?queue=other", 400), ("/page/dead", 400),
                ("/page/outcomes?queue=" + "q" * 100, 400),
                ("/page/outcomes?queue={x}", 400),
                (DEAD + "&before=x", 400), (DEAD + "&before=1-1-1", 400),
                ("/page/dead/job?queue=default&entries=1-1", 404),
                ("/page/dead/job?queue=default&entries=+", 404),
                ("/page/dead/job?queue=default&entries=-", 404),
                ("/page/outcomes?queue=default&before=no", 503)):
            self.assertEqual(self.status(path, "GET", OWN), status, path)
        self.assertGreaterEqual(self.status("/page/dead?" + "x" * 40000), 400)
        self.assertEqual(self.status("/healthz"), 200)

    def test_older_outcomes_come_in_pages_each_once(self):
        self.bed.outcomes([{"id": f"old-{n}", "container": "pages",
                            "point": "x", "verdict": "delivered",
                            "class": "ok"} for n in range(450)])
        found, before = [], ""
        while True:
            answer = json.loads(self.bed.get(
                "/page/outcomes?queue=default&container=pages&before=" +
                before)[2])
            self.assertLessEqual(len(answer["entries"]), 200)
            found += [e["fields"]["id"] for e in answer["entries"]]
            before = answer["before"]
            if not before:
                break
        self.assertEqual(found, [f"old-{n}" for n in range(449, -1, -1)])

    def test_the_stream_tells_what_is_and_what_comes(self):
        with self.watch() as stream:
            head = stream.head()
            self.assertTrue(head[0].endswith("200 OK"), head)
            self.assertIn("Content-Type: text/event-stream; charset=utf-8",
                          head)
            self.assertEqual(stream.event("history")["sample_ms"], 5000)
            state = stream.event("state")
            self.assertTrue(state["ready"] and state["admin"])
            self.bed.push("acme", "on-new-lead", "streamed-1")
            while True:
                entries = stream.event("outcomes")["entries"]
                mine = [e for e in entries
                        if e["fields"]["id"] == "streamed-1"]
                if mine:
                    break
            self.assertEqual(mine[0]["fields"]["verdict"], "delivered")
            self.assertNotIn("body", mine[0]["fields"])

    def queue_of(self, stream, condition):
        """The state of the queue once it is so."""
        return wait_for("the queue to be so", lambda: next(
            filter(condition, stream.event("state")["queues"]), None))

    def test_gates_are_shown_with_their_reasons_up_to_a_number(self):
        ask, gates = self.bed.redis.ask, "extq:{default}:gates"
        why = "\u00e4" * 200
        ask("HSET", gates, "acme:", "paused 7 0 0 - " + why,
            "elm:on-old-lead", "nonsense")
        ask("RPUSH", "extq:{default}:parked:elm:on-old-lead", "1-1 1 0 0 5 -\nx")
        with self.watch() as stream:
            queue = self.queue_of(stream, lambda q: q["gates"])
            shown = {g["container"]: g for g in queue["gates"]}
            self.assertEqual((shown["acme"]["kind"], shown["acme"]["point"],
                              shown["acme"]["since"]), ("paused", "", 7))
            self.assertTrue(why.startswith(shown["acme"]["why"].rstrip("\u2026")))
            self.assertEqual((shown["elm"]["kind"], shown["elm"]["parked"]),
                             ("paused", 1))
            self.assertFalse(queue["more_gates"])
            many = [f"t{n}:p" for n in range(600)]
            ask("HSET", gates, *[x for name in many for x in
                                 (name, "paused 7 0 0 - why")])
            queue = self.queue_of(stream, lambda q: q["more_gates"])
            self.assertLessEqual(len(queue["gates"]), 100)
            ask("DEL", gates, "extq:{default}:parked:elm:on-old-lead")
            self.queue_of(stream, lambda q: not q["gates"])

    def test_a_key_of_another_kind_is_told_and_harms_nothing(self):
        ask, dead = self.bed.redis.ask, "extq:{default}:dead"
        ask("DEL", dead)
        ask("SET", dead, "x")
        try:
            for path, method in ((DEAD, "GET"), (DEAD.replace("?", "/job?") +
                                                 "&entries=1-1", "GET"),
                                 (ACTS[0] + "?queue=default&entries=1-1",
                                  "POST")):
                status, _, body = self.bed.get(path, method, OWN)
                self.assertEqual(status, 503, path)
                self.assertIn(b"WRONGTYPE", body)
        finally:
            ask("DEL", dead)
        self.assertEqual(self.status(DEAD), 200)

    def test_long_words_are_cut_where_a_character_ends(self):
        ask = self.bed.redis.ask
        name = ask("XADD", "extq:{default}:dead", "*", "id", "long-1",
                   "container", "long", "point", "p", "class", "rejected",
                   "error", "x" + "\u00e4" * 600, "record", "1-1 1 0 0 5 -\n{}")
        body = self.bed.get(DEAD + "&container=long")[2].decode()
        ask("XDEL", "extq:{default}:dead", name)
        self.assertEqual(json.loads(body)["entries"][0]["error"],
                         "x" + "\u00e4" * 255 + "\u2026")

    def test_many_may_watch_and_more_are_refused(self):
        with contextlib.ExitStack() as stack:
            for _ in range(WATCHERS_MAX):
                stream = stack.enter_context(self.watch())
                self.assertTrue(stream.head()[0].endswith("200 OK"))
                stream.event("state")
            with self.watch() as stream:
                self.assertIn("503", stream.head()[0])
            self.assertEqual(self.status("/metrics"), 200)
        wait_for("a place", self._finds_a_place)

    def _finds_a_place(self):
        with self.watch() as stream:
            return stream.head()[0].endswith("200 OK")

    def test_redis_is_left_alone_while_nobody_watches(self):
        def asked():
            text = self.bed.redis.ask("INFO", "commandstats").decode()
            line = [x for x in text.split("\r\n") if "xrevrange" in x]
            return int(line[0].split("calls=")[1].split(",")[0]) if line else 0
        with contextlib.closing(Stream(self.bed.port)) as stream:
            stream.event("state")
        def is_left():
            clients = self.bed.redis.ask("CLIENT", "LIST").decode()
            return "cmd=xrevrange" not in clients and \
                "cmd=info" not in clients
        wait_for("the reader to leave", is_left)
        before = asked()
        with contextlib.ExitStack() as stack:
            streams = [stack.enter_context(self.watch()) for _ in range(5)]
            for stream in streams:
                stream.event("state")
            first, started = asked(), streams[0].event("state")["now"]
            later = streams[0].event("state")
            while later["now"] < started + 2500:
                later = streams[0].event("state")
            # Five watch, and one asks.
            self.assertLessEqual(asked() - first,
                                 (later["now"] - started) / 1000 + 3)
        self.assertGreater(asked(), before)

    def test_who_does_not_read_is_sent_away(self):
        value = "x" * 400
        with self.watch() as slow, self.watch() as quick:
            slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            end = wait_for("it to be sent away", lambda: self._is_away(
                slow, quick, value))
            self.assertTrue(end)
            self.assertTrue(quick.event("state")["ready"])

    def _is_away(self, slow, quick, value):
        """True once the service has closed what nobody reads."""
        self.bed.outcomes([{"id": f"s-{n}", "container": "slow", "point": "x",
                            "verdict": "delivered", "error": value,
                            "class": "ok"} for n in range(400)])
        quick.event("outcomes")
        with open("/proc/net/tcp", encoding="ascii") as file:
            mine = "%04X" % slow.socket.getsockname()[1]
            return not any(line.split()[2].endswith(":" + mine) and
                           line.split()[3] == "01" for line in file)


class WithoutTokenTest(unittest.TestCase):
    def test_nothing_can_be_changed_without_a_token_to_have(self):
        bed = Bed(token=False)
        bed.start()
        try:
            for path in ACTS:
                for headers in ({}, OWN, {"Authorization": "Bearer "}):
                    self.assertEqual(bed.get(path, "POST", headers)[0], 403)
            self.assertEqual(bed.get(DEAD)[0], 200)
        finally:
            self.assertEqual(bed.close(), [0])

    def test_streams_end_with_the_service_and_survive_redis(self):
        bed = Bed()
        bed.start()
        try:
            stream = Stream(bed.port)
            self.assertTrue(stream.event("state")["redis"]["ok"])
            bed.redis.process.kill()
            while stream.event("state")["redis"]["ok"]:
                pass
            self.assertEqual(bed.get(DEAD, headers=OWN)[0], 503)
            bed.services[0].terminate()
            with self.assertRaises(EOFError):
                while True:
                    stream.event("state")
            stream.close()
        finally:
            bed.close()


if __name__ == "__main__":
    unittest.main()
