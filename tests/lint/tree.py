"""What the lints share: finding files, reading C without its comments, and
the frame in which a lint reports and proves that it can fail."""

import argparse
import contextlib
import io
import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SKIPPED = re.compile(r"^(\.git|build.*|__pycache__)$")


def files(root, folders=(".",), endings=("",)):
    """Paths relative to root, sorted, of files with one of the endings."""
    found = set()
    for folder in folders:
        for where, dirs, names in os.walk(os.path.join(root, folder)):
            dirs[:] = [d for d in dirs if not SKIPPED.match(d)]
            found.update(
                os.path.relpath(os.path.join(where, n), root)
                for n in names if n.endswith(tuple(endings)))
    return sorted(found)


def read(root, path):
    """The text of a file; None when it is not text."""
    with open(os.path.join(root, path), "rb") as file:
        raw = file.read()
    return None if b"\0" in raw else raw.decode("utf-8", "replace")


TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(text):
    """Everything but line ends as spaces, so that places stay the same."""
    return re.sub(r"[^\n]", " ", text)


def without_comments(text, keep_strings=True):
    def replace(match):
        token = match.group(0)
        if token.startswith("/"):
            return blank(token)
        return token if keep_strings else token[0] + blank(token[1:-1]) + '"'
    return TOKEN.sub(replace, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def plant(root, path, text):
    """Writes a file of a made-up tree."""
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as file:
        file.write(text)


def check_self(lint, sound, faults):
    """True when the lint accepts the sound tree and refuses each fault, a
    list of (words of the message, path, text)."""
    good = True
    for words, path, text in [("", "", "")] + faults:
        with tempfile.TemporaryDirectory() as root:
            for sound_path, sound_text in sound.items():
                plant(root, sound_path, sound_text)
            if path:
                plant(root, path, text)
            with contextlib.redirect_stdout(io.StringIO()):
                messages = lint(root)
        if path and not any(words in m for m in messages):
            print(f"self-test: not found: {words!r} in {path}: {messages}")
            good = False
        if not path and messages:
            print(f"self-test: a sound tree was refused: {messages}")
            good = False
    return good


def main(lint, sound, faults):
    """The command line of a lint: the tree, or --self-test."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--self-test", action="store_true",
                        help="prove on made-up trees that it can fail")
    parser.add_argument("root", nargs="?", default=ROOT)
    options = parser.parse_args()
    if options.self_test:
        sys.exit(0 if check_self(lint, sound, faults) else 1)
    messages = lint(options.root)
    for message in messages:
        print(message)
    sys.exit(1 if messages else 0)
