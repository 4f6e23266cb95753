"""Takes secrets out of text: raw, URL-encoded, as JSON, Python and HTML write them, hexadecimal, and base64 at any
alignment, so also inside `user:password`."""

from __future__ import print_function

import base64
import binascii
import glob
import io
import json
import os
import re

from host import as_text

try:
    from urllib.parse import quote, quote_plus
except ImportError:
    from urllib import quote, quote_plus

SECRET_MARK = u"# secret: "
SECRET_NAME = re.compile(r"PASS|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY", re.IGNORECASE)
SHORTEST = 3
"""A shorter value would be found in every other word; it is left alone."""
SHORTEST_LINE = 8
"""Lines of a longer text, such as a key, may be as common as a brace."""
URL_CREDENTIALS = re.compile(u"(?<=://)[^/@\\s\"']+(?=@)")


def read_environment(path):
    """Variables of an environment file as `service_files.py` writes it, and the names of those that are secret."""
    with io.open(path, encoding="utf-8", newline="") as source:
        text = source.read()
    values, secret = {}, set()
    mark = re.compile(u"^# secret: ([A-Za-z0-9_]+)$", re.MULTILINE)
    entry = re.compile(u'^([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\\\]|\\\\.)*)"$', re.MULTILINE | re.DOTALL)
    secret.update(mark.findall(text))
    for name, quoted in entry.findall(text):
        values[str(name)] = re.sub(u"\\\\(.)", u"\\1", quoted, flags=re.DOTALL)
    return values, secret


def secrets_of_service(service):
    """Name and value of every secret that this host holds for the service, of any release, of units that Rollgate did
    not write too."""
    found = set()
    folder = "/etc/rollgate/%s" % service
    for path in glob.glob(folder + "/*.env") + glob.glob(folder + "/.*.env"):
        try:
            values, secret = read_environment(path)
        except (EnvironmentError, UnicodeError):
            continue
        found.update((name, values[name]) for name in secret if name in values)
    units = ["/etc/systemd/system/%s.service" % service] + glob.glob("/etc/systemd/system/%s.service.d/*.conf" % service)
    for pattern in ("states/*/unit", "deployments/*/previous/unit"):
        units += glob.glob("/var/lib/rollgate/%s/%s" % (service, pattern))
    for path in units:
        found.update(secrets_of_unit(path))
    return found


def secrets_of_unit(path):
    try:
        with io.open(path, encoding="utf-8", errors="replace") as source:
            lines = source.read().replace(u"\\\n", u" ").split(u"\n")
    except EnvironmentError:
        return
    for line in lines:
        key, _, rest = line.partition(u"=")
        if key.strip() != u"Environment":
            continue
        for name, quoted, plain in re.findall(u'"?([A-Za-z_][A-Za-z0-9_]*)=(?:"([^"]*)"|([^\\s"]*))', rest):
            if SECRET_NAME.search(name):
                yield str(name), quoted or plain


def base64_cores(data):
    """What every base64 text that contains these bytes contains, for each of the three alignments. `pass` is `cGFzc`,
    `hc3` or `wYXNz` as it stands after 0, 2 or 1 other bytes; what the neighbours' bits change is left out."""
    for shift in range(3):
        encoded = base64.b64encode(b"\x00" * shift + data).decode("ascii").rstrip("=")
        first = (shift * 8 + 5) // 6
        whole = (shift + len(data)) * 8 // 6
        core = encoded[first:whole]
        if len(core) >= 4:
            yield core


def pieces(value):
    """A journal has lines without the white space at their ends: so each line of a secret, as it stands and stripped."""
    yield value
    lines = value.split(u"\n")
    for line in lines:
        for piece in (line, line.strip(), line.rstrip()):
            if len(piece) >= SHORTEST and (len(lines) == 1 or len(piece) >= SHORTEST_LINE):
                yield piece


def variants(value):
    data = value.encode("utf-8")
    hexadecimal = binascii.hexlify(data).decode("ascii")
    yield value
    for encode in (quote, quote_plus):
        for safe in ("", "/"):
            encoded = as_text(encode(data, safe))
            yield encoded
            yield re.sub(u"%[0-9A-F]{2}", lambda found: found.group().lower(), encoded)
    for ascii_only in (True, False):
        yield as_text(json.dumps(value, ensure_ascii=ascii_only))[1:-1]
    yield value.replace(u"\\", u"\\\\")
    yield value.replace(u"\\", u"\\\\").replace(u"'", u"\\'")
    html = value.replace(u"&", u"&amp;").replace(u"<", u"&lt;").replace(u">", u"&gt;")
    yield html
    yield html.replace(u'"', u"&quot;").replace(u"'", u"&#x27;")
    yield html.replace(u'"', u"&#34;").replace(u"'", u"&#39;")
    yield hexadecimal
    yield hexadecimal.upper()


class Redactor(object):
    def __init__(self, secrets):
        """`secrets`: pairs of name and value."""
        forms, cores = {}, {}
        for name, value in secrets:
            value = as_text(value)
            if len(value) < SHORTEST:
                continue
            for piece in pieces(value):
                for form in variants(piece):
                    forms.setdefault(form, name)
            for core in base64_cores(value.encode("utf-8")):
                cores.setdefault(core, name)
                cores.setdefault(core.replace("+", "-").replace("/", "_"), name)
        # The longest first: a form may contain another.
        self.rules = [(re.compile(re.escape(form)), u"[redacted %s]" % forms[form])
                      for form in sorted(forms, key=len, reverse=True)]
        self.rules += [(re.compile(u"[A-Za-z0-9+/_-]*%s[A-Za-z0-9+/_-]*=*" % re.escape(core)),
                        u"[redacted %s]" % cores[core]) for core in sorted(cores, key=len, reverse=True)]

    def text(self, value):
        text = as_text(value)
        for pattern, mark in self.rules:
            text = pattern.sub(mark, text)
        return URL_CREDENTIALS.sub(u"[redacted]", text)

    def tree(self, value):
        """The same data with every text in it redacted; keys, and the words under `name` and `failure`, are ours."""
        if isinstance(value, dict):
            return dict((key, value[key] if key in ("name", "failure") else self.tree(value[key])) for key in value)
        if isinstance(value, (list, tuple)):
            return [self.tree(part) for part in value]
        if isinstance(value, (bytes, type(u""))):
            return self.text(value)
        return value
