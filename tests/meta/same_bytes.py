#!/usr/bin/env python3
"""same_bytes.py BINARY BINARY...: builds of weir by different compilers, at different levels of
optimisation and for different processors, write the same bytes. Each runs the same scenarios with
one job, the first with two jobs as well; exit status, standard output and every file of --out are
compared."""
import glob
import os
import subprocess
import sys
import tempfile

import tree

# Everything a scenario can hold passes through these; --reps keeps the -O0 builds quick.
SCENARIOS = [("scenarios/ch22-caching/stampede.json", ["--reps", "2", "--seed", "7"])] + [
    (os.path.relpath(path, tree.ROOT), [])
    for path in sorted(glob.glob(os.path.join(tree.ROOT, "tests/golden/*.json")))
]


def run(binary, jobs, scenario, options, out):
    """{name: bytes} of all that one run left behind."""
    command = [os.path.abspath(binary), "run", scenario, *options, "--jobs", str(jobs), "--json",
               "--no-plot", "--quiet", "--out", out]
    result = subprocess.run(command, cwd=tree.ROOT, capture_output=True)
    if result.returncode not in (0, 1):
        print(f"{' '.join(command)}: exit {result.returncode}")
        print(result.stderr.decode(errors="replace"))
    left = {"exit status": str(result.returncode).encode(), "standard output": result.stdout}
    for folder, _, names in os.walk(out):
        if folder == os.path.join(out, "store"): # has times, and who took them
            continue
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                left[os.path.relpath(path, out)] = file.read()
    return left


def differences(first, other):
    for name in sorted(first.keys() | other.keys()):
        if first.get(name) != other.get(name):
            yield name


def main():
    binaries = sys.argv[1:]
    runs = [(binaries[0], 1), (binaries[0], 2)] + [(binary, 1) for binary in binaries[1:]]
    errors = []
    for scenario, options in SCENARIOS:
        reference = None
        for binary, jobs in runs:
            with tempfile.TemporaryDirectory() as out:
                left = run(binary, jobs, scenario, options, os.path.join(out, "o"))
            size = sum(len(data) for data in left.values())
            print(f"{scenario}: {binary} --jobs {jobs}: {len(left)} outputs, {size} bytes")
            if left["exit status"] not in (b"0", b"1") or "summary.json" not in left:
                errors.append(f"{scenario}: {binary} --jobs {jobs}: did not run to its end")
            reference = reference or left
            errors += [f"{scenario}: {name} of {binary} --jobs {jobs} differs from {runs[0][0]}'s"
                       for name in differences(reference, left)]
    tree.finish(errors)


if __name__ == "__main__":
    main()
