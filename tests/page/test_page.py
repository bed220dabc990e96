#!/usr/bin/env python3
"""test_page.py WEIR [PICTURES]: the page of `weir report` in headless Chromium, at 1280 and 390 px,
light and dark; and that each check finds what is planted for it. With a directory, pictures go
there. Exit 77, which ctest counts as skipped, where Chromium is not installed, unless
WEIR_TEST_LONG is set."""
import json
import os
import subprocess
import sys
import tempfile

import browser
import page_checks

ESTIMATE = {"mean": 0.25, "low": 0.2, "high": 0.3}

# Texts that must not become markup, two variants, a claim that fails, a fault, two figures.
SCENARIO = {
    "schema_version": 1, "title": "<script>alert(1)</script> & \"quotes\"", "chapter": 22,
    "notes": "</main><img src=http://example.invalid/x.png onerror=alert(2)> It's a test.",
    "run": {"duration": "20s", "warmup": "2s", "seed": 7, "replications": 3},
    "components": {
        "users": {"model": "client", "to": "app", "rate": "200/s", "timeout": "1s"},
        "app": {"model": "service", "servers": 8,
                "service_time": {"type": "exponential", "mean": "20ms"}}},
    "timeline": [{"at": "10s", "for": "3s", "do": "slow", "target": "app", "factor": 3}],
    "variants": {"eight": {}, "ten": {"components": {"app": {"servers": 10}}}},
    "expect": [{"that": "app.utilisation.mean", "at_most": 0.01, "because": "It <b>fails</b>."},
               {"that": "app.utilisation.mean", "at_most": 0.99}],
    "figures": [
        {"kind": "timeline", "name": "over-time", "title": "Latency & <i>time</i>",
         "panels": [{"series": ["users.latency.p99"]}]},
        {"kind": "bars", "name": "side-by-side", "title": "Side by side",
         "panels": [{"series": ["app.utilisation.mean"]}]}],
}


def add_sections(path):
    """What not every run has: latency taken apart, theory, a bill."""
    with open(path, encoding="utf-8") as file:
        summary = json.load(file)
    money = {s: {**ESTIMATE, "unit": "$"} for s in ("per_hour", "per_month", "per_million")}
    part = {"component": "app", "cause": "service", **ESTIMATE}
    for variant in summary["variants"].values():
        variant["attribution"] = {"users": {s: {
            "percentile": ESTIMATE, "latency": ESTIMATE, "unit": "s", "requests": 9, "sampled": 9,
            "parts": [part]} for s in ("p50", "p99", "p999")}}
        number = {"predicted": 0.24, "observed": 0.25, "low": 0.2, "high": 0.3, "gap": 0.04}
        variant["theory"] = {
            "app": {"form": "M/M/8", "standing": "exact", "rate": 200, "utilisation": number,
                    "wait": number, "time": number, "agrees": False},
            "db": {"form": "", "standing": "none", "why": "its arrivals are not Poisson"}}
        variant["cost"] = {
            "prices": "A book", "date": "2026-01-01", "source": "nobody", "month_hours": 730,
            "total": money, "by_cause": {"user": money},
            "items": [{"component": "app", "usage": "instance", "price": "$1/h",
                       "used": {"mean": 8, "unit": "instance·h/h"}, "billed": "what there is",
                       **money}]}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(summary, file)


def make_page(weir, folder):
    scenario = os.path.join(folder, "hostile.json")
    results = os.path.join(folder, "results")
    with open(scenario, "w", encoding="utf-8") as file:
        json.dump(SCENARIO, file)
    got = subprocess.run([weir, "run", scenario, "--out", results, "--quiet", "--set",
                          "components.users.rate=180/s"], check=False)
    assert got.returncode == 1, f"weir run: exit {got.returncode}, and one claim was to fail"
    add_sections(os.path.join(results, "summary.json"))
    subprocess.run([weir, "report", results], check=True, stdout=subprocess.DEVNULL)
    return os.path.join(results, "report.html")


def look(chromium, page, pictures):
    errors = []
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            chromium.open(page, width, scheme)
            chromium.run("document.querySelectorAll('details').forEach(d => { d.open = true; });")
            if pictures:
                chromium.picture(os.path.join(pictures, f"{scheme}-{width}.png"))
            for check in page_checks.CHECKS:
                errors += [f"{width} px, {scheme}: {check.__name__}: {what}"
                           for what in check(chromium)]
    chromium.open(page, 1280, "light")
    title = chromium.run("return document.querySelector('h1').textContent;")
    if title != SCENARIO["title"] and not pictures:
        errors.append(f"the title has become {title!r}")
    return errors


# What each check has to find: its name, what of the page is replaced by what.
PLANTED = [
    ("quiet", "</main>", "<img src='http://127.0.0.1:9/x.png' alt=''></main>"),
    ("quiet", "</main>", "<script>0</script></main>"),
    ("quiet", "default-src &#39;none&#39;", "default-src *"),
    ("fits", "</main>", "<div style='width: 1500px'>wide</div></main>"),
    ("legible", "</main>", "<p style='font-size: 13px'>small</p></main>"),
    ("contrasts", "</main>", "<p style='color: #8a8a8a'>pale</p></main>"),
    ("contrasts", ".card { ", ".card { background: #222222 !important; "),
    ("keyboard", "<nav ", "<a href='#main' tabindex='5'>first</a><nav "),
    ("keyboard", ":focus-visible { ", "*:focus { outline: none !important; } x { "),
    ("keyboard", 'class="scroll" role="region" tabindex="0"', 'class="scroll" role="region"'),
    ("sound", "id=\"f2-", "id=\"f1-"),
    ("sound", "<th scope=\"col\"", "<th"),
    ("sound", "<h3>", "<h4>"),
    ("sound", "href=\"#audit\"", "href=\"#nothing\""),
]


def look_for_planted(chromium, page):
    errors = []
    with open(page, encoding="utf-8") as file:
        text = file.read()
    spoilt = os.path.join(os.path.dirname(page), "spoilt.html")
    for name, old, new in PLANTED:
        if old not in text:
            errors.append(f"nothing to spoil for {name}: {old!r}")
            continue
        with open(spoilt, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))
        chromium.open(spoilt, 390, "light")
        if not getattr(page_checks, name)(chromium):
            errors.append(f"{name} does not find {new!r}")
    return errors


def main():
    if not browser.program():
        print("Chromium is not installed (./dev deps page)")
        sys.exit(1 if os.environ.get("WEIR_TEST_LONG") else 77)
    weir, pictures = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    chromium = browser.Browser()
    try:
        if pictures and weir.endswith(".html"):
            errors = look(chromium, weir, pictures)
        else:
            with tempfile.TemporaryDirectory() as folder:
                page = make_page(os.path.abspath(weir), folder)
                errors = look(chromium, page, None) + look_for_planted(chromium, page)
    finally:
        chromium.close()
    for error in errors:
        print(error)
    print(f"{len(errors)} errors")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
