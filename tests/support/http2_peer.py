#!/usr/bin/python3
"""An HTTP/2 peer over TLS that does one thing right or wrong.

    http2_peer.py CERTIFICATE KEY ACT

Prints its port; then "connection <n>" for each one, "request <n> <stream>" for
each request that it takes as its own, "agreed <n>" when the client knows its
settings, "reset <n> <stream>" when the client gives one up, "end <n>" when it is gone.
Frames are written by hand: no library would write these.
"""

import asyncio
import ssl
import struct
import sys

DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY = 0, 1, 3, 4, 5, 6, 7
CONTINUATION = 9
END_STREAM, END_HEADERS = 1, 4
INTERNAL_ERROR, REFUSED_STREAM = 2, 7
MAX_STREAMS, INITIAL_WINDOW = 3, 4
PREFACE = len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
STATUS_200 = b"\x88"
BLOCK = bytes(16384)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def answer(stream, body=b"hello"):
    return (frame(HEADERS, END_HEADERS, stream, STATUS_200) +
            frame(DATA, END_STREAM, stream, body))


def rst(stream, code):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def literal(name, value):
    """Adds a header to the table of the other side: its index is 62."""
    def text(t):
        assert len(t) < 127 + 128
        return (bytes([len(t)]) if len(t) < 127 else bytes([127, len(t) - 127])) + t
    return b"\x40" + text(name) + text(value)


class Connection(asyncio.Protocol):
    count = 0

    def __init__(self, act):
        self.act, self.buffer, self.preface, self.taken = act, b"", False, 0
        self.writable = asyncio.Event()
        self.writable.set()

    def connection_made(self, transport):
        self.out = transport
        Connection.count += 1
        self.number = Connection.count
        print("connection", self.number, flush=True)
        values = {"no-streams": (MAX_STREAMS, 0), "one-stream": (MAX_STREAMS, 1),
                  "one-hangs": (MAX_STREAMS, 1),
                  "no-window": (INITIAL_WINDOW, 0)}.get(self.act)
        if self.act in ("http1", "silent"):
            self.data_received = self.speak_http1
            return
        self.out.write(frame(SETTINGS, 0, 0, struct.pack(">HI", *values) if values else b""))

    def pause_writing(self):
        self.writable.clear()

    def resume_writing(self):
        self.writable.set()

    def connection_lost(self, _):
        print("end", self.number, flush=True)
        self.writable.set()

    def data_received(self, data):
        self.buffer += data
        if not self.preface and len(self.buffer) >= PREFACE:
            self.buffer, self.preface = self.buffer[PREFACE:], True
        while self.preface and len(self.buffer) >= 9:
            size = int.from_bytes(self.buffer[:3], "big")
            if len(self.buffer) < 9 + size:
                return
            kind, flags, stream = struct.unpack(">BBI", self.buffer[3:9])
            self.buffer = self.buffer[9 + size:]
            self.take(kind, flags, stream)

    def speak_http1(self, data):
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            self.buffer = self.buffer.split(b"\r\n\r\n", 1)[1]
            print("request", self.number, flush=True)
            self.out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    def take(self, kind, flags, stream):
        if kind == SETTINGS and not flags:
            self.out.write(frame(SETTINGS, 1, 0))
        elif kind == SETTINGS:
            print("agreed", self.number, flush=True)
        elif kind == HEADERS:
            if not getattr(self, self.act.replace("-", "_"), self.plainly)(stream):
                return
            print("request", self.number, stream, flush=True)
        elif kind == RST_STREAM:
            print("reset", self.number, stream, flush=True)

    async def repeat(self, some):
        while not self.out.is_closing():
            await self.writable.wait()
            self.out.write(some)
            await asyncio.sleep(0)

    def for_ever(self, some):
        self.endless = asyncio.get_running_loop().create_task(self.repeat(some))
        return True

    # What each act does with a request; true when it takes it as its own.

    def plainly(self, stream):
        self.out.write(answer(stream))
        return True

    def second_hangs(self, stream):
        return stream == 3 and self.number == 1 or self.plainly(stream)

    def first_hangs(self, stream):
        return stream == 1 and self.number == 1 or self.plainly(stream)

    def first_answers(self, stream):
        return stream > 1 or self.plainly(stream)

    def hang(self, _):
        return True

    no_window = no_streams = one_hangs = hang

    def goaway(self, stream):
        """Each connection is for 20 requests."""
        self.taken += 1
        if self.taken > 20:
            return False
        self.plainly(stream)
        if self.taken == 20:
            self.out.write(frame(GOAWAY, 0, 0, struct.pack(">II", stream, 0)))
        return True

    def refuse_first(self, stream):
        if self.number > 1 or stream > 5:
            return self.plainly(stream)
        self.out.write(rst(stream, REFUSED_STREAM))
        return False

    def refuse(self, stream):
        self.out.write(rst(stream, REFUSED_STREAM))
        return False

    def break_off(self, stream):
        self.out.write(rst(stream, INTERNAL_ERROR))
        return True

    def cut(self, _):
        self.out.abort()
        return True

    def garble(self, _):
        self.out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        return True

    def first_floods(self, stream):
        if stream != 1:
            return self.plainly(stream)
        self.out.write(frame(HEADERS, END_HEADERS, stream, STATUS_200))
        return self.for_ever(frame(DATA, 0, stream, BLOCK))

    def empty_data(self, stream):
        self.out.write(frame(HEADERS, END_HEADERS, stream, STATUS_200))
        return self.for_ever(frame(DATA, 0, stream) * 2000)

    def pings(self, _):
        return self.for_ever(frame(PING, 0, 0, bytes(8)) * 1000)

    def settings(self, _):
        return self.for_ever(frame(SETTINGS, 0, 0) * 1000)

    def unknown(self, _):
        return self.for_ever(frame(0xbb, 0, 0, BLOCK))

    def continuations(self, stream):
        self.out.write(frame(HEADERS, 0, stream, STATUS_200))
        return self.for_ever(frame(CONTINUATION, 0, stream, literal(b"a", bytes(98).replace(b"\0", b"b"))))

    def bomb(self, stream):
        """Each byte stands for a header of 200 bytes."""
        some = STATUS_200 + literal(b"x-long", b"a" * 200)
        self.out.write(frame(HEADERS, END_HEADERS, stream, some + b"\xbe" * (16384 - len(some))))
        return True

    def push(self, stream):
        promise = struct.pack(">I", 2) + b"\x82\x87\x84\x41\x01a"
        self.out.write(frame(PUSH_PROMISE, END_HEADERS, stream, promise) + answer(stream))
        return True

    def interim(self, stream):
        """103 before the answer."""
        self.out.write(frame(HEADERS, END_HEADERS, stream, b"\x48\x03103") + answer(stream))
        return True


async def serve(certificate, key, act):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["http/1.1" if act == "http1" else "h2"])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(act), "127.0.0.1", 0,
                                      ssl=None if act == "silent" else context, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve(*sys.argv[1:4]))
