#!/usr/bin/env python3
"""Small pieces: files under 400 lines, functions of at most 60 with at most 5
parameters and a median under 15, comments on 10 to 25 % of src's lines of text.
A function counts from its signature to its closing brace."""

import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402

FILE_LINES, FUNCTION_LINES, PARAMETERS, MEDIAN = 400, 60, 5, 15
COMMENT_SHARE = (0.10, 0.25)
COMMENT_SHARE_FROM = 300  # lines; a smaller tree is not measured
# Signatures that a library dictates to its callbacks.
DICTATED = re.compile(r"\bstruct MHD_Connection\b|\bSSL \*")

# The brace style puts a function's braces, and nothing else's, in column 0.
FUNCTION = re.compile(
    r"^(?P<head>[A-Za-z_][^;{}#]*?\))[^;{}()#]*\n\{\n(?P<body>.*?)^\}",
    re.M | re.S)


def parameters(head):
    """How many the last pair of parentheses of the signature holds."""
    depth, count, start = 0, 0, len(head) - 1
    for start in range(len(head) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(head[start], 0)
        if depth == 0:
            break
    inside = head[start + 1:-1].strip()
    if inside in ("", "void"):
        return 0
    for char in inside:
        depth += {"(": 1, ")": -1}.get(char, 0)
        count += char == "," and depth == 0
    return count + 1 - inside.endswith("...")


def functions(path, text):
    """(place, name, lines, parameters) of each function defined in a file."""
    bare = tree.without_comments(text, keep_strings=False)
    bare = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
                  lambda m: tree.blank(m.group(0)), bare, flags=re.M)
    for match in FUNCTION.finditer(bare):
        head = match.group("head").lstrip()
        start = match.end("head") - len(head)
        name = re.search(r"(\w+)\s*\(", head)
        lines = bare.count("\n", start, match.end()) + 1
        yield (f"{path}:{tree.line_of(bare, start)}",
               name.group(1) if name else "?", lines,
               0 if DICTATED.search(head) else parameters(head))


def comment_lines(text):
    marked = tree.TOKEN.sub(
        lambda m: re.sub(r"[^\n]", "\1", m.group(0))
        if m.group(0).startswith("/") else m.group(0), text)
    return sum("\1" in line for line in marked.split("\n"))


def measure_files(root):
    found, messages = [], []
    lines = comments = 0
    for path in tree.files(root, ("src", "include", "tests"), (".c", ".h")):
        text = tree.read(root, path)
        count = text.count("\n")
        if count >= FILE_LINES:
            messages.append(f"{path}:{count}: {count} lines in a file; "
                            f"under {FILE_LINES}")
        found += functions(path, text)
        if path.startswith("src/"):
            lines += sum(bool(line.strip()) for line in text.split("\n"))
            comments += comment_lines(text)
    return found, lines, comments, messages


def judge_functions(found):
    for place, name, lines, count in found:
        if lines > FUNCTION_LINES:
            yield (f"{place}: {name} has {lines} lines; "
                   f"at most {FUNCTION_LINES}")
        if count > PARAMETERS:
            yield (f"{place}: {name} has {count} parameters; "
                   f"at most {PARAMETERS}")


def judge_whole(found, lines, comments):
    sizes = sorted(f[2] for f in found if f[0].startswith("src/"))
    if not sizes:
        return
    median = sizes[len(sizes) // 2]
    share = comments / lines
    longest = max((f for f in found if f[0].startswith("src/")),
                  key=lambda f: f[2])
    print(f"sizes: {len(sizes)} functions in src: median {median}, "
          f"p90 {sizes[len(sizes) * 9 // 10]}, longest {longest[2]} "
          f"({longest[1]}); {lines} lines with text, {share:.1%} with comments")
    if median >= MEDIAN:
        yield f"src: the median function has {median} lines; under {MEDIAN}"
    if (lines >= COMMENT_SHARE_FROM and
            not COMMENT_SHARE[0] <= share <= COMMENT_SHARE[1]):
        yield (f"src: {share:.1%} of the lines have comments; "
               f"{COMMENT_SHARE[0]:.0%} to {COMMENT_SHARE[1]:.0%}")


def lint(root):
    found, lines, comments, messages = measure_files(root)
    return (messages + list(judge_functions(found)) +
            list(judge_whole(found, lines, comments)))


def function(lines, parameters_text="void", name="f"):
    head = f"static int {name}({parameters_text})\n{{\n"
    return head + "    g();\n" * (lines - 1 - head.count("\n")) + "}\n"


SOUND = {
    "src/base/a.c": function(9) + function(11, "int a, char *(*b)(int, int),\n"
                                           "             int c, int d, int e"),
    "src/base/b.c": function(60) + function(8) + function(8),
    "tests/unit/test_a.c": "START_TEST(a_b_c)\n{\n    f();\n}\nEND_TEST\n",
}

FAULTS = [
    ("61 lines", "src/base/x.c", function(61)),
    ("61 lines", "tests/unit/test_x.c", function(61)),
    ("61 lines", "src/base/x.c",
     "#define X(a) \\\n    a\n" + function(61, "int a,\n  const char *b")),
    ("6 parameters", "src/base/x.c", function(9, "A a, B b, C c,D d, E e, F")),
    ("400 lines", "src/base/x.h", "int a;\n" * 400),
    ("the median", "src/base/x.c",
     "".join(function(15, name=f"f{i}") for i in range(9))),
    ("have comments", "src/base/x.c",
     "".join(function(9, name=f"f{i}") for i in range(44))),
    ("have comments", "src/base/x.c", "/* a\n * b */\n" * 150 +
     "".join(function(9, name=f"f{i}") for i in range(8))),
]

if __name__ == "__main__":
    tree.main(lint, SOUND, FAULTS)
