#!/usr/bin/env python3
"""Includes run one way: base <- kernel <- fabric <- models; fabric <- scenario <- study <- report
<- main. A model includes sim/model.h and three headers of the C library, no other room's."""
import os
import re

import tree

# Which rooms a room may include, besides itself. The registry of models is the scenario's, so
# scenario and above may name models.def; nothing includes a model.
BELOW = {
    "base": [],
    "kernel": ["base"],
    "fabric": ["base", "kernel"],
    "scenario": ["base", "kernel", "fabric", "models"],
    "study": ["base", "kernel", "fabric", "scenario"],
    "report": ["base", "kernel", "fabric", "scenario", "study"],
    "main": ["base", "kernel", "fabric", "models", "scenario", "study", "report"],
}

# The room each public header belongs to; a new header is entered here.
PUBLIC = {
    "types.h": "base",
    "kernel.h": "kernel",
    "random.h": "kernel",
    "meter.h": "kernel",
    "arrivals.h": "fabric",
    "param.h": "fabric",
    "table.h": "fabric",
    "copies.h": "fabric",
    "fabric.h": "fabric",
    "kept.h": "fabric",
    "ledger.h": "fabric",
    "model.h": "fabric",
    "refill.h": "fabric",
    "request.h": "fabric",
    "trace.h": "fabric",
    "truth.h": "fabric",
    "users.h": "fabric",
    "ring.h": "fabric",
    "station.h": "fabric",
    "queueing.h": "fabric",
    "world.h": "fabric",
}

C_LIBRARY = {
    "assert.h", "ctype.h", "errno.h", "float.h", "inttypes.h", "limits.h", "locale.h", "math.h",
    "setjmp.h", "stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h",
    "stdio.h", "stdlib.h", "stdnoreturn.h", "string.h",
}
# Only libc, and of it nothing that knows the wall clock, a thread or a signal.
PURE = {"base", "kernel", "fabric"}
# The report reads JSON too: for `weir report`, the summary.json that it wrote. The rule is there to
# keep JSON out of what simulates: kernel, fabric, models.
LIBRARIES = {"jansson.h": {"scenario", "report"}, "uv.h": {"study", "report", "main"},
             "sqlite3.h": {"study"}, "zlib.h": {"study"}, "mpi.h": {"study"}}
MODEL_MAY = {"sim/model.h", "assert.h", "math.h", "string.h"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]', re.M)


def room_of(name):
    """The room of a file below include/, sim/ or models/; None for other files."""
    parts = name.split("/")
    if name.startswith("include/sim/"):
        return PUBLIC.get("/".join(parts[2:]), "?")
    if parts[0] == "models":
        return "models"
    if parts[0] == "sim":
        return parts[1] if len(parts) > 2 else "main"
    return None


def target_of(name, header, known):
    """The file of the tree that `header`, included by `name`, means; None: not one of ours."""
    beside = os.path.normpath(os.path.join(os.path.dirname(name), header))
    for candidate in (beside, "include/" + header, "sim/" + header, header):
        if candidate in known:
            return candidate
    return None


def check_system(name, room, header):
    if header in LIBRARIES:
        return room in LIBRARIES[header] or f"only {sorted(LIBRARIES[header])} may"
    if room in PURE and header not in C_LIBRARY:
        return f"{room} sees no file, thread or clock: C library only"
    return True


def check_ours(name, room, target):
    other = room_of(target)
    if other == "?":
        return f"{target} is not in PUBLIC of tests/meta/includes.py: enter its room"
    if other == "models" and not target.endswith(".def"):
        return "nothing includes a model"
    if other == room or other in BELOW[room]:
        return True
    return f"{room} may include only {BELOW[room]}"


def check_include(name, room, header, known):
    if room == "models":
        return header in MODEL_MAY or f"a model may include only {sorted(MODEL_MAY)}"
    target = target_of(name, header, known)
    if target is None:
        return check_system(name, room, header)
    return check_ours(name, room, target)


def main():
    names = [n for n in tree.files() if n.endswith((".c", ".h")) and room_of(n)]
    known = set(tree.files())
    generated = {"plots_embedded.c"}
    errors = []
    for name in names:
        room = room_of(name)
        if room == "?":
            errors.append(f"{name}: not in PUBLIC of tests/meta/includes.py: enter its room")
            continue
        if room != "models" and room not in BELOW:
            errors.append(f"{name}: {room} is no room of sim/")
            continue
        text = tree.read(name)
        for match in INCLUDE.finditer(text):
            if match[2] in generated:
                continue
            verdict = check_include(name, room, match[2], known)
            if verdict is not True:
                line = text.count("\n", 0, match.start()) + 1
                errors.append(f"{name}:{line}: includes {match[2]}: {verdict}")
    tree.finish(errors)


if __name__ == "__main__":
    main()
