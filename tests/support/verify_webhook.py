#!/usr/bin/env python3
"""Verifies a call as standardwebhooks.com has receivers do it, with Python's
hmac and RFC 8032's own arithmetic: nothing of it is the sender's.

    verify_webhook.py ID TIMESTAMP SIGNATURE NOW KEY... < body

A KEY is whsec_... or whpk_...; each must have signed. Prints how many did, or
says why not and ends with 1."""

import base64
import hashlib
import hmac
import sys

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Points of edwards25519 as X, Y, Z, T (RFC 8032, 5.1.4)."""
    u, v = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    w, z = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = v - u, z - w, z + w, v + u
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, point):
    result = (0, 1, 1, 0)
    while n:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def equal(a, b):
    return ((a[0] * b[2] - b[0] * a[2]) % P == 0 and
            (a[1] * b[2] - b[1] * a[2]) % P == 0)


def decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519(public, message, signature):
    a, r = decompress(public), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or not a or not r or s >= L:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % L
    return equal(times(s, BASE), add(r, times(k, a)))


def signed_by(key, message, entries):
    kind, secret = key.split("_", 1)
    secret = base64.b64decode(secret, validate=True)
    for version, signature in entries:
        signature = base64.b64decode(signature, validate=True)
        if kind == "whsec" and version == "v1":
            want = hmac.new(secret, message, hashlib.sha256).digest()
            if hmac.compare_digest(want, signature):
                return True
        if kind == "whpk" and version == "v1a":
            if ed25519(secret, message, signature):
                return True
    return False


def main(id_, timestamp, signature, now, *keys):
    body = sys.stdin.buffer.read()
    entries = [entry.split(",", 1) for entry in signature.split(" ")]
    if abs(int(now) - int(timestamp)) > 300:
        sys.exit("the timestamp is not within five minutes")
    if len(entries) != len(keys):
        sys.exit(f"{len(entries)} signatures, {len(keys)} keys")
    message = f"{id_}.{timestamp}.".encode() + body
    for key in keys:
        if not signed_by(key, message, entries):
            sys.exit(f"not signed by {key[:6]}...")
    print(len(keys))


if __name__ == "__main__":
    main(*sys.argv[1:])
