#!/usr/bin/env python3
"""deploy/examples/ship.py against a real Redis: every outcome arrives, also
those that a killed member had taken, and a Redis that went away. Exit 0; 1 with
messages; 77, and says so, without redis-py."""

import json
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from run import EXAMPLES, Redis, wait_until  # noqa: E402

STREAM = "extq:{default}:outcomes"
PYTHON = "/usr/bin/python3"


def add(server, first, count):
    server.ask(stdin="".join(
        f'XADD {STREAM} * id job-{number} verdict delivered body "a \\"b\\""\n'
        for number in range(first, first + count)))


class Member:
    def __init__(self, folder, url, name):
        self.path = os.path.join(folder, name + ".jsonl")
        with open(self.path, "a", encoding="utf-8") as out:
            self.process = subprocess.Popen(
                [PYTHON, os.path.join(EXAMPLES, "ship.py"), name], stdout=out,
                env=dict(os.environ, REDIS_URL=url))

    def ids(self):
        with open(self.path, encoding="utf-8") as lines:
            return [json.loads(line)["id"] for line in lines
                    if line.endswith("\n")]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def pending(server):
    return server.ask("XPENDING", STREAM, "logs").splitlines()[0]


def check(folder):
    server = Redis(folder)
    url = f"redis://127.0.0.1:{server.port}"
    try:
        play(folder, server, url)
    finally:
        server.close()


def play(folder, server, url):
    add(server, 0, 1200)
    member = Member(folder, url, "one")
    wait_until(lambda: len(set(member.ids())) == 1200, "what was there")
    add(server, 1200, 3)
    wait_until(lambda: "job-1202" in member.ids(), "what came")
    wait_until(lambda: pending(server) == "0", "the last acknowledgement")
    member.kill()
    # Taken, and its member gone before it wrote it.
    add(server, 1203, 2)
    server.ask("XREADGROUP", "GROUP", "logs", "one", "STREAMS", STREAM, ">")
    assert pending(server) == "2", pending(server)
    member = Member(folder, url, "one")
    wait_until(lambda: "job-1204" in member.ids(), "what it had taken")
    wait_until(lambda: pending(server) == "0", "its acknowledgement")
    # The stream goes, and the group with it.
    server.ask("DEL", STREAM)
    add(server, 1205, 1)
    wait_until(lambda: "job-1205" in member.ids(), "the new stream's")
    assert len(member.ids()) == 1206, len(member.ids())
    member.kill()
    wrong = subprocess.run([PYTHON, os.path.join(EXAMPLES, "ship.py")],
                           capture_output=True, text=True, check=False)
    assert wrong.returncode == 1 and "usage" in wrong.stderr, wrong


def main():
    if subprocess.run([PYTHON, "-c", "import redis"], check=False,
                      capture_output=True).returncode != 0:
        print("skipped: python3-redis is not installed")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        check(folder)


if __name__ == "__main__":
    main()
