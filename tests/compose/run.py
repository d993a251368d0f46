#!/usr/bin/env python3
"""Runs deploy/compose.yaml in real containers, built of this tree:

    run.py SUITE [--faults] [--file FILE]... [--extension SERVICE]... [WORD]...

SUITE, bookworm or trixie, is the Debian in the images, and the one whose
docker-compose is used: 1.29 or v2. With WORDs, only scenarios that have one of
them in their names. deploy/compose/README.md tells how to test a platform of
your own with it.
Exit 0; 1 with what went wrong; 77, and says so, where no engine with the image
debian:SUITE-slim is. Containers, networks, volumes and images go in the end."""

import argparse
import os
import signal
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
import scenarios  # noqa: E402
from stack import Failure, Images, Stack, why_not_here  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", choices=("bookworm", "trixie"))
    parser.add_argument("--faults", action="store_true",
                        help="also what breaks containers and networks")
    parser.add_argument("--file", action="append", default=[],
                        help="laid over compose.yaml, as docker-compose does")
    parser.add_argument("--extension", action="append", dest="extensions",
                        help="service that logs a line {\"id\": ...} for each "
                        "call; the first is paused (default: the sample's)")
    parser.add_argument("words", nargs="*", metavar="WORD")
    return parser.parse_intermixed_args()


def chosen(options):
    listed = list(scenarios.OF_COMPOSE)
    if options.faults:
        listed += scenarios.OF_FAULTS
    return [scenario for scenario in listed if not options.words or
            any(word in scenario.__name__ for word in options.words)]


class Tap:
    """One line for each scenario; tests/count.py reads them."""

    def __init__(self):
        self.file = open(os.environ.get("CK_TAP_LOG_FILE_NAME", os.devnull),
                         "w", encoding="utf-8")
        self.count = self.failed = 0

    def add(self, scenario, passed):
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - "
              f"{scenario.__name__}", file=self.file, flush=True)

    def end(self):
        print(f"1..{self.count}", file=self.file, flush=True)


def show_logs(stack):
    for line in stack.compose("ps", "-a", check=False).splitlines():
        print(f"  {line}")
    for line in stack.compose("logs", "--no-color", "--tail", "20", "extq",
                              "redis", check=False).splitlines():
        print(f"  {line[:300]}")


def prove(scenario, stack):
    started = time.monotonic()
    try:
        scenario(stack)
        said = "passed"
    except Exception as error:  # whatever it is, the next one is tried
        said = "FAILED"
        if not isinstance(error, Failure):
            traceback.print_exc(file=sys.stdout)
        print(f"{scenario.__name__}: {error}")
        show_logs(stack)
    print(f"{said} in {time.monotonic() - started:4.1f} s: "
          f"{scenario.__name__}", flush=True)
    return said == "passed"


def prove_all(options, images, folder, tap):
    started = time.monotonic()
    images.build_all()
    stack = Stack(images, folder, options)
    print(f"images after {time.monotonic() - started:.1f} s; "
          f"{stack.compose('version').splitlines()[0]}", flush=True)
    try:
        stack.start()
        print(f"healthy after {time.monotonic() - started:.1f} s", flush=True)
        for scenario in chosen(options):
            tap.add(scenario, prove(scenario, stack))
    finally:
        stack.end()


def main():
    options = arguments()
    missing = why_not_here(options.suite)
    if missing:
        print(f"SKIPPED: {missing} here")
        return 77
    tap, images = Tap(), Images(options.suite)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    with tempfile.TemporaryDirectory() as folder:
        try:
            prove_all(options, images, folder, tap)
        except Failure as failure:
            print(f"FAILED: {failure}")
            tap.failed += 1
        finally:
            images.remove()
    tap.end()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
