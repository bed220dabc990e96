#!/usr/bin/env python3
"""The checks of this folder find what they look for: a tree with one planted fault of each kind
is refused, for exactly those faults."""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LONG_FUNCTION = "int f(void)\n{\n" + "    ;\n" * 69 + "}\n"

# file, its text, the check, what that check says about it (None: nothing)
PLANTED = [
    ("include/sim/types.h", '#include <stdint.h>\n', "includes", None),
    ("include/sim/kernel.h", '#include "sim/types.h"\n', "includes", None),
    ("include/sim/model.h", '#include "sim/kernel.h"\n', "includes", None),
    ("include/sim/stray.h", "", "includes", "not in PUBLIC"),
    ("sim/kernel/up.c", '#include "sim/world.h"\n', "includes", "kernel may include only"),
    ("sim/kernel/clock.c", '#include <time.h>\n', "includes", "C library only"),
    ("sim/kernel/fine.c", '#include "sim/kernel.h"\n#include <math.h>\n', "includes", None),
    ("include/sim/world.h", "", "includes", None),
    ("sim/scenario/scenario.h", '#include "sim/world.h"\n', "includes", None),
    ("sim/fabric/all.c", '#include "sim/model.h"\n', "includes", "this list is for models"),
    ("sim/fabric/json.c", '#include "scenario/scenario.h"\n', "includes",
     "fabric may include only"),
    ("sim/scenario/cases/vary.h", '#include "scenario/scenario.h"\n', "includes", None),
    ("sim/scenario/json/up.c", '#include "scenario/cases/vary.h"\n', "includes",
     "scenario/json may include only"),
    ("sim/scenario/loop.c", '#include <uv.h>\n', "includes", "only ['cli', 'report', 'study']"),
    ("sim/study/json_stream.h", '#include <jansson.h>\n', "includes",
     "only ['report', 'scenario']"),
    ("models/cache.c", '#include "sim/model.h"\n#include <math.h>\n', "includes", None),
    ("models/store.c", '#include "models/cache.c"\n', "includes", "a model may include only"),
    ("models/cdn/cdn.h", '#include "sim/model.h"\n', "includes", None),
    ("models/cdn/edge.c", '#include "models/cdn/cdn.h"\n', "includes", None),
    ("models/cdn/shield.h", '#include "models/cdn/cdn.h"\n', "includes",
     "models/cdn/ has more than one header"),
    ("models/cdn/whole.c", '#include "models/cdn/edge.c"\n', "includes",
     "a model may include only"),
    ("models/peek.c", '#include "models/cdn/cdn.h"\n', "includes", "a model may include only"),
    ("models/log/peek_too.c", '#include "../cdn/cdn.h"\n', "includes",
     "a model may include only"),
    ("sim/report/see.c", '#include "models/cdn/cdn.h"\n', "includes",
     "nothing includes a model"),
    ("tests/model/see.c", '#include "models/cdn/cdn.h"\n', "includes",
     "nothing includes a model"),
    ("models/files.c", '#include <stdio.h>\n', "includes", "a model may include only"),
    ("sim/report/peek.c", '#include "models/cache.c"\n', "includes", "nothing includes a model"),
    ("sim/base/long.c", LONG_FUNCTION, "style", "a function of 71 lines"),
    ("sim/base/wide.c", "/*" + "x" * 100 + "*/\n", "style", "104 columns"),
    ("sim/base/tall.c", "\n" * 801, "style", "801 lines"),
    ("sim/base/off.c", "#if 0\n#endif\n", "style", "#if 0"),
    ("sim/study/fine.c", "", "style", "the same file name as"),
    ("models/tall.c", "\n" * 300, "style", "300 lines"),
    ("models/cdn/tall_too.c", "\n" * 300, "style", "300 lines"),
    ("sim/study/say.c", 'fprintf(stderr, "%s", name);\n', "style", "sim_tell() cleans"),
    ("notes.md", "fetched from deb." + "debian.org\n", "style", "a package registry"),
    ("sim/base/path.c", "/* see /ho" + "me/me/notes */\n", "style", "a path of one machine"),
]


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as root:
        shutil.copytree(HERE, os.path.join(root, "tests/meta"))
        for name, text, _, _ in PLANTED:
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        said = {check: subprocess.run(
            [sys.executable, os.path.join(root, f"tests/meta/{check}.py")],
            capture_output=True, text=True).stdout.splitlines()[:-1]
            for check in ("includes", "style")}
    for name, _, check, wanted in PLANTED:
        about = [line for line in said[check] if line.startswith(name + ":")]
        found = any(wanted in line for line in about) if wanted else not about
        if not found:
            print(f"{name}: wanted {wanted!r}, got {about}")
            failures += 1
    print(f"{len(PLANTED)} planted, {failures} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
