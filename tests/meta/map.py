#!/usr/bin/env python3
"""The map, sim/README.md, names every file: in the table of each room its .c files and what is
beside them, in the table's head the public headers; of a header between the files of one room the
.c file of its name is enough, or that the room's head has it. And it names no file that is not
there. models/README.md does the same for each model that is a folder."""
import os
import re

import includes
import tree

ROOMS = [room for room in includes.STANDS_ON if room != "models"]
NAME = re.compile(r"`([\w*./-]+)`")


def stands_for(pattern, name):
    """`arrivals_*.c` stands for all of them, `mpi/` for what is in it."""
    if pattern.endswith("/"):
        return name.startswith(pattern)
    return re.fullmatch(pattern.replace(".", r"\.").replace("*", r"\w+"), name) is not None


def tables(text):
    """The names in each table by its first cell, and those outside of tables under ""."""
    found = {"": []}
    room = ""
    for line in text.split("\n"):
        if not line.startswith("|"):
            room = ""
        head = re.match(r"\| `([\w/]+)/` \|", line)
        if head:
            room = head.group(1)
            found[room] = []
        found[room] += [n for n in NAME.findall(line) if "." in n or n.endswith("/")]
    return found


def errors_of(text, files):
    errors = []
    named = tables(text)
    for name in files:
        if name == "sim/README.md" or not name.startswith(("sim/", "include/sim/")):
            continue
        room = includes.room_of(name) or os.path.dirname(name)[len("sim/"):]
        own = os.path.basename(name)
        wanted = [os.path.basename(n) for n in named.get(room, [])]
        if own.endswith("_state.h"):
            continue
        # of a header within a room the .c file of its name is enough
        stem = own if name.startswith("include/") else re.sub(r"\.h$", ".c", own)
        if not any(stands_for(p, own) or stands_for(p, stem) for p in wanted):
            errors.append(f"sim/README.md: {name} is not named where it belongs")
    for room in ROOMS:
        there = [os.path.basename(f) for f in files if (includes.room_of(f) or
                 os.path.dirname(f)[len("sim/"):]) == room]
        for pattern in named.get(room, []):
            source = re.search(r"\.(c|h|py|cmake)$", pattern)
            if source and not any(stands_for(os.path.basename(pattern), f) for f in there):
                errors.append(f"sim/README.md: there is no {pattern} in {room}/")
    return errors


def errors_of_models(text, files):
    errors = []
    named = tables(text)
    for folder in {includes.model_folder(f) for f in files} - {None}:
        there = {os.path.basename(f) for f in files
                 if includes.model_folder(f) == folder and f.endswith(".c")}
        said = {f for f in named.get(folder[len("models/"):], []) if f.endswith(".c")}
        errors += [f"models/README.md: {folder}/{f} is not named" for f in sorted(there - said)]
        errors += [f"models/README.md: there is no {folder}/{f}" for f in sorted(said - there)]
    return errors


def main():
    text = tree.read("sim/README.md")
    files = tree.files()
    errors = errors_of(text, files)
    # The check itself: a file that is left out, and one that is not there, are found.
    planted = text.replace("`mathfn.c`", "`mathfm.c`")
    if planted == text or len(errors_of(planted, files)) != len(errors) + 2:
        errors.append("tests/meta/map.py does not find what is planted")
    models = tree.read("models/README.md")
    errors += errors_of_models(models, files)
    planted = models.replace("`cache_write.c`", "`cache_right.c`")
    if len(errors_of_models(planted, files)) != len(errors_of_models(models, files)) + 2:
        errors.append("tests/meta/map.py does not find what is planted among the models")
    tree.finish(errors)


if __name__ == "__main__":
    main()
