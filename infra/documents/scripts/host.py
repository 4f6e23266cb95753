"""What the helpers share: how one ends with a named failure, and how a file is written so that a crash leaves the old
or the new one. Like every helper: standard library only, Python 2.7 and 3.6 or later."""

from __future__ import print_function

import errno
import io
import os
import sys

NAMED_FAILURE = 3
"""Exit code that says: the file named by ROLLGATE_FAILURE holds the failure's word and its sentence."""


def fail(word, message):
    path = os.environ.get("ROLLGATE_FAILURE")
    text = u"%s\t%s\n" % (word, u" ".join(as_text(message).split()))
    if path:
        with io.open(path, "w", encoding="utf-8") as target:
            target.write(text)
    else:
        say(text)
    sys.exit(NAMED_FAILURE)


def fail_of_os(error, doing):
    """An OSError that has a cause of its own: a full disk, a missing permission."""
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT):
        fail("disk-full", "no space left while %s: %s" % (doing, error))
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        fail("permission-denied", "%s was not permitted: %s" % (doing, error))
    raise error


def say(message):
    print(message, file=sys.stderr)


def as_text(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, type(u"")) else u"%s" % (value,)


def write_durably(path, content, mode=0o644, owner=None):
    """Bytes beside the target, on the disk, then renamed over it."""
    temporary = "%s.%d.new" % (path, os.getpid())
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
        os.fchmod(target.fileno(), mode)
        if owner is not None:
            os.fchown(target.fileno(), owner[0], owner[1])
        target.flush()
        os.fsync(target.fileno())
    os.rename(temporary, path)
    sync_directory(os.path.dirname(path))


def sync_directory(path):
    descriptor = os.open(path or ".", os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
