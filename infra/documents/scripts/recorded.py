"""What was put into a folder and into an environment file, in a form to compare with later.

usage: recorded.py record FOLDER        prints a line for each file and link: its SHA-256, mode and owner, or its target
       recorded.py folder FOLDER LIST   prints what differs from such a list as `kind<TAB>path`, one a line
"""

from __future__ import print_function

import hashlib
import io
import json
import os
import stat
import sys

from host import as_text

COMPLETE_MARK = ".rollgate-complete"
NOT_COMPARED = ("__pycache__", ".rollgate", ".venv", COMPLETE_MARK)
"""Python writes the first whenever it likes; the others are written beside what is compared."""


def digest_of(path):
    total = hashlib.sha256()
    with open(path, "rb") as source:
        for block in iter(lambda: source.read(1 << 20), b""):
            total.update(block)
    return total.hexdigest()


def entry_of(path):
    """`<sha256> <mode>` of a file, `-> <target>` of a link."""
    state = os.lstat(path)
    if stat.S_ISLNK(state.st_mode):
        return u"-> %s" % as_text(os.readlink(path))
    if not stat.S_ISREG(state.st_mode):
        return u"neither file nor link"
    return u"%s %o:%d" % (digest_of(path), stat.S_IMODE(state.st_mode), state.st_uid)


def entries_below(folder):
    """Every file and link below a folder, by its path in it."""
    found = {}
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        folders[:] = [name for name in folders if name not in NOT_COMPARED]
        for name in files + links:
            if name not in NOT_COMPARED:
                path = os.path.join(place, name)
                found[as_text(os.path.relpath(path, folder))] = entry_of(path)
    return found


def record(folder):
    entries = entries_below(folder)
    write("".join("%s\t%s\n" % (json.dumps(path), entries[path]) for path in sorted(entries)))


def write(text):
    getattr(sys.stdout, "buffer", sys.stdout).write(text.encode("utf-8"))


def recorded(path):
    """What `record` printed; None where there is no such list."""
    try:
        with io.open(path, encoding="utf-8") as source:
            lines = [line.rstrip(u"\n").split(u"\t", 1) for line in source]
    except IOError:
        return None
    return dict((json.loads(name), entry) for name, entry in lines)


def folder_findings(folder, expected, noun):
    now = entries_below(folder)
    found = [(noun + "-missing", path) for path in expected if path not in now]
    found += [(noun + "-added", path) for path in now if path not in expected]
    for path in expected:
        if path in now and now[path] != expected[path]:
            before, _, mode_before = expected[path].partition(" ")
            after, _, mode = now[path].partition(" ")
            is_mode_alone = before == after and before != "->"
            found.append((noun + "-changed", "%s (mode and owner %s, not %s)" % (path, mode, mode_before)
                          if is_mode_alone else path))
    return sorted(found)


def hash_of(salt, name, value):
    """Of a variable: tells whether it has this value, and not what else it has."""
    return hashlib.sha256((u"%s\n%s=%s" % (salt, name, value)).encode("utf-8")).hexdigest()


def folder(path, expected):
    """Nothing where there is no list to compare with."""
    files = recorded(expected)
    tell([] if files is None else folder_findings(path, files, "file"))


def tell(found):
    write("".join("%s\t%s\n" % each for each in found))


def main(command, *arguments):
    {"record": record, "folder": folder}[command](*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
