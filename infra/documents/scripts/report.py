"""Puts the report of a script together: one JSON object, redacted first and cut to size after.

usage: report.py SERVICE WORK < fields      `name=value` lines; prints the report

WORK/checks.tsv, checks.jsonl, warnings, installed.json and evidence.json are taken along where they are.
"""

from __future__ import print_function

import io
import json
import sys

from host import as_text
from redact import Redactor, secrets_of_service

MAX_BYTES = 20000
"""SSM keeps the first 24,000 characters of stdout."""
LINE_CHARACTERS = 600
MAX_LINES = 120
TEXT_CHARACTERS = 500
NUMBERS = ("fence", "startedAtSeconds", "finishedAtSeconds", "host.mainPid", "host.fence")
BOOLEANS = ("host.isActive", "host.isHealthy", "host.isUntouched")


def lines_of(path):
    try:
        with io.open(path, encoding="utf-8", errors="replace") as source:
            return [line for line in source.read().split(u"\n") if line]
    except IOError:
        return []


def fields_of(lines):
    report = {"schema": 1, "replayed": False, "host": {}}
    for line in lines:
        name, _, value = line.partition("=")
        place = report
        if name in NUMBERS:
            value = int(value or 0)
        elif name in BOOLEANS:
            value = {"yes": True, "no": False}.get(value)
        elif value == "":
            continue
        if name.startswith("host."):
            place, name = report["host"], name[len("host."):]
        place[name] = value
    return report


def checks_of(work):
    checks, http = [], None
    for line in lines_of(work + "/checks.tsv"):
        name, failure, report_only, detail = line.split(u"\t", 3)
        one = {"name": name, "isOk": failure == "", "detail": detail}
        if failure:
            one["failure"] = failure
        if report_only:
            one["isReportOnly"] = True
        checks.append(one)
    for line in lines_of(work + "/checks.jsonl"):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        http = row.get("http", http)
        if "check" in row:
            checks.append(row["check"])
    return checks, http


def load(path):
    try:
        with io.open(path, encoding="utf-8") as source:
            return json.load(source)
    except (IOError, ValueError):
        return None


def shorten(lines, most):
    """The last lines, each of bounded length."""
    return [line if len(line) <= LINE_CHARACTERS else line[:LINE_CHARACTERS] + u"..." for line in lines][-most:]


def encode(report):
    return json.dumps(report, sort_keys=False, separators=(",", ":"))


def fit(report):
    """Cuts the longest lists, oldest lines first, until the report fits."""
    evidence = report.get("evidence", {})
    for name in ("journal", "pip", "output"):
        if name in evidence:
            evidence[name] = shorten(evidence[name], MAX_LINES)
    for name in evidence.get("systemd", {}):
        evidence["systemd"][name] = evidence["systemd"][name][:LINE_CHARACTERS]
    report["message"] = report["message"][:TEXT_CHARACTERS]
    for check in report.get("checks", []):
        check["detail"] = check["detail"][:TEXT_CHARACTERS]
    text = encode(report)
    while len(text) > MAX_BYTES:
        lists = [evidence[name] for name in ("journal", "output", "pip") if evidence.get(name)]
        if lists:
            longest = max(lists, key=lambda lines: sum(len(line) for line in lines))
            del longest[:max(1, len(longest) // 8)]
        elif report.get("warnings"):
            report["warnings"].pop()
        elif report.get("installed", {}).get("packages"):
            report["installed"]["packages"] = []
        elif "evidence" in report:
            del report["evidence"]
        else:
            break
        text = encode(report)
    return text


def main(service, work):
    report = fields_of(as_text(getattr(sys.stdin, "buffer", sys.stdin).read()).split(u"\n")[:-1])
    checks, http = checks_of(work)
    evidence = load(work + "/evidence.json") or {}
    if report.get("outcome") == "failed":
        if http:
            evidence["http"] = http
        if "scriptLine" in report:
            evidence["scriptLine"] = report["scriptLine"]
    report.pop("scriptLine", None)
    if checks:
        report["checks"] = sorted(checks, key=lambda check: (check["isOk"], check["name"]))
    warnings = lines_of(work + "/warnings")
    if warnings:
        report["warnings"] = warnings
    installed = load(work + "/installed.json")
    if evidence:
        report["evidence"] = evidence
    redactor = Redactor(secrets_of_service(service))
    for name in ("message", "checks", "warnings", "evidence"):
        if name in report:
            report[name] = redactor.tree(report[name])
    if installed:
        report["installed"] = installed
    print(fit(report))


if __name__ == "__main__":
    main(*sys.argv[1:])
