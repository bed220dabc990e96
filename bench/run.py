#!/usr/bin/env python3
"""run.py - speed as ratios: weir against the floors and SimPy, paired in one run.

    bench/run.py [--json] [--quick] [--rounds N] [--only REGEX] [BUILD_DIR]

Each row runs its two programs in turn, N times, and takes the median of the pairwise ratios: the
machine's drift falls on both. A ratio is how many times faster weir is, so more is better;
`goal` is the least wanted. `--only` takes the rows whose names match. Exit status 0, or 1 when a
goal was missed.
"""
import argparse
import json
import os
import re
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"  # the one that Debian's simpy is installed for


def output_of(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


class Bench:
    def __init__(self, build, rounds, quick, only):
        self.build, self.rounds, self.scale = build, rounds, 0.2 if quick else 1
        self.only = re.compile(only)
        self.out = tempfile.mkdtemp(prefix="weir-bench-")
        self.rows = {}

    def program(self, name):
        return os.path.join(self.build, "bench", name)

    def count(self, n):
        return str(int(n * self.scale))

    def run_scenario(self, file, sets=(), jobs=1, reps=1, under=(), what="run", more=()):
        """Seconds of processor time and of waiting that `weir run` (or sweep) takes."""
        command = [*under, os.path.join(self.build, "weir"), what, os.path.join(HERE, file),
                   "--no-plot", "--quiet", "--fresh", "--jobs", str(jobs), "--reps", str(reps),
                   "--out", os.path.join(self.out, "out"), *more]
        for item in sets:
            command += ["--set", item]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wall = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall

    def pair(self, name, goal, unit, weir, other, better="more", rounds=0):
        """weir() and other() each give a figure; `better` says which way is faster."""
        if not self.only.search(name):
            return
        ours, theirs, ratios = [], [], []
        for _ in range(rounds or self.rounds):
            a, b = weir(), other()
            ours.append(a)
            theirs.append(b)
            ratios.append(a / b if better == "more" else b / a)
        self.rows[name] = {"ratio": round(statistics.median(ratios), 4), "goal": goal,
                           "weir": statistics.median(ours), "other": statistics.median(theirs),
                           "low": round(min(ratios), 4), "high": round(max(ratios), 4),
                           "unit": unit}
        print(".", end="", file=sys.stderr, flush=True)

    # ---- the rows ----

    def hold(self):
        for name, pending in (("hold_1e3", 1000), ("hold_1e5", 100000), ("hold_1e6", 1000000)):
            arguments = [str(pending), self.count(10e6)]
            self.pair(name, 0.6, "ns/event",
                      lambda: output_of([self.program("hold"), *arguments])["ns_per_event"],
                      lambda: output_of([self.program("floor_hold"), *arguments])["ns_per_event"],
                      "less")
            cancel = [*arguments, "--cancel", "4"]
            self.pair(name + "_cancel", None, "ns/step",
                      lambda: output_of([self.program("hold"), *cancel])["ns_per_event"],
                      lambda: output_of([self.program("floor_hold"), *cancel])["ns_per_event"],
                      "less")

    def hold_laws(self):
        """The exponential case over the others: at least a third of its speed."""
        for law in ("skewed", "bimodal", "bursty"):
            for short, pending in (("1e3", 1000), ("1e5", 100000), ("1e6", 1000000)):
                base = [self.program("hold"), str(pending), self.count(5e6)]
                self.pair(f"hold_{short}_{law}", 0.3333, "ns/event",
                          lambda: output_of([*base, "--dist", law])["ns_per_event"],
                          lambda: output_of(base)["ns_per_event"], "less")

    def heap(self):
        """The queue that was not chosen."""
        for short, pending in (("1e3", 1000), ("1e5", 100000), ("1e6", 1000000)):
            arguments = [str(pending), self.count(5e6)]
            self.pair(f"heap4_{short}", None, "ns/event",
                      lambda: output_of([self.program("hold"), *arguments])["ns_per_event"],
                      lambda: output_of([self.program("heap4_hold"), *arguments])["ns_per_event"],
                      "less")

    def mm1(self):
        n = self.count(20e6)
        self.pair("mm1_kernel", 0.5, "customers/s",
                  lambda: output_of([self.program("mm1_kernel"), n])["customers_per_s"],
                  lambda: output_of([self.program("floor_mm1"), n])["customers_per_s"])
        seconds = 16000 * self.scale

        def scenario():
            return 800 * seconds / self.run_scenario("mm1.json", [f"run.duration={seconds}s"])[0]
        self.pair("mm1_json", 0.25, "customers/s", scenario,
                  lambda: output_of([self.program("floor_mm1"), n])["customers_per_s"])
        peer = [PYTHON, os.path.join(HERE, "peers", "mm1.py"), self.count(200e3), "--resource"]
        hand = [PYTHON, os.path.join(HERE, "peers", "mm1.py"), self.count(1e6)]
        self.pair("mm1_kernel_simpy", 100, "customers/s",
                  lambda: output_of([self.program("mm1_kernel"), n])["customers_per_s"],
                  lambda: output_of(peer)["customers_per_s"])
        self.pair("mm1_json_simpy", 50, "customers/s", scenario,
                  lambda: output_of(peer)["customers_per_s"])
        self.pair("mm1_kernel_simpy_by_hand", None, "customers/s",
                  lambda: output_of([self.program("mm1_kernel"), n])["customers_per_s"],
                  lambda: output_of(hand)["customers_per_s"])

    def cache_aside(self):
        seconds = 250 * self.scale

        def scenario():
            took = self.run_scenario("cache_aside.json", [f"run.duration={seconds}s"])[0]
            return 20000 * seconds / took
        floor = [self.program("floor_cache_aside"), self.count(5e6), "20000"]
        self.pair("cache_aside_json", 0.6, "requests/s", scenario,
                  lambda: output_of(floor)["requests_per_s"])
        tuned = [self.program("floor_cache_aside_tuned"), *floor[1:]]
        self.pair("cache_aside_json_tuned", None, "requests/s", scenario,
                  lambda: output_of(tuned)["requests_per_s"])
        peer = [PYTHON, os.path.join(HERE, "peers", "cache_aside.py"), self.count(50e3), "20000"]
        self.pair("cache_aside_json_simpy", None, "requests/s", scenario,
                  lambda: output_of(peer)["requests_per_s"])

    def sweep(self):
        sets = [f"run.duration={500 * self.scale}s"]
        self.pair("sweep_2_cores", 1.9, "s",
                  lambda: self.run_scenario("mm1.json", sets, jobs=2, reps=40)[1],
                  lambda: self.run_scenario("mm1.json", sets, jobs=1, reps=40)[1], "less")

    def wide(self):
        """The same requests in all, at many of something and at few."""
        users = {"model": "client", "to": "app", "rate": "20000/s"}
        app = {"model": "service", "servers": 100, "service_time": "1ms"}

        def components(n):
            parts = {}
            for i in range(n // 2):
                parts[f"users_{i}"] = {**users, "to": f"app_{i}", "rate": f"{40000 / n}/s"}
                parts[f"app_{i}"] = app
            return {"components": parts}

        def nodes(n):
            return {"components": {"users": users,
                                   "app": {**app, "nodes": n, "spread": "round-robin"}}}

        def timeline(n):
            return {"components": {"users": users, "app": app},
                    "timeline": [{"at": f"{1 + 320 * i / n}s", "do": "slow", "target": "app",
                                  "factor": 1.5, "for": "1ms"} for i in range(n)]}

        def cost(make, n):
            """Of what a longer run takes more: loading and reporting cancel out."""
            path = os.path.join(self.out, "wide.json")
            with open(path, "w") as file:
                json.dump({"schema_version": 1, "title": "Bench: many and few",
                           "run": {"duration": "25s", "interval": "1s", "seed": 1,
                                   "replications": 1}, **make(n)}, file)
            return (self.run_scenario(path, ["run.duration=325s"])[0] -
                    self.run_scenario(path)[0])

        for name, make, few, many in (("components_1000", components, 10, 1000),
                                      ("nodes_10000", nodes, 100, 10000),
                                      ("timeline_10000", timeline, 100, 10000)):
            self.pair(name, 0.67, "s", lambda m=make, n=many: cost(m, n),
                      lambda m=make, n=few: cost(m, n), "less")

    def study(self):
        """Runs of about a second each: what a study spends beside them, and two processes."""
        sets = [f"run.duration={10000 * self.scale}s"]

        def share(wall):
            with sqlite3.connect(os.path.join(self.out, "out/store/results.sqlite")) as store:
                took, = store.execute("SELECT sum(took_s) FROM run").fetchone()
            shutil.rmtree(os.path.join(self.out, "out"))
            return took / wall
        self.pair("sweep_inside", 0.95, "share",
                  lambda: share(self.run_scenario("mm1.json", sets, reps=8)[1]), lambda: 1.0)
        def traced(*options):
            return self.run_scenario("cache_aside.json", [f"run.duration={50 * self.scale}s"],
                                     reps=10, more=options)[0]
        self.pair("trace_1000", 0.87, "s", lambda: traced("--trace", "1000"), traced, "less")
        kept = os.path.join(self.out, "kept")

        def cost(where):
            took = output_of([self.program("store_cost"), os.path.join(HERE, "mm1.json"), "8",
                              f"{10000 * self.scale}s", where])["processor_s"]
            shutil.rmtree(kept, ignore_errors=True)
            return took
        self.pair("store_cost", 0.95, "s", lambda: cost(kept), lambda: cost("-"), "less")
        thousand = [f"run.duration={500 * self.scale}s"]

        def sweep(jobs):
            return self.run_scenario("sweep.json", thousand, jobs=jobs, what="sweep")[1]
        self.pair("sweep_1000", 1.9, "s", lambda: sweep(2), lambda: sweep(1), "less", rounds=3)
        self.pair("sweep_1000_inside", 0.95, "share", lambda: share(sweep(1)), lambda: 1.0,
                  rounds=3)
        if shutil.which("mpirun") and os.path.exists(os.path.join(self.build, "weir-mpi")):
            under = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "2"]
            self.pair("sweep_2_ranks", 0.9, "s",
                      lambda: self.run_scenario("mm1.json", sets, reps=32, under=under)[1],
                      lambda: self.run_scenario("mm1.json", sets, jobs=2, reps=32)[1], "less",
                      rounds=3)


def table(rows):
    print(f"{'row':26} {'ratio':>8} {'goal':>7} {'low':>8} {'high':>8} {'weir':>12} {'other':>12}"
          "  unit")
    for name, row in rows.items():
        goal = "-" if row["goal"] is None else f"{row['goal']:g}"
        mark = "  MISSED" if row["goal"] is not None and row["ratio"] < row["goal"] else ""
        print(f"{name:26} {row['ratio']:8.3g} {goal:>7} {row['low']:8.3g} {row['high']:8.3g} "
              f"{row['weir']:12.4g} {row['other']:12.4g}  {row['unit']}{mark}")


def main():
    options = argparse.ArgumentParser(description="weir against the floors and SimPy, as ratios")
    options.add_argument("--json", action="store_true", help="the rows for programs")
    options.add_argument("--quick", action="store_true", help="a fifth of the work")
    options.add_argument("--rounds", type=int, default=5, metavar="N", help="pairs to a row")
    options.add_argument("--only", default="", metavar="REGEX", help="rows whose names match")
    options.add_argument("build", nargs="?", default="build/release")
    asked = options.parse_args()
    bench = Bench(asked.build, asked.rounds, asked.quick, asked.only)
    try:
        for part in (bench.hold, bench.mm1, bench.cache_aside, bench.sweep, bench.wide,
                     bench.study, bench.hold_laws,
                     bench.heap):
            part()
    finally:
        shutil.rmtree(bench.out, ignore_errors=True)
    print(file=sys.stderr)
    if asked.json:
        json.dump(bench.rows, sys.stdout, indent=2)
        print()
    else:
        table(bench.rows)
    return any(r["goal"] is not None and r["ratio"] < r["goal"] for r in bench.rows.values())


if __name__ == "__main__":
    sys.exit(main())
