#!/usr/bin/env python3
"""Words that have no place in the tree: functions that overflow, block or
hide state, tests that sleep, notes to self, and names of the machine the tree
happens to lie on."""

import glob
import os
import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402

BANNED = ("strcpy stpcpy strcat sprintf vsprintf gets strtok atoi atol atoll "
          "atof alloca system popen tmpnam mktemp tempnam sleep usleep "
          "setjmp longjmp").split()
CALL = re.compile(r"\b(" + "|".join(BANNED) + r")\s*\(")
SLEEPS = re.compile(r"\b(nanosleep|clock_nanosleep|pause)\s*\(|"
                    r"\b(?:poll|select|ppoll|pselect|epoll_wait)"
                    r"\s*\(\s*(?:NULL|0)\s*,")
# Where time itself is the point: the one wait of all tests, the random moment
# of a power cut, the slow disk.
WAITS = ("tests/support/wait.c", "tests/faults/powercut.c",
         "tests/faults/preload_powercut.c")
# Asks a program in another language, with constant words.
ASKS = ("tests/unit/test_address_oracle.c",)

PRINTS = re.compile(r"\b(printf|puts|putchar|perror|vprintf)\s*\(|"
                    r"\bf\w+\s*\([^;]*\bstd(?:out|err)\b")
SILENT = re.compile(r"src/(model|link|stages|client)/.*|"
                    r"src/base/(?!log\.c|check\.c|failpoint\.c).*")

NOTES = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
MARKUP = (".c", ".h", ".in", ".lua", ".py", ".sh", ".md", ".yaml", ".yml",
          ".txt", ".cmake", ".json", ".jsonl", "/run", "/quickstart",
          "/packages")

TEST_NAME = re.compile(r"^START_TEST\((\w+)\)", re.M)
COMMON = {"/", "/tmp", "/usr", "/opt", "/home", "/root", "/src", "/build",
          "/var", "/etc", "/run", "/dev", "/mnt", "/srv", "/app"}


def machine_names(root):
    """Patterns of this machine: where the tree lies, and apt's mirrors."""
    root = os.path.realpath(root)
    places = {root, os.path.dirname(root)} - COMMON
    for place in places:
        yield re.compile(r"(?<![\w.})/-])" + re.escape(place) + r"(?![\w.-])")
    for source in glob.glob("/etc/apt/sources.list.d/*.sources"):
        with open(source, encoding="utf-8", errors="replace") as file:
            for host in re.findall(r"^URIs:\s*\w+://([^/\s]+)", file.read(),
                                   re.M):
                yield re.compile(r"(?<![\w.-])" + re.escape(host) + r"(?!\w)")


def hits(pattern, text, path, sentence):
    for match in pattern.finditer(text):
        yield (f"{path}:{tree.line_of(text, match.start())}: {sentence}: "
               f"{match.group(0).strip()[:60]}")


def judge_c(path, text):
    bare = tree.without_comments(text, keep_strings=False)
    if path not in ASKS:
        yield from hits(CALL, bare, path, "banned")
    if (path.startswith("tests/") and path not in WAITS
            and not path.startswith("tests/bench/")):
        yield from hits(SLEEPS, bare, path, "a test waits for time, "
                        "not for a condition")
    if SILENT.fullmatch(path):
        yield from hits(PRINTS, bare, path, "only service, cli and main print")
    for match in TEST_NAME.finditer(bare):
        if match.group(1).count("_") < 2:
            yield (f"{path}:{tree.line_of(bare, match.start())}: "
                   f"a test's name is a sentence: {match.group(1)}")


def lint(root):
    messages = []
    machine = list(machine_names(root))
    for path in tree.files(root):
        text = tree.read(root, path)
        if text is None or not ("/" + path).endswith(MARKUP):
            continue
        messages += hits(NOTES, text, path, "note to self")
        for pattern in machine:
            messages += hits(pattern, text, path, "names this machine")
        if path.endswith((".c", ".h")):
            messages += judge_c(path, text)
    return messages


SOUND = {
    "src/base/a.c": '/* not sprintf( */\nchar *s = "system(";\n'
                    "int n = snprintf(s, 1, s);\n",
    "src/cli/a.c": "void f(void)\n{\n    printf(s);\n}\n",
    "tests/unit/test_a.c": "START_TEST(a_job_ends)\n",
    WAITS[0]: "void f(void)\n{\n    poll(NULL, 0, 3);\n}\n",
    "README.md": "/usr/bin/extq\n",
}

FAULTS = [
    ("banned: sprintf(", "src/base/x.c", "int n = sprintf(a, b);\n"),
    ("banned: atoi (", "tests/unit/test_x.c", "int n = atoi (a);\n"),
    ("banned: sleep(", "tests/live/test_x.c", "int n = sleep(1);\n"),
    ("waits for time", "tests/live/test_x.c", "int n = poll(NULL, 0, 9);\n"),
    ("waits for time", "tests/live/test_x.c", "int n = nanosleep(a, b);\n"),
    ("print", "src/link/x.c", "int n = fprintf(stderr, s);\n"),
    ("print", "src/client/x.c", "int n = puts(s);\n"),
    ("print", "src/model/x.c", "int n = puts(s);\n"),
    ("note to self", "src/base/x.h", "/* TO" "DO: later */\n"),
    ("note to self", "README.md", "FIX" "ME\n"),
    ("is a sentence", "tests/unit/test_x.c", "START_TEST(job_ends)\n"),
]


def self_test_machine(root):
    """The path of the made-up tree itself is a name of this machine."""
    tree.plant(root, "README.md", f"see {os.path.realpath(root)}/src\n")
    return lint(root)


def self_test(root):
    messages = lint(root)
    planted = self_test_machine(root)
    if not any("names this machine" in m for m in planted):
        messages.append("self-test: the path of the tree was not found")
    return messages


if __name__ == "__main__":
    tree.main(self_test if "--self-test" in sys.argv else lint, SOUND, FAULTS)
