"""What a test of the page plays in: a real Redis, tenants' endpoints good and
bad, a real service with its ops port."""

import http.server
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

LIMIT_S = 30
TOKEN = "0123456789abcdef0123456789abcdef"


def wait_for(what, condition, limit_s=LIMIT_S):
    """What the condition returns, once that is true."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {limit_s} s for {what}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Redis:
    """A redis-server of its own, and a connection to it."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "redis.sock")
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path,
             "--save", "", "--appendonly", "yes", "--dir", folder],
            stdout=subprocess.DEVNULL)
        wait_for("Redis", self._connect)

    def _connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(LIMIT_S)
        try:
            self.socket.connect(self.path)
        except OSError:
            self.socket.close()
            return False
        self.file = self.socket.makefile("rb")
        return self.ask("PING") == b"PONG"

    def send(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(
            b"$%d\r\n%s\r\n" % (len(w), w) for w in words))

    def read(self):
        line = self.file.readline().rstrip()
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else \
                self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        return rest

    def ask(self, *words):
        self.send(*words)
        return self.read()

    def many(self, commands):
        for words in commands:
            self.send(*words)
        return [self.read() for _ in commands]

    def close(self):
        self.file.close()
        self.socket.close()
        self.process.kill()
        self.process.wait()


class Endpoint(http.server.BaseHTTPRequestHandler):
    """/200, /500, /401...: answers with that; /hang: not at all."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = int(self.path[1:4])
        body = self.server.body
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    body = b'{"error":"no such lead"}'


EXTENSIONS = [
    ("acme", "on-new-lead", 200), ("borealis", "on-new-lead", 500),
    ("cobalt", "on-invoice-paid", 401), ("dune", "on-ticket-opened", 400),
    ("elm", "on-new-lead", 200),
]


class Bed:
    def __init__(self, token=True, more=""):
        self.folder = tempfile.mkdtemp(prefix="xp.")
        self.redis = Redis(self.folder)
        self.server = Server(("127.0.0.1", 0), Endpoint)
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.config = os.path.join(self.folder, "extq.yaml")
        self.services = []
        self._write("secret", "s3cr3t")
        self._write("token", TOKEN)
        peer = self.server.server_address[1]
        lines = "\n".join(
            f"  - {{container: {c}, point: {p}, secret_file: secret, "
            f"url: 'http://127.0.0.1:{peer}/{status}'}}"
            for c, p, status in EXTENSIONS)
        secret = "token_file: token" if token else ""
        self._write("extq.yaml", f"""
redis: {{url: "unix://{self.redis.path}"}}
workers: 2
extensions:
{lines}
network: {{allow: [127.0.0.0/8], schemes: [http]}}
points:
  on-new-lead: {{retry: {{attempts: 3, base: 1s}}}}
ops:
  listen: "127.0.0.1:{self.port}"
  {secret}
{more}
{"" if "lease:" in more else "lease: 1s"}
""")

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            process = subprocess.Popen(
                [os.environ["EXTQ"], "run", "-c", self.config], stderr=log)
        self.services.append(process)
        wait_for("the service", lambda: self.get("/readyz")[0] == 200)
        return process

    def start_beside(self):
        """One more, without an ops port; it is not waited for."""
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        self._write("beside.yaml", text.replace(
            f'listen: "127.0.0.1:{self.port}"', 'listen: ""'))
        with open(os.path.join(self.folder, "log"), "ab") as log:
            process = subprocess.Popen(
                [os.environ["EXTQ"], "run", "-c",
                 os.path.join(self.folder, "beside.yaml")], stderr=log)
        self.services.append(process)
        return process

    def push(self, container, point, job_id, payload=None):
        self.redis.ask("LPUSH", "extq:{default}:jobs", json.dumps(
            {"id": job_id, "container": container, "point": point,
             "payload": payload or {"lead": job_id}}))

    def outcomes(self, entries):
        """Writes outcomes as the service would."""
        self.redis.many([
            ["XADD", "extq:{default}:outcomes", "*"] +
            [x for pair in fields.items() for x in pair]
            for fields in entries])

    def get(self, path, method="GET", headers=()):
        """(status, headers, body) of a request."""
        request = urllib.request.Request(self.base + path, method=method)
        for name, value in dict(headers).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()
        except OSError:
            return 0, {}, b""

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
            return file.read()

    def close(self):
        codes = []
        for process in self.services:
            process.terminate()
        for process in self.services:
            codes.append(process.wait(LIMIT_S))
        self.server.shutdown()
        self.server.server_close()
        self.redis.close()
        shutil.rmtree(self.folder)
        return codes
