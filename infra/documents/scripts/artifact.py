"""Checks the listing of an artifact (a zip) and unpacks it: nothing outside the target, no links, no device, bounded
size, modes of our own whatever the umask and the zip say.

usage: artifact.py unpack ZIP DIRECTORY
       artifact.py digest FILE          prints the SHA-256 of a file
"""

from __future__ import print_function

import hashlib
import os
import shutil
import stat
import sys
import zipfile
import zlib

from host import as_text, fail, fail_of_os, sync_directory

MAX_ENTRIES = 20000
MAX_BYTES = 1 << 30
RESERVED = (".rollgate",)


def problem_of(entry, seen):
    """Why this entry may not be unpacked, else None."""
    name = as_text(entry.filename)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    parts = name.rstrip("/").split("/")
    if not name.strip("/"):
        return "an entry without a name"
    if name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        return "an absolute path"
    if ".." in parts:
        return "a path with .."
    if "\\" in name or any(ord(letter) < 32 for letter in name):
        return "a path with a backslash or a control character"
    if "" in parts or "." in parts:
        return "a path with an empty or a . part"
    if parts[0] in RESERVED:
        return "a name that Rollgate keeps for itself"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a link" if kind == stat.S_IFLNK else "a special file"
    if entry.flag_bits & 1:
        return "an encrypted entry"
    if name.rstrip("/") in seen:
        return "a name that occurs twice"
    return None


def check(archive):
    entries = archive.infolist()
    if not entries:
        fail("artifact-invalid", "the artifact is an empty zip")
    if len(entries) > MAX_ENTRIES:
        fail("artifact-invalid", "the artifact has %d entries, at most %d are accepted" % (len(entries), MAX_ENTRIES))
    seen = set()
    total = 0
    for entry in entries:
        problem = problem_of(entry, seen)
        if problem:
            fail("artifact-invalid", "the artifact holds %s: %s" % (problem, ascii_of(entry.filename)))
        seen.add(as_text(entry.filename).rstrip("/"))
        total += entry.file_size
    if total > MAX_BYTES:
        fail("artifact-invalid", "the artifact unpacks to %d bytes, at most %d are accepted" % (total, MAX_BYTES))
    return entries, total


def ascii_of(name):
    return as_text(name)[:200].encode("ascii", "backslashreplace").decode("ascii")


def unpack(path, directory):
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipfile, EOFError, ValueError, NotImplementedError) as error:
        fail("artifact-invalid", "the artifact is not a zip: %s" % error)
    entries, total = check(archive)
    free = os.statvfs(directory)
    if total > free.f_bavail * free.f_frsize:
        fail("disk-full", "the artifact unpacks to %d bytes, %d are free" % (total, free.f_bavail * free.f_frsize))
    for entry in entries:
        target = os.path.join(directory, as_text(entry.filename).rstrip("/"))
        if entry.filename.endswith("/"):
            make_directory(target, directory)
            continue
        make_directory(os.path.dirname(target), directory)
        with archive.open(entry) as source, open(target, "wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
            os.fchmod(copy.fileno(), 0o755 if (entry.external_attr >> 16) & 0o111 else 0o644)
            copy.flush()
            os.fsync(copy.fileno())
    for folder, _, _ in os.walk(directory):
        sync_directory(folder)


def make_directory(path, top):
    """Makes the folder and those above it, with modes of our own."""
    if os.path.isdir(path):
        return
    if len(path) > len(top):
        make_directory(os.path.dirname(path), top)
    os.mkdir(path)
    os.chmod(path, 0o755)


def digest(path):
    total = hashlib.sha256()
    with open(path, "rb") as source:
        for block in iter(lambda: source.read(1 << 20), b""):
            total.update(block)
    return total.hexdigest()


def main(command, *arguments):
    if command == "digest":
        print(digest(*arguments))
        return
    try:
        unpack(*arguments)
    except EnvironmentError as error:
        if isinstance(error, OSError) or error.errno is not None:
            fail_of_os(error, "unpacking the artifact")
        fail("artifact-invalid", "the artifact does not unpack: %s" % error)
    except (zipfile.BadZipfile, EOFError, zlib.error, NotImplementedError, RuntimeError, UnicodeError) as error:
        fail("artifact-invalid", "the artifact does not unpack: %s" % error)


if __name__ == "__main__":
    main(*sys.argv[1:])
