"""Facts of a host on which something failed, for the diagnosis: bounded, and redacted by `report.py`.

usage: evidence.py SERVICE PORT CURSOR-FILE OOM-BASE WORK      prints JSON; PORT may be 0, CURSOR-FILE may be missing

WORK/pip.log, WORK/command.log, WORK/exit-code and WORK/looked-for are taken along where they are.
"""

from __future__ import print_function

import glob
import io
import json
import os
import pwd
import re
import subprocess
import sys

from host import as_text

PROPERTIES = ["LoadState", "ActiveState", "SubState", "Result", "MainPID", "ExecMainCode", "ExecMainStatus", "NRestarts",
              "UnitFileState", "FragmentPath", "NeedDaemonReload", "User", "WorkingDirectory", "ExecStart",
              "ActiveEnterTimestamp", "MemoryCurrent"]
JOURNAL_LINES = 120
LINE_CHARACTERS = 600
TELLING = re.compile(r"error|fatal|fail|no such file|not found|cannot|could not|no matching|no module|denied|no space|"
                     r"killed|undefined|unsupported|requires|conflict", re.IGNORECASE)
COLOUR = re.compile(u"\x1b\\[[0-9;]*[A-Za-z]")


def output_of(command):
    try:
        process = subprocess.Popen(["timeout", "20"] + command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return as_text(process.communicate()[0])
    except OSError:
        return u""


def systemd(service):
    shown = output_of(["systemctl", "show", service + ".service", "--property=" + ",".join(PROPERTIES)])
    found = {}
    for line in shown.split("\n"):
        name, equals, value = line.partition("=")
        if equals:
            found[name] = value[:LINE_CHARACTERS]
    return found


def drop_ins(service):
    shown = output_of(["systemctl", "show", service + ".service", "--property=DropInPaths"])
    return shown.strip().partition("=")[2].split()


def journal(service, cursor_file):
    command = ["journalctl", "--unit=%s.service" % service, "--no-pager", "--output=short-iso", "--quiet",
               "--lines=%d" % JOURNAL_LINES]
    try:
        with open(cursor_file) as source:
            cursor = source.read().strip()
    except IOError:
        return []
    command.append("--after-cursor=" + cursor if cursor.startswith("s=") else "--since=@" + cursor)
    return [clean(line) for line in output_of(command).split("\n") if line.strip()]


def clean(line):
    return COLOUR.sub(u"", line).rstrip()


def lines_of(path):
    try:
        with io.open(path, encoding="utf-8", errors="replace") as source:
            return [clean(line) for line in source.read().replace(u"\r", u"\n").split(u"\n") if line.strip()]
    except IOError:
        return []


def failing_lines(path, context, kept):
    """The lines that tell, with those around them, and the end of the log; in order, each once."""
    lines = lines_of(path)
    wanted = set(range(max(0, len(lines) - context * 4), len(lines)))
    for number, line in enumerate(lines):
        if TELLING.search(line) and not line.lstrip().startswith(("Collecting ", "Downloading ", "Using cached ")):
            wanted.update(range(max(0, number - context), min(len(lines), number + context + 1)))
    chosen = sorted(wanted)
    if len(chosen) > kept:
        # Both the first complaint, which names the cause, and the end, which names the package.
        chosen = chosen[:kept // 2] + chosen[-(kept - kept // 2):]
    return [lines[number] for number in chosen]


def port_owner(port):
    """`python3 (pid 812, root)` of the process that listens on the port, else None."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in lines_of(table)[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add("socket:[%s]" % fields[9])
    if not inodes:
        return None
    for path in sorted(glob.glob("/proc/[0-9]*/fd/*"), key=lambda path: int(path.split("/")[2])):
        try:
            if os.readlink(path) in inodes:
                pid = path.split("/")[2]
                with open("/proc/%s/comm" % pid) as source:
                    return "%s (pid %s, %s)" % (source.read().strip(), pid, user_name(os.stat("/proc/" + pid).st_uid))
        except (EnvironmentError, IndexError):
            continue
    return "a process that is not visible"


def user_name(number):
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return "uid %d" % number


def memory_free():
    for line in lines_of("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def oom_kills(service):
    """How often the kernel killed a process for memory, as near to the service as it counts them; None if nowhere."""
    places = glob.glob("/sys/fs/cgroup/memory/memory.oom_control")
    places += glob.glob("/sys/fs/cgroup/system.slice/memory.events")
    for path in places + ["/proc/vmstat"]:
        for line in lines_of(path):
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return None


def main(service, port, cursor_file, oom_base, work):
    if port == "oom":
        print(oom_kills(service) or 0)
        return
    found = {"systemd": systemd(service), "dropIns": drop_ins(service), "journal": journal(service, cursor_file)}
    place = os.statvfs("/app" if os.path.isdir("/app") else "/")
    found["diskFreeBytes"] = place.f_bavail * place.f_frsize
    found["memoryFreeBytes"] = memory_free()
    kills = oom_kills(service)
    if kills is not None and oom_base:
        found["oomKills"] = max(0, kills - int(oom_base))
    if int(port):
        found["portOwner"] = port_owner(int(port))
    found["pip"] = failing_lines(work + "/pip.log", 2, 70)
    found["output"] = failing_lines(work + "/command.log", 1, 30)
    found["lookedFor"] = lines_of(work + "/looked-for")
    for line in lines_of(work + "/exit-code"):
        found["exitCode"] = int(line)
    print(json.dumps(dict((name, found[name]) for name in found if found[name] not in (None, []))))


if __name__ == "__main__":
    main(*sys.argv[1:])
