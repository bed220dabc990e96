#!/usr/bin/env python3
"""generated.py WEIR: every generated file in the tree is what its generator writes today."""
import os
import subprocess
import sys

import tree

# file, command that prints it
GENERATED = [
    ("scenarios/scenario.schema.json", ["WEIR", "schema"]),
    ("sim/kernel/ziggurat_tables.h", [sys.executable, "sim/kernel/ziggurat_tables.py"]),
    ("sim/kernel/exp_tables.h", [sys.executable, "sim/kernel/ziggurat_tables.py", "exp"]),
]


def main():
    weir = sys.argv[1]
    errors = []
    for name, command in GENERATED:
        command = [weir if word == "WEIR" else word for word in command]
        shown = " ".join(os.path.basename(word) for word in command)
        result = subprocess.run(command, cwd=tree.ROOT, capture_output=True)
        path = os.path.join(tree.ROOT, name)
        if result.returncode != 0:
            errors.append(f"{shown}: exit {result.returncode}: {result.stderr.decode()}")
        elif not os.path.exists(path):
            errors.append(f"{name}: is missing: {shown} > {name}")
        elif open(path, "rb").read() != result.stdout:
            errors.append(f"{name}: is not current: {shown} > {name}")
    tree.finish(errors)


if __name__ == "__main__":
    main()
