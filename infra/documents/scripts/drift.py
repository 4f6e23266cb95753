"""Compares what is on this host with what Rollgate put here, and says what differs; no value of the environment is ever
printed. Changes nothing.

usage: drift.py process SERVICE                          prints why the running process is not what its files say
       drift.py inspect SERVICE REGION RELEASE ENABLED   prints the report; RELEASE is what the unit in force names
"""

from __future__ import print_function

import hashlib
import io
import json
import os
import re
import stat
import subprocess
import sys
import time

from host import as_text
from recorded import COMPLETE_MARK, folder_findings, hash_of, recorded, tell
from redact import Redactor, read_environment, secrets_of_service

STATE = "/var/lib/rollgate"
RELEASE = re.compile(r"^v[1-9][0-9]*-[0-9a-f]{12}$")
PROPERTIES = ["LoadState", "ActiveState", "SubState", "MainPID", "NeedDaemonReload", "DropInPaths"]
OWN_PACKAGES = ("pip", "setuptools", "wheel", "distribute", "pkg-resources")
NAMES_OF_A_KIND = 20
TEXT_CHARACTERS = 200
MAX_BYTES = 18000


def systemd(service):
    try:
        process = subprocess.Popen(["timeout", "20", "systemctl", "show", service + ".service",
                                    "--property=" + ",".join(PROPERTIES)], stdout=subprocess.PIPE)
        lines = as_text(process.communicate()[0]).split(u"\n")
    except OSError:
        lines = []
    return dict(line.partition(u"=")[::2] for line in lines if u"=" in line)


def lines_of(path):
    try:
        with io.open(path, encoding="utf-8", errors="replace") as source:
            return source.read().split(u"\n")
    except IOError:
        return None


def load(path):
    try:
        with io.open(path, encoding="utf-8") as source:
            return json.load(source)
    except (IOError, ValueError):
        return None


def value_in(unit, name):
    for line in unit:
        if line.startswith(name + u"="):
            return line[len(name) + 1:]
    return u""


class Unit(object):
    """The unit as Rollgate put it in force, beside the file that is there now."""

    def __init__(self, service, release):
        self.path = "/etc/systemd/system/%s.service" % service
        self.kept = "%s/%s/unit-in-force" % (STATE, service)
        self.now = lines_of(self.path) or []
        written = lines_of(self.kept)
        self.is_recorded = written is not None and written[0] == u"# Rollgate release " + release
        if not self.is_recorded:
            written = lines_of("/etc/rollgate/%s/%s.service" % (service, release))
        self.written = written if written is not None else self.now
        self.environment = value_in(self.written, u"EnvironmentFile")
        program = re.match(u'^"?([^" ]*)', value_in(self.written, u"ExecStart")).group(1)
        self.program = program
        self.virtualenv = os.path.dirname(os.path.dirname(program))

    def findings(self):
        before, after = list(self.written), list(self.now)
        if not self.is_recorded:
            # A revert may have put the same unit in force with an environment file of its own.
            before, after = without_environment(before), without_environment(after)
        found = []
        if before != after:
            lines = [line for line in before if line not in after] + [line for line in after if line not in before]
            names = sorted(set(directive_of(line) for line in lines)) or ["the order of its lines"]
            found += [("unit-changed", name) for name in names]
        mode = os.stat(self.path).st_mode if os.path.isfile(self.path) else 0
        if mode & 0o022:
            found.append(("unit-changed", "its mode: %o, so others than root may write it" % stat.S_IMODE(mode)))
        return found

    def was_written_since(self):
        """By the time of its last change: Rollgate keeps that of the file it put in force."""
        if not self.is_recorded or not os.path.isfile(self.path):
            return False
        return int(os.stat(self.path).st_mtime) != int(os.stat(self.kept).st_mtime)


def without_environment(lines):
    return [line for line in lines if not line.startswith(u"EnvironmentFile=")]


def directive_of(line):
    """Never the value: somebody may have written a password there."""
    name = re.match(u"^([A-Za-z]+)=", line)
    return name.group(1) if name else "a line that sets nothing"


def record_of_environment(service, path):
    return load("%s/%s/environments/%s.json" % (STATE, service, os.path.basename(path)))


def environment_findings(path, written):
    if not os.path.isfile(path):
        return [("environment-missing", path)]
    found = []
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if mode & 0o027:
        found.append(("environment-changed", "the mode of %s: %o" % (path, mode)))
    if written is None:
        return found
    values = read_environment(path)[0]
    found += [("environment-changed", name) for name in differing(values, written)]
    found += [("environment-added", name) for name in sorted(values) if name not in written["values"]]
    if not found and hashlib.sha256(open(path, "rb").read()).hexdigest() != written["sha256"]:
        found.append(("environment-changed", "lines that set no variable"))
    return found


def differing(values, written):
    return [name for name in sorted(written["values"])
            if name not in values or hash_of(written["salt"], name, values[name]) != written["values"][name]]


def process_findings(service, unit, main_pid, written):
    if main_pid in ("", "0"):
        return []
    found = []
    if written is not None:
        try:
            with open("/proc/%s/environ" % main_pid, "rb") as source:
                pairs = [as_text(pair).partition(u"=")[::2] for pair in source.read().split(b"\0")]
        except EnvironmentError:
            return []
        found += [("process-environment", name) for name in differing(dict(pairs), written)]
    try:
        folder = as_text(os.readlink("/proc/%s/cwd" % main_pid))
    except EnvironmentError:
        folder = u""
    if folder.endswith(u" (deleted)") or folder.startswith(u"/app/releases/.old."):
        found.append(("process-replaced", "its code was replaced while it ran"))
    if unit.was_written_since():
        found.append(("process-replaced", "its unit file was written again since Rollgate put it there"))
    return found


def packages_in(virtualenv):
    found = set()
    for place, folders, _ in os.walk(os.path.join(virtualenv, "lib")):
        for name in folders:
            match = re.match(r"^(.+?)-([^-]+)\.(?:dist-info|egg-info)$", name)
            if match:
                found.add(u"%s==%s" % (as_text(match.group(1)).lower().replace(u"_", u"-"), as_text(match.group(2))))
        folders[:] = [name for name in folders if not name.endswith(("-info", "__pycache__"))]
    return set(line for line in found if line.split(u"==")[0] not in OWN_PACKAGES)


def virtualenv_findings(virtualenv, program):
    marked = lines_of(os.path.join(virtualenv, COMPLETE_MARK))
    if marked is None:
        return [("virtualenv-incomplete", virtualenv)]
    found = []
    if not os.access(program, os.X_OK):
        found.append(("program-missing", program))
    expected = set(line for line in marked if line)
    now = packages_in(virtualenv)
    versions = dict(line.split(u"==", 1) for line in expected)
    others = dict(line.split(u"==", 1) for line in now)
    for name in sorted(set(versions) | set(others)):
        if name not in others:
            found.append(("package-missing", name))
        elif name not in versions:
            found.append(("package-added", "%s %s" % (name, others[name])))
        elif versions[name] != others[name]:
            found.append(("package-changed", "%s %s, not %s" % (name, others[name], versions[name])))
    files = recorded("%s/virtualenvs/%s.files" % (STATE, os.path.basename(virtualenv)))
    if files is None:
        found.append(("not-recorded", "the files of the virtualenv"))
    elif not found:
        found += folder_findings(virtualenv, files, "virtualenv")
    return found


def secret_findings(region, written):
    """Which secrets have a newer version than the one that was read; asked for without their values."""
    parameters = (written or {}).get("parameters", {})
    followed = dict((name, parameters[name]) for name in parameters if not parameters[name]["isPinned"])
    if not followed:
        return []
    import aws
    try:
        versions = aws.get_versions(region, sorted(set(facts["parameter"] for facts in followed.values())))
    except (aws.AwsError, EnvironmentError) as error:
        return [("secret-unread", "%s: %s" % (", ".join(sorted(followed)), error))]
    found = []
    for name in sorted(followed):
        parameter, version = followed[name]["parameter"], followed[name]["version"]
        if parameter not in versions:
            found.append(("secret-unread", "%s: SSM has no parameter %s that this host may read" % (name, parameter)))
        elif versions[parameter] != version:
            found.append(("secret-rotated", "%s: version %s was read, version %s is the newest"
                          % (name, version, versions[parameter])))
    return found


def script_at_work(service):
    """`install`, where a script of a deployment works on this host now; it may be what differs."""
    words = " ".join(lines_of("%s/%s/holder" % (STATE, service)) or []).split()
    if len(words) < 5:
        return None
    fields = " ".join(lines_of("/proc/%s/stat" % words[0]) or []).rpartition(") ")[2].split()
    return words[4] if len(fields) > 19 and fields[19] == words[1] else None


def release_findings(service, region, release, enabled, shown):
    unit = Unit(service, release)
    written = record_of_environment(service, unit.environment)
    found = unit.findings()
    if enabled != "enabled":
        found.append(("unit-disabled", enabled or "unknown"))
    if shown.get("ActiveState") != "active" or shown.get("SubState") != "running":
        found.append(("not-active", "%s (%s)" % (shown.get("ActiveState", "unknown"), shown.get("SubState", ""))))
    found += environment_findings(unit.environment, written)
    found += process_findings(service, unit, shown.get("MainPID", "0"), written)
    found += virtualenv_findings(unit.virtualenv, unit.program)
    files = recorded("%s/%s/releases/%s.files" % (STATE, service, release))
    if files is None:
        found.append(("not-recorded", "its code"))
    else:
        found += folder_findings("/app/releases/" + release, files, "code")
    if not unit.is_recorded:
        found.append(("not-recorded", "its unit"))
    if written is None:
        found.append(("not-recorded", "its environment"))
    return found + secret_findings(region, written)


def inspect(service, region, release, enabled):
    shown = systemd(service)
    found = []
    if shown.get("LoadState") == "masked":
        found.append(("unit-masked", service + ".service"))
    if shown.get("NeedDaemonReload") == "yes":
        found.append(("reload-needed", service + ".service"))
    if RELEASE.match(release):
        own = "/%s.service.d/" % service
        found += [("drop-in", path) for path in shown.get("DropInPaths", "").split() if own in path]
        found += release_findings(service, region, release, enabled, shown)
    report = {"schema": 1, "script": "inspect", "service": service, "running": release,
              "isActive": shown.get("ActiveState") == "active", "atSeconds": int(time.time())}
    busy = script_at_work(service)
    if busy:
        report["atWork"] = busy
    print(fitted(report, Redactor(secrets_of_service(service)).tree([list(each) for each in found])))


def fitted(report, found):
    """The report with as many names of each kind as it may hold; the others are counted."""
    kept = NAMES_OF_A_KIND
    while True:
        report["findings"], report["more"], seen = [], {}, {}
        for kind, what in found:
            seen[kind] = seen.get(kind, 0) + 1
            if seen[kind] <= kept:
                report["findings"].append({"kind": kind, "what": what[:TEXT_CHARACTERS]})
            else:
                report["more"][kind] = seen[kind] - kept
        text = json.dumps(report, sort_keys=True, separators=(",", ":"))
        if len(text) <= MAX_BYTES or kept == 1:
            return text
        kept //= 2


def process(service):
    """Only of a process that runs a release."""
    first = (lines_of("/etc/systemd/system/%s.service" % service) or [u""])[0]
    release = first.partition(u"# Rollgate release ")[2]
    if not RELEASE.match(release):
        return
    unit = Unit(service, release)
    written = record_of_environment(service, unit.environment)
    tell(process_findings(service, unit, systemd(service).get("MainPID", "0"), written))


def main(command, *arguments):
    {"process": process, "inspect": inspect}[command](*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
