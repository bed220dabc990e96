#!/usr/bin/env python3
"""table.py - runs every scenario of this folder and writes the table of the README from what they
say they expect and what was observed.

    table.py WEIR README [OUT]      OUT: where the runs' results go (default out/validation)

The table stands between two comments, and is all that this writes. Exit status 1: a claim failed.
"""
import json
import math
import os
import subprocess
import sys

BEGIN = "<!-- made by ./dev table: do not edit -->\n"
END = "<!-- end of the table -->\n"
HERE = os.path.dirname(os.path.abspath(__file__))


def digits(value, half):
    """As many digits of the value as its interval has two of."""
    if half <= 0 or not math.isfinite(half):
        return f"{value:.7g}"
    places = max(0, 1 - math.floor(math.log10(half)))
    return f"{value:.{places}f} ±{half:.{places}f}"


def bound(text):
    return text.replace("equal to ", "").replace(" by its ", "; ")


def rows(name, summary):
    for variant, results in summary["variants"].items():
        for claim in results["expect"]:
            low, high = claim.get("low"), claim.get("high")
            half = 0 if low is None or high is None else (high - low) / 2
            unit = "" if claim.get("unit", "1") == "1" else " " + claim["unit"]
            case = name if variant == "base" else f"{name}: {variant}"
            yield (f"| {case} | `{claim['that']}` | {bound(claim['bound'])} | "
                   f"{digits(claim['observed'], half)}{unit} | {claim.get('because', '')} |",
                   claim["held"])


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    weir, readme = sys.argv[1:3]
    out = sys.argv[3] if len(sys.argv) == 4 else os.path.join("out", "validation")
    lines, failed = [], 0
    for file in sorted(os.listdir(HERE)):
        if not file.endswith(".json"):
            continue
        name = file[:-5]
        where = os.path.join(out, name)
        run = subprocess.run([weir, "run", os.path.join(HERE, file), "--no-plot", "--quiet",
                              "--out", where], stdout=subprocess.DEVNULL)
        if run.returncode not in (0, 1):
            sys.exit(f"{file}: exit status {run.returncode}")
        with open(os.path.join(where, "summary.json"), encoding="utf-8") as f:
            for line, held in rows(name, json.load(f)):
                lines.append(line + "\n")
                failed += not held
                if not held:
                    print(f"failed: {line}", file=sys.stderr)
    with open(readme, encoding="utf-8") as f:
        text = f.read()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    head = "| scenario | number | expected | observed | because |\n|---|---|---|---|---|\n"
    temporary = readme + ".tmp"
    with open(temporary, "w", encoding="utf-8") as f:
        f.write(before + BEGIN + head + "".join(lines) + END + after)
    os.replace(temporary, readme)
    print(f"{len(lines)} claims, {failed} failed")
    sys.exit(failed > 0)


main()
