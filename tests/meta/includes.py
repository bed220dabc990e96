#!/usr/bin/env python3
"""Includes run one way between the rooms, as sim/README.md draws them, and no room grows too large.
A model includes sim/model.h and three headers of the C library. A model that is a folder has one
header of its own, which no file outside of the folder includes."""
import os
import re

import tree

# Which rooms a room stands directly on. It may include those, whatever they stand on, and itself.
STANDS_ON = {
    "base": [],
    "kernel": ["base"],
    "books": ["kernel"],
    "fabric": ["books"],
    "policy": ["fabric"],
    "parts": ["fabric"],
    "load": ["parts"],
    "run": ["policy", "load"],
    "models": ["policy", "load"],
    "scenario": ["run"], # headers that all its rooms share
    "scenario/json": ["scenario"],
    "scenario/values": ["scenario/json"],
    "scenario/prices": ["scenario/values"],
    "scenario/sections": ["scenario/prices"],
    "scenario/cases": ["scenario/sections"],
    "scenario/tables": ["scenario/sections"],
    "study": ["scenario/cases", "scenario/tables"],
    "study/runs": ["study"],
    "study/store": ["study/runs"],
    "study/work": ["study/store"],
    "study/estimates": ["study/runs"],
    "study/search": ["study/work", "study/estimates"],
    "report": ["study/search"],
    "report/words": ["report"],
    "report/figures": ["report"],
    "report/searches": ["report/words", "report/figures"],
    "report/page": ["report"],
    "cli": ["report/searches", "report/page"],
}
SHARED = {"scenario", "study"} # headers for all rooms in it, which may include theirs
ROOM_FILES = 15 # source files in a room, at most


def all_below(room):
    below = set()
    for other in STANDS_ON[room]:
        below |= {other} | all_below(other)
    return below


BELOW = {room: all_below(room) for room in STANDS_ON}

# The room each public header belongs to; a new header is entered here.
PUBLIC = {
    "types.h": "base",
    "kernel.h": "kernel",
    "random.h": "kernel",
    "meter.h": "kernel",
    "arrivals.h": "load",
    "component.h": "fabric",
    "param.h": "kernel",
    "plan.h": "fabric",
    "policy.h": "policy",
    "record.h": "run",
    "sessions.h": "parts",
    "usage.h": "kernel",
    "table.h": "parts",
    "copies.h": "parts",
    "fabric.h": "fabric",
    "entries.h": "parts",
    "ledger.h": "run",
    "model.h": "models",
    "refill.h": "parts",
    "request.h": "books",
    "trace.h": "books",
    "truth.h": "books",
    "users.h": "load",
    "ring.h": "parts",
    "station.h": "parts",
    "queueing.h": "parts",
    "world.h": "run",
}

FOR_MODELS = "include/sim/model.h" # a list of headers; the engine includes what it needs

C_LIBRARY = {
    "assert.h", "ctype.h", "errno.h", "float.h", "inttypes.h", "limits.h", "locale.h", "math.h",
    "setjmp.h", "stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h",
    "stdio.h", "stdlib.h", "stdnoreturn.h", "string.h",
}
# Only libc, and of it nothing that knows the wall clock, a thread or a signal.
PURE = {"base", "kernel", "books", "fabric", "policy", "parts", "load", "run"}
# The report reads JSON too: for `weir report`, the summary.json that it wrote. The rule is there to
# keep JSON out of what simulates: kernel, fabric, models.
LIBRARIES = {"jansson.h": {"scenario", "report"}, "uv.h": {"study", "report", "cli"},
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
    if parts[0] == "sim" and name.endswith((".c", ".h")):
        room = "/".join(parts[1:-1])
        return "study/work" if room == "study/mpi" else room # built apart: it includes MPI
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
        return room.split("/")[0] in LIBRARIES[header] or f"only {sorted(LIBRARIES[header])} may"
    if room in PURE and header not in C_LIBRARY:
        return f"{room} sees no file, thread or clock: C library only"
    return True


def check_ours(name, room, target):
    other = room_of(target)
    if target == FOR_MODELS:
        return "this list is for models: include what is needed of it"
    if other == "?":
        return f"{target} is not in PUBLIC of tests/meta/includes.py: enter its room"
    if other == "models" and not (target.endswith(".def") and room == "scenario/values"):
        return "nothing includes a model"
    if room in SHARED and other.startswith(room + "/"):
        return True
    if other == room or other in BELOW[room] or other == "models":
        return True
    return f"{room} may include only itself and what it stands on: {sorted(BELOW[room])}"


def model_folder(name):
    """models/cache for what stands in there or below; None for other files."""
    parts = name.split("/")
    return "/".join(parts[:2]) if parts[0] == "models" and len(parts) > 2 else None


def check_model(name, header, known):
    """The header of a folder is included as it is from anywhere: "models/cache/cache.h"."""
    target = target_of(name, header, known)
    if target and target.endswith(".h") and model_folder(target):
        if model_folder(target) == model_folder(name):
            return True
    return header in MODEL_MAY or (f"a model may include only {sorted(MODEL_MAY)} and the header "
                                   "of its own folder")


def check_include(name, room, header, known):
    if room == "models" and name != FOR_MODELS:
        return check_model(name, header, known)
    target = target_of(name, header, known)
    if target is None:
        return check_system(name, room, header)
    return check_ours(name, room, target)


def check_sizes(names):
    count = {}
    for name in names:
        if name.endswith(".c") and name.startswith("sim/"):
            room = os.path.dirname(name)
            count[room] = count.get(room, 0) + 1
    return [f"{room}/: {n} source files, too many: make a room of some of them"
            for room, n in sorted(count.items()) if n > ROOM_FILES]


def check_folders(names):
    """Of a model that is a folder: one header, which tests and benches do not include either."""
    headers = {}
    for name in names:
        if model_folder(name) and name.endswith(".h"):
            headers.setdefault(model_folder(name), []).append(name)
    for folder, found in sorted(headers.items()):
        for name in sorted(found)[1:]:
            yield f"{name}: {folder}/ has more than one header: {sorted(found)[0]} is there"
    known = set(names)
    for name in names:
        if room_of(name):
            continue
        for match in INCLUDE.finditer(tree.read(name) or ""):
            target = target_of(name, match[2], known)
            if target and model_folder(target):
                yield f"{name}: includes {match[2]}: nothing includes a model"


def main():
    names = [n for n in tree.files() if n.endswith((".c", ".h")) and room_of(n)]
    known = set(tree.files())
    generated = {"plots_embedded.c"}
    errors = check_sizes(names)
    errors += check_folders([n for n in known if n.endswith((".c", ".h"))])
    for name in names:
        room = room_of(name)
        if room == "?":
            errors.append(f"{name}: not in PUBLIC of tests/meta/includes.py: enter its room")
            continue
        if room not in BELOW:
            errors.append(f"{name}: {room} is no room of sim/: enter it in STANDS_ON")
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
