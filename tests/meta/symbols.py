#!/usr/bin/env python3
"""symbols.py LIBRARY...: what the rooms define for the linker is called sim_…, or is the table of a
model or a plug-in, …_model or …_plugin; and nothing is a variable that outlives its simulation."""
import re
import subprocess
import sys

import tree

NAME = re.compile(r"sim_\w+$|\w+_(model|plugin)$")
WRITABLE = re.compile(r"\.data(?!\.rel\.ro)|\.bss|\.tdata|\.tbss|\*COM\*")


def symbols(library):
    """(file, name, global?, section) of each object and function that the library defines."""
    out = subprocess.run(["nm", "--defined-only", "-A", "-f", "sysv", library], check=True,
                         capture_output=True, text=True).stdout
    for line in out.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 7 and fields[3] in ("FUNC", "OBJECT", "TLS"):
            *where, name = fields[0].split(":")
            yield where[-1], name, fields[2].isupper(), fields[6]


def main():
    errors = []
    count = 0
    for library in sys.argv[1:]:
        for where, name, exported, section in symbols(library):
            count += 1
            if exported and not NAME.match(name):
                errors.append(f"{where}: {name}: neither sim_…, …_model nor …_plugin")
            if WRITABLE.match(section):
                errors.append(f"{where}: {name}: a variable that outlives its simulation")
    print(f"{count} symbols")
    tree.finish(errors if count else ["no symbols were found"])


if __name__ == "__main__":
    main()
