#!/usr/bin/env python3
"""A second opinion on which addresses extq may connect to, by Python's
ipaddress: lines of "address verdict", 1 = permitted.

  address_oracle.py table              every record of the registries at its
                                       first, middle and last address and both
                                       outer neighbours, and the IPv4 ones in
                                       every IPv6 disguise
  address_oracle.py random SEED COUNT  addresses by chance, and near borders
"""

import ipaddress
import random
import sys

# IANA's special-purpose registries, record by record.
IPV4 = """
0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16
172.16.0.0/12 192.0.0.0/24 192.0.0.0/29 192.0.0.8/32 192.0.0.9/32
192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24
192.52.193.0/24 192.88.99.0/24 192.88.99.2/32 192.168.0.0/16 192.175.48.0/24
198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 255.255.255.255/32
""".split()
IPV6 = """
::1/128 ::/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64
100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128 2001:1::2/128 2001:1::3/128
2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28
2001:30::/28 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16
fc00::/7 fe80::/10
""".split()
# What the registries do not list: multicast, a cloud's host, the former
# 6bone, site-local.
EXTRA = "224.0.0.0/4 168.63.129.16/32 3ffe::/16 fec0::/10 ff00::/8".split()

RECORDS = [ipaddress.ip_network(text) for text in IPV4 + IPV6 + EXTRA]
UNICAST = ipaddress.ip_network("2000::/3")
DISGUISES = ["::", "::ffff:0:0", "64:ff9b::"]


def permitted(address):
    verdict = not any(address in record for record in RECORDS)
    if address.version == 6:
        verdict = verdict and address in UNICAST
    # ipaddress has an opinion of its own; ours may only be narrower.
    if verdict and (not address.is_global or address.is_multicast):
        sys.exit(f"ipaddress would refuse {address}")
    return verdict


def around(record):
    first, last = int(record[0]), int(record[-1])
    for number in (first - 1, first, (first + last) // 2, last, last + 1):
        if 0 <= number < 1 << record.max_prefixlen:
            yield type(record[0])(number)


def disguised(address):
    number = int(address)
    for front in DISGUISES:
        yield ipaddress.IPv6Address(int(ipaddress.IPv6Address(front)) + number)
    yield ipaddress.IPv6Address((0x2002 << 112) + (number << 80))
    yield ipaddress.IPv6Address((0x20010000 << 96) + (number ^ 0xffffffff))


def table():
    for record in RECORDS + [UNICAST]:
        for address in around(record):
            yield address
            if address.version == 4:
                yield from disguised(address)


def by_chance(seed, count):
    dice = random.Random(seed)
    for number in range(count):
        kind = number % 4
        if kind == 0:
            yield ipaddress.IPv4Address(dice.getrandbits(32))
        elif kind == 1:
            yield ipaddress.IPv6Address(dice.getrandbits(128))
        elif kind == 2:
            yield UNICAST[dice.getrandbits(125)]
        else:
            record = dice.choice(RECORDS)
            border = int(dice.choice((record[0], record[-1])))
            bits = dice.randrange(1, record.max_prefixlen)
            at = border + dice.choice((-1, 1)) * dice.getrandbits(bits)
            yield type(record[0])(at % (1 << record.max_prefixlen))


def text_of(address):
    """The same with every version of Python."""
    if address.version == 4:
        return str(address)
    return ":".join(f"{int(address) >> shift & 0xffff:x}"
                    for shift in range(112, -1, -16))


def main(words):
    if words == ["table"]:
        addresses = table()
    elif len(words) == 3 and words[0] == "random":
        addresses = by_chance(int(words[1]), int(words[2]))
    else:
        sys.exit(__doc__)
    for address in addresses:
        print(text_of(address), int(permitted(address)))


main(sys.argv[1:])
