#!/usr/bin/env python3
"""readme_commands.py WEIR: every ```sh block of the README files works as written.

The tree is copied to a temporary directory, with WEIR as its build/release/weir, and the blocks of
each file run there in order, by sh -eu, a failing one being an error. A first line `# exit N` says
that the block's last command ends so. The README's figure is the one that its commands draw. Left
out, but looked up: commands that would run the tests
inside the tests (./dev test and its like must be in ./dev help), and fetching and entering the
clone."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import tree

READMES = ("README.md", "scenarios/README.md", "models/README.md", "sim/README.md",
           "CONTRIBUTING.md")
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
EXIT = re.compile(r"\A# exit (\d+)\n")
NOT_AGAIN = re.compile(r"\./dev (test|test-long|bench|fuzz|figures|deps|format)\b")
CLONE = re.compile(r"(git clone|cd weir)\b")
SECONDS = 300
FIGURE, DRAWN = "plots/readme/retries.svg", "out/my/figures/retries.svg"


def blocks():
    """(file, line, text) of every block."""
    for name in READMES:
        path = os.path.join(tree.ROOT, name)
        if os.path.exists(path):
            text = tree.read(name)
            for match in BLOCK.finditer(text):
                yield name, text.count("\n", 0, match.start()) + 2, match[1]


def copy_tree(copy, weir):
    for name in tree.files():
        target = os.path.join(copy, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(os.path.join(tree.ROOT, name), target)
    os.makedirs(os.path.join(copy, "build/release"))
    shutil.copy2(weir, os.path.join(copy, "build/release/weir"))


def runnable(text, known, errors, place):
    """The block without the commands that are only looked up."""
    kept = []
    for line in text.splitlines():
        again = NOT_AGAIN.match(line)
        if again and not re.search(rf"^  {again[1]}\b", known, re.M):
            errors.append(f"{place}: {line}: not in ./dev help")
        if not again and not CLONE.match(line):
            kept.append(line)
    return "\n".join(kept) + "\n"


def run(script, copy):
    """The exit status and what was printed; everything the block started is ended with it."""
    environment = dict(os.environ, WEIR_BUILT="1")
    process = subprocess.Popen(["sh", "-eu", "-c", script], cwd=copy, env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    try:
        printed, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        printed, _ = process.communicate()
        return f"still running after {SECONDS} s", printed
    return process.returncode, printed


def check_figure(copy, errors):
    """The drawing depends on gnuplot's version, which its <desc> names."""
    def read(folder, name):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()
    there, drawn = read(tree.ROOT, FIGURE), read(copy, DRAWN)
    version = re.compile(r"gnuplot [0-9.]+ patchlevel [0-9]+", re.I)
    if version.findall(there) == version.findall(drawn) and there != drawn:
        errors.append(f"{FIGURE} is not what the README's commands draw: put {DRAWN} there")


def main():
    errors = []
    count = 0
    known = subprocess.run(["./dev", "help"], cwd=tree.ROOT, check=True, capture_output=True,
                           text=True).stdout
    with tempfile.TemporaryDirectory() as copy:
        copy_tree(copy, sys.argv[1])
        for name, line, text in blocks():
            place = f"{name}:{line}"
            expected = int(EXIT.match(text)[1]) if EXIT.match(text) else 0
            start = time.monotonic()
            status, printed = run(runnable(text, known, errors, place), copy)
            print(f"{place}: exit {status}, {time.monotonic() - start:.1f} s")
            count += 1
            if status != expected:
                errors.append(f"{place}: exit {status}, not {expected}:\n{text}--- printed:\n"
                              + printed.decode(errors="replace"))
        check_figure(copy, errors)
    print(f"{count} blocks")
    if not os.path.exists(os.path.join(tree.ROOT, "README.md")):
        errors.append("README.md is missing")
    tree.finish(errors)


if __name__ == "__main__":
    main()
