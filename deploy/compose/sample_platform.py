#!/usr/bin/env python3
"""A platform in miniature, for deploy/compose.yaml: the registry that extq asks
where extensions are (discovery.backend http), and the extensions themselves.

    GET  /registry/{container}/{point}    {"url": ..., "secret": ...}, or 404
    POST /{point}                         the extension of $TENANT
    GET  /healthz

A payload may say how its call goes: {"wait_ms": 500, "status": 503}. Each call
is one line of JSON on standard output: {"id": ..., "status": ...}."""

import hashlib
import hmac
import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8080
WAIT_MAX_MS = 20000
TENANT = os.environ.get("TENANT", "")
TENANTS = os.environ.get("TENANTS", "").split(",")

with open("/run/secrets/platform-token", encoding="ascii") as file:
    TOKEN = file.read().strip()


def secret(tenant):
    """What a tenant's extensions expect; a real platform would keep them."""
    return hmac.new(TOKEN.encode(), tenant.encode(), hashlib.sha256).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in one packet each way.
    wbufsize = -1
    disable_nagle_algorithm = True

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def bears(self, wanted):
        return hmac.compare_digest(self.headers.get("Authorization", ""),
                                   f"Bearer {wanted}")

    def do_GET(self):
        words = self.path.split("/")[1:]
        if words == ["healthz"]:
            self.answer(200, {"ok": True})
        elif len(words) != 3 or words[0] != "registry":
            self.answer(404, {"message": "nothing is here"})
        elif not self.bears(TOKEN):
            self.answer(403, {"message": "the token is another one"})
        elif words[1] not in TENANTS:
            self.answer(404, {"message": "no such tenant"})
        else:
            tenant, point = words[1:]
            self.answer(200, {"secret": secret(tenant),
                              "url": f"http://extension-{tenant}:{PORT}/{point}"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.bears(secret(TENANT)):
            self.answer(401, {"message": "the secret is another one"})
            return
        payload = json.loads(body)
        time.sleep(min(payload.get("wait_ms", 0), WAIT_MAX_MS) / 1000)
        status = payload.get("status", 200)
        # Before the answer: whoever has that finds the line here.
        print(json.dumps({"id": self.headers["webhook-id"], "status": status}),
              flush=True)
        self.answer(status, {"ok": status < 300})

    def log_message(self, *args):
        """Calls are told above; the rest is of no interest."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


if __name__ == "__main__":
    # As a container's first process Python would not hear of it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Server(("", PORT), Handler).serve_forever()
