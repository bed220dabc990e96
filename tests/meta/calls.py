#!/usr/bin/env python3
"""calls.py LIBRARY-OR-OBJECT...: no circle among the source files, by what their objects call and
use of one another; and between rooms calls run only where tests/meta/includes.py lets includes run.

An arrow goes from the file that uses a function or an object to the file that defines it. What
stands in a header is part of every file that includes it, so a header's inline half that calls its
own .c file is an arrow from the includer to that file, never a circle by itself."""
import os
import subprocess
import sys

import includes
import tree


def symbols(library):
    """(object file, name, defined?) of each global symbol of a library or of an object."""
    out = subprocess.run(["nm", "-g", "-A", "-P", library], check=True, capture_output=True,
                         text=True).stdout
    for line in out.splitlines():
        where, name, kind = line.rsplit(": ", 1)[0], *line.rsplit(": ", 1)[1].split()[:2]
        inside = where[where.index("[") + 1:-1] if "[" in where else os.path.basename(library)
        yield inside, name, kind not in "Uw"


def arrows(libraries):
    """{file: {file it uses: a symbol that says so}}, by the names of their objects."""
    defines, uses = {}, []
    for library in libraries:
        for where, name, defined in symbols(library):
            if defined:
                defines[name] = where
            else:
                uses.append((where, name))
    found = {where: {} for where in defines.values()}
    for where, name in uses:
        found.setdefault(where, {})
        if name in defines and defines[name] != where:
            found[where].setdefault(defines[name], name)
    return found


def circles(graph):
    """The sets of more than one node that reach one another (Tarjan 1972), without recursion."""
    index, low, on_stack, stack, found = {}, {}, set(), [], []
    for root in sorted(graph):
        if root in index:
            continue
        work = [(root, iter(sorted(graph[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(sorted(graph.get(other, ())))))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    at = stack.index(node)
                    if len(stack) - at > 1:
                        found.append(sorted(stack[at:]))
                    on_stack.difference_update(stack[at:])
                    del stack[at:]
    return found


def check_rooms(graph, paths):
    for where, others in sorted(graph.items()):
        for other, symbol in sorted(others.items()):
            if where not in paths or other not in paths:
                continue # generated
            room, below = includes.room_of(paths[where]), includes.room_of(paths[other])
            registry = below == "models" and os.path.basename(paths[where]) == "registry.c"
            if below != room and below not in includes.BELOW[room] and not registry:
                yield f"{paths[where]}: uses {symbol} of {paths[other]}: {room} may not use {below}"


def main():
    graph = arrows(sys.argv[1:])
    paths = {os.path.basename(name) + ".o": name for name in tree.files()
             if name.endswith(".c") and name.startswith(("sim/", "models/"))}
    errors = list(check_rooms(graph, paths))
    found = circles(graph)
    for circle in found:
        errors.append(f"a circle of {len(circle)} files: "
                      + " ".join(paths.get(name, name) for name in circle))
        for name in circle:
            for other in sorted(set(graph[name]) & set(circle)):
                print(f"  {name} -> {other}: {graph[name][other]}")
    # The check itself: a planted circle is found.
    planted = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}
    if circles(planted) != [["a", "b", "c"]]:
        errors.append("calls.py does not find a planted circle")
    print(f"{len(graph)} files, {sum(map(len, found))} of them in circles")
    tree.finish(errors)


if __name__ == "__main__":
    main()
