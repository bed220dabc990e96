#!/usr/bin/env python3
"""page_seed.py DIR: the results in DIR as fuzz_page.c reads them, with few metrics, as a mutation
of a small input hits something more often. To standard output."""
import json
import os
import sys

with open(os.path.join(sys.argv[1], "summary.json"), encoding="utf-8") as file:
    summary = json.load(file)
with open(os.path.join(sys.argv[1], "resolved.json"), encoding="utf-8") as file:
    resolved = json.load(file)
for case in summary["variants"].values():
    case["metrics"] = dict(list(case["metrics"].items())[:6])
parts = [json.dumps(part, ensure_ascii=False, separators=(",", ":"))
         for part in (summary, resolved)]
sys.stdout.buffer.write("\0".join(parts).encode())
