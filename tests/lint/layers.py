#!/usr/bin/env python3
"""Includes go downward only: main -> cli -> service -> stages -> link ->
model -> base; libextq's client stands on link, and nobody on it. A stage
includes no other stage, modules form no cycle, and
each outside library is met in the few files that are there for it."""

import os
import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402

LAYERS = ["base", "model", "link", "stages", "service", "cli", "main"]
PUBLIC = "extq.h"  # of include/, met by the client alone

# Library header (pattern) -> files that may include it (pattern).
LIBRARIES = {
    r"hiredis/.*": r"link/(redis\w*|reply)\.[ch]",
    r"curl/.*": r"link/http\w*\.[ch]",
    r"yaml\.h": r"service/config\w*\.c",
    r"cjson/.*": r"link/discovery\w*\.c",
    r"ares\.h": r"link/\w+\.[ch]|cli/version\.c",
    r"microhttpd\.h": r"(service|cli)/\w+\.[ch]",
    r"openssl/.*": r"(base|link|service)/\w+\.c",
    r"uv\.h": r"(link|stages|service|cli)/\w+\.[ch]",
}

# What base and model may not do: input and output, time, threads.
IMPURE = re.compile(
    r"unistd\.h|fcntl\.h|poll\.h|signal\.h|dirent\.h|pthread\.h|spawn\.h|"
    r"sys/(stat|wait|un|epoll|file|ioctl|mman|prctl|random|time|uio)\.h|"
    r"base/(clock|file|log)\.h")
IMPURE_ALLOWED = re.compile(r"base/(file|log|clock|rand|failpoint)\.[ch]")

LOGGERS = re.compile(r"(service|cli)/.*|main\.c|base/log\.[ch]")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)',
                     re.M)


def layer(path):
    return path.split("/")[0] if "/" in path else "main"


def module(path, stems):
    """The files of a module count as one: x.h, x.c, and x_*.[ch] beside
    them. In stages the module is the stage."""
    stem = os.path.splitext(path)[0]
    words = stem.split("_")
    for count in range(1, len(words)):
        prefix = "_".join(words[:count])
        if prefix in stems:
            return prefix
    return stem


def judge_own(path, target, stems):
    here, there = layer(path), layer(target)
    if here == "client":
        allowed = (there in ("base", "model", "link", here) or
                   target == PUBLIC)
        return None if allowed else f"client includes {target}: it stands " \
            "on link"
    if there not in LAYERS or there == "main":
        return f"includes {target}, which belongs to no layer"
    if LAYERS.index(there) > LAYERS.index(here):
        return f"{here} includes {target}: upward"
    if (here == there == "stages" and
            module(path, stems) != module(target, stems)):
        return f"a stage includes another stage: {target}"
    if target == "base/log.h" and not LOGGERS.fullmatch(path):
        return f"{here} logs: only service, cli and main do"
    return None


def judge_library(path, target):
    for pattern, home in LIBRARIES.items():
        if re.fullmatch(pattern, target) and not re.fullmatch(home, path):
            return f"includes <{target}>, which belongs in {home}"
    return None


def judge(path, own, library, stems):
    if own and not own.endswith(".h"):
        return f"includes {own}, which is no header"
    if (layer(path) in ("base", "model") and
            IMPURE.fullmatch(own or library) and
            not IMPURE_ALLOWED.fullmatch(path)):
        return f"is pure and includes {own or library}"
    if own:
        return judge_own(path, own, stems)
    return judge_library(path, library)


def find_cycle(graph):
    """One cycle as a list of modules, or None."""
    state, trail = {}, []

    def visit(node):
        state[node] = "open"
        trail.append(node)
        for follower in sorted(graph.get(node, ())):
            if state.get(follower) == "open":
                return trail[trail.index(follower):] + [follower]
            if follower not in state:
                cycle = visit(follower)
                if cycle:
                    return cycle
        state[node] = "done"
        trail.pop()
        return None

    for node in sorted(graph):
        if node not in state:
            cycle = visit(node)
            if cycle:
                return cycle
    return None


def lint(root):
    src = os.path.join(root, "src")
    paths = tree.files(src, endings=(".c", ".h"))
    stems = {os.path.splitext(p)[0] for p in paths}
    messages, graph = [], {}
    for path in paths:
        text = tree.without_comments(tree.read(src, path))
        for match in INCLUDE.finditer(text):
            fault = judge(path, *match.groups(), stems)
            if fault:
                line = tree.line_of(text, match.start(0))
                messages.append(f"src/{path}:{line}: {fault}")
            if match.group(1):
                ends = [module(p, stems) for p in (path, match.group(1))]
                if ends[0] != ends[1]:
                    graph.setdefault(ends[0], set()).add(ends[1])
    cycle = find_cycle(graph)
    if cycle:
        messages.append("src: modules include each other: " +
                        " -> ".join(cycle))
    return messages


SOUND = {
    "src/main.c": '#include "cli/run.h"\n',
    "src/cli/run.h": '#include "service/service.h"\n',
    "src/service/service.h": '#include "stages/claim.h"\n',
    "src/stages/claim.h": '#include "link/http.h"\n#include <uv.h>\n',
    "src/stages/claim.c": '#include "stages/claim.h"\n',
    "src/stages/claim_batch.c": '#include "stages/claim.h"\n',
    "src/link/http.h": '#include "model/job.h"\n',
    "src/link/http.c": '#include "link/http_internal.h"\n'
                       '#include <curl/curl.h>\n',
    "src/link/http_internal.h": '#include "link/http.h"\n',
    "src/model/job.h": '#include "base/err.h"\n',
    "src/model/policy.h": '#include "model/extension.h"\n',
    "src/model/extension.h": "",
    "src/client/client.h": '#include "extq.h"\n#include "link/http.h"\n',
    "src/client/job.c": '#include "client/client.h"\n',
    "src/base/err.h": '/* #include "cli/run.h" */\n',
}

FAULTS = [
    ("upward", "src/base/x.c", '#include "model/job.h"\n'),
    ("upward", "src/link/x.c", '#include "stages/claim.h"\n'),
    ("another stage", "src/stages/x.c", '#include "stages/claim.h"\n'),
    ("belongs in", "src/service/x.c", "#include <curl/curl.h>\n"),
    ("belongs in", "src/link/http.c", " #  include <hiredis/hiredis.h>\n"),
    ("belongs in", "src/base/json.c", "#include <cjson/cJSON.h>\n"),
    ("is pure", "src/model/x.c", '#include "base/clock.h"\n'),
    ("is pure", "src/base/x.c", "#include <unistd.h>\n"),
    ("logs", "src/link/x.c", '#include "base/log.h"\n'),
    ("no header", "src/link/x.c", '#include "link/http.c"\n'),
    ("stands on link", "src/client/x.c", '#include "stages/claim.h"\n'),
    ("no layer", "src/cli/x.c", '#include "client/client.h"\n'),
    ("no layer", "src/cli/x.c", '#include "extq.h"\n'),
    ("no layer", "src/link/x.c", '#include "support/peer.h"\n'),
    ("each other", "src/model/extension.h", '#include "model/policy.h"\n'),
]


if __name__ == "__main__":
    tree.main(lint, SOUND, FAULTS)
