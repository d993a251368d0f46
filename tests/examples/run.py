#!/usr/bin/env python3
"""Runs a producer of deploy/examples against a real Redis: `run.py LANGUAGE`
(for c, $EXTQ_EXAMPLE is the program that was compiled; for java, $CLASSPATH has
Jedis). An ordinary one, one whose answer gets lost, and one that is full.
Exit 0; 1 with messages; 77, and says so, when the language or its Redis client
is not installed here."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "..", "..", "deploy", "examples")
JOBS = "extq:{default}:jobs"
JOB = {"id": "evt_9f2c", "container": "acme", "point": "on-new-lead",
       "payload": {"lead": {"name": "Ada"}}}
LIMIT_S = 60
# Where Debian has the libraries of Node and Go.
ENVIRONMENT = dict(os.environ, NODE_PATH="/usr/share/nodejs",
                   GOPATH="/usr/share/gocode", GO111MODULE="off",
                   GOFLAGS="-trimpath")

# Language -> commands that may run it, each with its own test for the client.
LANGUAGES = {
    "sh": [(["sh"], ["sh", "-c", "command -v redis-cli"], "producer.sh")],
    "python": [([python], [python, "-c", "import redis"], "producer.py")
               for python in ("python3", "/usr/bin/python3")],
    "node": [(["node"], ["node", "-e", "require('redis')"], "producer.js")],
    "ruby": [(["ruby"], ["ruby", "-rredis", "-e", ""], "producer.rb")],
    "php": [(["php"], ["php", "-r", "new Redis();"], "producer.php")],
    "java": [(["java"], ["javap", "-cp", os.environ.get("CLASSPATH", "."),
                         "redis.clients.jedis.Jedis"], "Producer.java")],
}
PROGRAMS = {"c": [os.environ.get("EXTQ_EXAMPLE", "")], "lua": ["redis-cli"]}


def wait_until(condition, sentence):
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"waited in vain for: {sentence}")
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Redis:
    """A server of our own; asked through redis-cli."""

    def __init__(self, folder):
        self.port = free_port()
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
             "--dir", folder, "--save", "", "--maxmemory-policy",
             "noeviction"], stdout=subprocess.DEVNULL)
        wait_until(lambda: self.ask("PING") == "PONG", "Redis to answer")

    def ask(self, *words, stdin=None):
        done = subprocess.run(
            ["redis-cli", "-p", str(self.port), *words], input=stdin,
            text=True, capture_output=True, check=False, timeout=LIMIT_S)
        return done.stdout.strip()

    def jobs(self):
        lines = self.ask("LRANGE", JOBS, "0", "-1").splitlines()
        return [json.loads(line) for line in lines if line]

    def reset(self):
        self.ask("CONFIG", "SET", "maxmemory", "0")
        self.ask("FLUSHALL")

    def close(self):
        self.process.kill()
        self.process.wait()


class Thief:
    """Stands in front of Redis and swallows the answer to the first LPUSH,
    with the connection."""

    def __init__(self, port):
        self.port, self.stolen = port, False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own_port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.port))
            state = {"push": False}
            for ends in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.carry, args=(*ends, state),
                                 daemon=True).start()

    def carry(self, source, target, answers, state):
        try:
            while data := source.recv(65536):
                if not answers and b"LPUSH" in data.upper():
                    state["push"] = True
                if answers and state["push"] and not self.stolen:
                    self.stolen = True
                    break
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def produce(command, port):
    environment = dict(ENVIRONMENT, REDIS_URL=f"redis://127.0.0.1:{port}")
    return subprocess.run(command + [JOB["id"]], env=environment, text=True,
                          capture_output=True, check=False, timeout=LIMIT_S)


def expect(sentence, condition, done):
    if not condition:
        sys.exit(f"expected that {sentence}\nstatus {done.returncode}\n"
                 f"{done.stdout}{done.stderr}")


def check_producer(redis, command):
    done = produce(command, redis.port)
    expect("the job arrives and its id is printed",
           done.returncode == 0 and done.stdout.strip() == JOB["id"] and
           redis.jobs() == [JOB], done)
    redis.reset()

    thief = Thief(redis.port)
    done = produce(command, thief.own_port)
    jobs = redis.jobs()
    expect("a job without an answer is enqueued again under its id",
           thief.stolen and done.returncode == 0 and len(jobs) >= 2 and
           all(job == JOB for job in jobs), done)
    redis.reset()

    redis.ask("CONFIG", "SET", "maxmemory", "1")
    done = produce(command, redis.port)
    expect("a full Redis is said",
           done.returncode == 1 and done.stdout == "" and
           ("OOM" in done.stderr or "full" in done.stderr), done)
    redis.reset()


def check_lua(redis):
    with open(os.path.join(EXAMPLES, "enqueue.lua"), encoding="utf-8") as file:
        loaded = redis.ask("-x", "FUNCTION", "LOAD", stdin=file.read())
    call = ("FCALL", "add_lead", "2", "shop:{default}:leads", JOBS, JOB["id"],
            "acme", '{"name":"Ada"}')
    answers = [loaded, redis.ask(*call), redis.ask(*call)]
    if answers != ["shop", "1", "0"] or redis.jobs() != [JOB]:
        sys.exit(f"the function answered {answers}: {redis.jobs()}")
    redis.ask("DEL", JOBS, "shop:{default}:leads")
    redis.ask("CONFIG", "SET", "maxmemory", "1")
    refused = redis.ask(*call)
    if "OOM" not in refused or redis.ask("EXISTS", JOBS) != "0":
        sys.exit(f"a full Redis answered {refused}")


def succeeds(*command, **options):
    return shutil.which(command[0]) and subprocess.run(
        command, check=False, **options).returncode == 0


def compile_go(folder):
    """The program, or None without a client for Go."""
    environment = dict(ENVIRONMENT, GOCACHE=os.path.join(folder, "cache"))
    if not succeeds("go", "list", "github.com/gomodule/redigo/redis",
                    env=environment, capture_output=True):
        return None
    program = os.path.join(folder, "producer")
    if not succeeds("go", "build", "-o", program,
                    os.path.join(EXAMPLES, "producer.go"), env=environment):
        sys.exit("producer.go does not compile")
    return [program]


def find(language, folder):
    """The command of an installed runtime that has its client, or None."""
    if language in PROGRAMS:
        return PROGRAMS[language]
    if language == "go":
        return compile_go(folder)
    for command, probe, name in LANGUAGES[language]:
        if shutil.which(command[0]) and \
                succeeds(*probe, env=ENVIRONMENT, capture_output=True):
            return command + [os.path.join(EXAMPLES, name)]
    return None


def main():
    language = sys.argv[1]
    if not shutil.which("redis-server") or not shutil.which("redis-cli"):
        print("SKIPPED: redis-server and redis-cli are not installed")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        command = find(language, folder)
        if not command:
            print(f"SKIPPED: {language} or its Redis client is not installed")
            sys.exit(77)
        redis = Redis(folder)
        try:
            if language == "lua":
                check_lua(redis)
            else:
                check_producer(redis, command)
        finally:
            redis.close()


if __name__ == "__main__":
    main()
