#!/usr/bin/env python3
"""Each test that tests/README.md names is there: `FOLDER/FILE.c:FUNCTION` is a function of that
file that its main() runs, `FOLDER/FILE.c` a file, `invalid/CASE` a directory. Every row of the
table of mistakes names one."""
import os
import re

import tree

NAMED = re.compile(r"`([a-z]+/[\w.-]+?)(?::(\w+))?`")


def check(folder, name, function):
    """What is wrong with one name; None when nothing is."""
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return f"there is no tests/{name}"
    if function is None:
        return None
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if not re.search(rf"^static void {function}\(void \*\*state\)$", text, re.M):
        return f"tests/{name} has no test {function}"
    if len(re.findall(rf"\b{function}\b", text)) < 2:
        return f"tests/{name} does not run {function}"
    return None


def errors_of(text, folder):
    errors = []
    in_mistakes = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("## "):
            in_mistakes = line == "## Mistakes read in other simulators"
        names = NAMED.findall(line) if line.startswith("|") else []
        row = line.startswith("| ") and not line.startswith("| seen ")
        if in_mistakes and row and not names:
            errors.append(f"tests/README.md:{number}: a mistake without a test")
        for name, function in names:
            wrong = check(folder, name, function or None)
            if wrong:
                errors.append(f"tests/README.md:{number}: {wrong}")
    return errors


def main():
    folder = os.path.join(tree.ROOT, "tests")
    with open(os.path.join(folder, "README.md"), encoding="utf-8") as file:
        text = file.read()
    errors = errors_of(text, folder)
    # The check itself: a function that is not there, and a row without a name, are found.
    planted = text.replace("golden_runs_are_audited", "golden_runs_are_not")
    planted += "| another | |\n"
    if len(errors_of(planted, folder)) != len(errors) + 2:
        errors.append("tests/meta/mistakes.py does not find what is planted")
    tree.finish(errors)


if __name__ == "__main__":
    main()
