"""Takes secrets out of text: raw, URL-encoded, as JSON, Python and HTML write them, hexadecimal, and base64 at any
alignment, so also inside `user:password`."""

from __future__ import print_function

import base64
import binascii
import glob
import io
import re

from host import as_text

SECRET_MARK = u"# secret: "
SECRET_NAME = re.compile(r"PASS|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY", re.IGNORECASE)
SHORTEST = 3
"""A shorter value would be found in every other word; it is left alone."""
SHORTEST_LINE = 8
"""Lines of a longer text, such as a key, may be as common as a brace."""
ENTITIES = {u"&": u"amp", u"<": u"lt", u">": u"gt", u'"': u"quot", u"'": u"apos"}
CONTROLS = {u"\n": u"n", u"\r": u"r", u"\t": u"t"}
SHELL_AND_UNIT = {u"'": [u"'\\\\''", u"'\"'\"'"], u"%": [u"%%"]}
"""How a shell puts a quote between quotes, and a unit a percent sign."""
LETTERS = re.compile(u"[\ud800-\udbff][\udc00-\udfff]|[\\s\\S]")
"""Python 2 may count a character beyond the first 65,536 as two."""
URL_CREDENTIALS = re.compile(u"(?<=://)[^/\\s\"']+(?=@)")


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
    """Of `Environment=` and of the files that `EnvironmentFile=` names, which a unit set up by hand may have."""
    for line in lines_of(path):
        key, _, rest = line.partition(u"=")
        if key.strip() == u"Environment":
            for pair in secrets_among(words_of(rest)):
                yield pair
        elif key.strip() == u"EnvironmentFile":
            for named in glob.glob(rest.strip().lstrip(u"-").strip(u"\"'")):
                for entry in lines_of(named):
                    for pair in secrets_among([u"".join(words_of(entry, u""))]):
                        yield pair


def lines_of(path):
    try:
        with io.open(path, encoding="utf-8", errors="replace") as source:
            return source.read().replace(u"\\\n", u" ").split(u"\n")
    except EnvironmentError:
        return []


def secrets_among(assignments):
    for assignment in assignments:
        name, equals, value = assignment.partition(u"=")
        if equals and SECRET_NAME.search(name):
            yield str(name.strip()), value
            if u"%%" in value:
                yield str(name.strip()), value.replace(u"%%", u"%")


def words_of(text, separators=u" \t"):
    """As systemd takes them apart: quotes may stand anywhere in a word, and a backslash makes the next letter its own."""
    words, word, quote, is_escaped = [], None, u"", False
    for letter in text.strip():
        if is_escaped:
            word, is_escaped = (word or u"") + letter, False
        elif letter == u"\\":
            is_escaped = True
        elif quote or letter in u"\"'":
            if not quote:
                quote, word = letter, word or u""
            elif letter == quote:
                quote = u""
            else:
                word += letter
        elif letter in separators:
            if word is not None:
                words.append(word)
            word = None
        else:
            word = (word or u"") + letter
    return words + ([] if word is None else [word])


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


def either_case(digits):
    return u"".join(u"[%s%s]" % (digit.lower(), digit.upper()) if digit.isalpha() else digit for digit in digits)


def spellings_of(letter):
    """A pattern for one character as it is, percent-encoded (whatever an encoder leaves alone), escaped as in JSON,
    Python or a shell, or as an HTML entity."""
    data = letter.encode("utf-8")
    octets = [u"%02x" % octet for octet in bytearray(data)]
    found = [u"\\\\*" + re.escape(letter), u"".join(u"%" + either_case(octet) for octet in octets)]
    found.append(u"".join(u"\\\\+x" + either_case(octet) for octet in octets))
    units = bytearray(letter.encode("utf-16-be"))
    codes = [u"%02x%02x" % (units[at], units[at + 1]) for at in range(0, len(units), 2)]
    found.append(u"".join(u"\\\\+u" + either_case(code) for code in codes))
    if ord(letter[0]) < 256:
        found.append(u"\\\\+x" + either_case(u"%02x" % ord(letter[0])))
        found.append(u"&#0*%d;" % ord(letter[0]))
        found.append(u"&#[xX]0*%s;" % either_case(u"%x" % ord(letter[0])))
    if letter == u" ":
        found.append(u"[+]")
    found += SHELL_AND_UNIT.get(letter, [])
    if letter in ENTITIES:
        found.append(u"&%s;" % ENTITIES[letter])
    if letter in CONTROLS:
        found.append(u"\\\\+" + CONTROLS[letter])
    return u"(?:%s)" % u"|".join(found)


def pattern_of(value):
    hexadecimal = either_case(as_text(binascii.hexlify(value.encode("utf-8"))))
    return u"".join(spellings_of(letter) for letter in LETTERS.findall(value)) + u"|" + hexadecimal


class Redactor(object):
    def __init__(self, secrets):
        """`secrets`: pairs of name and value."""
        whole, cores = {}, {}
        for name, value in secrets:
            value = as_text(value)
            if len(value) < SHORTEST:
                continue
            for piece in pieces(value):
                whole.setdefault(piece, name)
            for core in base64_cores(value.encode("utf-8")):
                cores.setdefault(core, name)
                cores.setdefault(core.replace("+", "-").replace("/", "_"), name)
        # The longest first: one may contain another.
        self.rules = [(re.compile(pattern_of(piece)), u"[redacted %s]" % whole[piece])
                      for piece in sorted(whole, key=len, reverse=True)]
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
