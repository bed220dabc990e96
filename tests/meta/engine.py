#!/usr/bin/env python3
"""engine.py CMAKE: the hash that keeps stored results of different engines apart covers every
source that can change a result. A change in any room that models stand on, or that runs them, in a
model or in a public header changes it; and CMakeLists.txt names no other rooms."""
import os
import re
import subprocess
import sys
import tempfile

import includes
import tree

SCRIPT = os.path.join(tree.ROOT, "sim/study/store/sources_hash.cmake")


def engine_rooms():
    """The rooms of sim/ that decide a result, by the arrows between the rooms."""
    return sorted((includes.BELOW["scenario"] | includes.BELOW["models"]) - {"models"})


def rooms_of_cmake():
    text = tree.read("CMakeLists.txt")
    return re.search(r"^set\(engine_rooms ([\w \n]+)\)", text, re.M)[1].split()


def hash_of(cmake, root, rooms):
    output = os.path.join(root, "hash.c")
    subprocess.run([cmake, "-D", "OUTPUT=" + output, "-D", "ROOT=" + root,
                    "-D", "ROOMS=" + ";".join(rooms), "-P", SCRIPT], check=True)
    with open(output, encoding="utf-8") as file:
        return file.read()


def write(root, name, text):
    os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
    with open(os.path.join(root, name), "a", encoding="utf-8") as file:
        file.write(text)


def main():
    rooms = rooms_of_cmake()
    errors = []
    if sorted(rooms) != engine_rooms():
        errors.append(f"CMakeLists.txt: engine_rooms are {sorted(rooms)}, want {engine_rooms()}")
    folders = ["sim/" + room for room in engine_rooms()]
    folders += ["models", "models/folder", "models/folder/deeper"]
    planted = [folder + "/planted.c" for folder in folders]
    planted += [folder + "/planted.h" for folder in folders + ["include/sim"]]
    planted += ["models/models.def"]
    with tempfile.TemporaryDirectory() as root:
        for name in planted:
            write(root, name, "")
        before = hash_of(sys.argv[1], root, rooms)
        for name in planted:
            write(root, name, "/* planted */\n")
            after = hash_of(sys.argv[1], root, rooms)
            if after == before:
                errors.append(f"{SCRIPT}: a change of {name} would pass old results for new ones")
            before = after
        # The check itself: a change in a room that is left out goes unnoticed.
        write(root, "sim/left_out/planted.c", "/* planted */\n")
        if hash_of(sys.argv[1], root, rooms) != before:
            errors.append("engine.py: the hash changes with what it need not cover")
    tree.finish(errors)


if __name__ == "__main__":
    main()
