"""The files of the working tree that belong to the project: tracked, or new and not ignored."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def files():
    """Paths from the root, sorted. Without git: everything but what .gitignore's folders hold."""
    try:
        out = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True).stdout.decode()
        found = [name for name in out.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, folders, names in os.walk(ROOT):
            if folder == ROOT:
                folders[:] = [f for f in folders if f not in (".git", "build", "out")]
            found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted({name for name in found if os.path.isfile(os.path.join(ROOT, name))})


def read(name):
    """The text of a file; None where it is not UTF-8 text."""
    with open(os.path.join(ROOT, name), "rb") as file:
        data = file.read()
    try:
        return None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return None


def finish(errors):
    """Prints the errors and exits: 1 when there are any."""
    for error in errors:
        print(error)
    print(f"{len(errors)} errors")
    sys.exit(1 if errors else 0)
