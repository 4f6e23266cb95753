"""Reads a release's manifest, for the helpers and for the shell.

usage: manifest.py MANIFEST PATTERNS     prints `name=value` lines, and writes the journal patterns, one per line
"""

from __future__ import print_function

import io
import json
import sys

from host import as_text


def load(path):
    with io.open(path, encoding="utf-8") as source:
        return json.load(source)


def report_only(manifest):
    """Names of checks that run and report, and decide nothing; older manifests have none."""
    return manifest["configuration"]["health"].get("reportOnly", [])


def settings_of(manifest):
    """What the shell needs to know, as values without whitespace except between the words of a list."""
    configuration = manifest["configuration"]
    health, runtime = configuration["health"], configuration["runtime"]
    return [
        ("releaseId", manifest["releaseId"]),
        ("artifactSha256", manifest["artifact"]["sha256"]),
        ("artifactBytes", manifest["artifact"]["bytes"]),
        ("requirementsSha256", manifest["artifact"]["requirementsSha256"]),
        ("requirementsFile", runtime["requirementsFile"]),
        ("zipKey", manifest["zipKey"]),
        ("pythons", " ".join([runtime["python"]["preferred"]] + list(runtime["python"]["accepted"]))),
        ("packages.apt", " ".join(runtime["packages"]["apt"])),
        ("packages.dnf", " ".join(runtime["packages"]["dnf"])),
        ("packages.yum", " ".join(runtime["packages"]["yum"])),
        ("user", configuration["run"]["user"]),
        ("program", configuration["run"]["program"]),
        ("port", health["port"]),
        ("stableSeconds", health["stableSeconds"]),
        ("deadlineSeconds", health["deadlineSeconds"]),
        ("reportOnly", " ".join(report_only(manifest))),
        ("retention", configuration["retention"]["releases"]),
    ]


def main(path, patterns):
    manifest = load(path)
    with io.open(patterns, "w", encoding="utf-8") as target:
        for pattern in manifest["configuration"]["health"]["journalPatterns"]:
            target.write(as_text(pattern) + u"\n")
    for name, value in settings_of(manifest):
        print("%s=%s" % (name, as_text(value)))


if __name__ == "__main__":
    main(*sys.argv[1:])
