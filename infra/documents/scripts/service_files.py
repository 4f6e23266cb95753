"""Writes what systemd reads for a release: the environment file, with secrets read from SSM, and the unit.

usage: service_files.py environment MANIFEST REGION DIRECTORY OUTPUT-NAME RECORDS
       service_files.py unit MANIFEST VIRTUALENV ENVIRONMENT FILE
"""

from __future__ import print_function

import binascii
import grp
import hashlib
import json
import os
import pwd
import re
import sys

from host import as_text, fail, write_durably
from manifest import load
from recorded import hash_of

SECRET_MARK = "# secret: "
NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
START_LIMIT_SECONDS = 60
START_LIMIT_BURST = 5


def quote_environment(value):
    """A value as an EnvironmentFile of systemd 219 and later reads it back: only backslash and the double quote are
    special inside double quotes; `$`, `%`, `#` and newlines are themselves.

    `a"b\\c` becomes `"a\\"b\\\\c"`.
    """
    return u'"%s"' % as_text(value).replace(u"\\", u"\\\\").replace(u'"', u'\\"')


def quote_argument(value):
    """One word of ExecStart=: quoted, `%` (specifier) and `$` (variable) doubled."""
    text = as_text(value).replace(u"\\", u"\\\\").replace(u'"', u'\\"').replace(u"%", u"%%").replace(u"$", u"$$")
    text = text.replace(u"\n", u"\\n").replace(u"\t", u"\\t")
    return text if re.match(r"^[A-Za-z0-9_@%+=:,./-]+$", text) else u'"%s"' % text


def quote_value(value):
    """Text after `Name=` where specifiers are expanded, one line."""
    return u" ".join(as_text(value).split()).replace(u"%", u"%%")


def environment_text(configuration, secrets):
    lines = []
    values = dict(configuration["environment"])
    values.update(secrets)
    for name in sorted(values):
        if not NAME.match(name):
            fail("internal", "%r is no name of an environment variable" % name)
        if name in secrets:
            lines.append(SECRET_MARK + name)
        lines.append("%s=%s" % (name, quote_environment(values[name])))
    return u"\n".join(lines) + u"\n"


def read_secrets(configuration, region):
    """Value and facts by name: which version of which parameter a value is of."""
    wanted = {}
    for secret in configuration["secrets"]:
        version = secret.get("version")
        wanted[secret["name"]] = secret["parameter"] + (":%d" % version if version is not None else "")
    if not wanted:
        return {}, {}
    # Here, since it takes longer to load than all the rest, and a unit needs none of it.
    import aws
    try:
        values = aws.get_values_and_versions(region, sorted(set(wanted.values())))
    except aws.AwsError as error:
        aws.fail_of_aws(error, "reading the parameters %s" % ", ".join(sorted(wanted.values())), "secret-unreadable")
    missing = sorted(name for name in wanted.values() if name not in values)
    if missing:
        fail("secret-unreadable", "SSM has no parameter %s that this host may read" % ", ".join(missing))
    facts = dict((secret["name"], {"parameter": secret["parameter"], "version": values[wanted[secret["name"]]][1],
                                   "isPinned": secret.get("version") is not None})
                 for secret in configuration["secrets"])
    return dict((name, values[wanted[name]][0]) for name in wanted), facts


def write_environment(manifest, region, directory, prefix, records):
    """An environment file is never changed, since a running unit names it: other values make the next one, `v42-....2.env`.
    Prints the path. What `drift` compares with goes into RECORDS: hashes, and the versions of the secrets."""
    configuration = load(manifest)["configuration"]
    secrets, parameters = read_secrets(configuration, region)
    content = environment_text(configuration, secrets).encode("utf-8")
    user = configuration["run"]["user"]
    number = 1
    while True:
        path = os.path.join(directory, "%s%s.env" % (prefix, "" if number == 1 else ".%d" % number))
        if not os.path.exists(path):
            write_durably(path, content, 0o640, (0, grp.getgrnam(user).gr_gid))
            break
        with open(path, "rb") as existing:
            if existing.read() == content:
                os.chmod(path, 0o640)
                os.chown(path, 0, grp.getgrnam(user).gr_gid)
                break
        number += 1
    if not os.path.isdir(records):
        os.mkdir(records, 0o700)
    values = dict(configuration["environment"])
    values.update(secrets)
    salt = as_text(binascii.hexlify(os.urandom(16)))
    record = {"sha256": hashlib.sha256(content).hexdigest(), "salt": salt, "parameters": parameters,
              "values": dict((name, hash_of(salt, name, as_text(values[name]))) for name in values)}
    write_durably(os.path.join(records, os.path.basename(path) + ".json"), json.dumps(record).encode("utf-8"), 0o600)
    print(path)


def with_ids(words, user):
    """`{uid}` and `{gid}` are the user's numbers: uWSGI (tried: 2.0.31) overrules the ini file's ids only with numbers."""
    account = pwd.getpwnam(user)
    numbers = {u"{uid}": u"%d" % account.pw_uid, u"{gid}": u"%d" % account.pw_gid}
    return [re.sub(u"\\{[ug]id\\}", lambda found: numbers[found.group()], as_text(word)) for word in words]


def unit_text(manifest, virtualenv, environment):
    configuration = manifest["configuration"]
    service, release, run = configuration["service"], manifest["releaseId"], configuration["run"]
    command = [os.path.join(virtualenv, "bin", run["program"])] + with_ids(run["arguments"], run["user"])
    lines = [
        "# Rollgate release %s" % release,
        "# Written whole by the next deployment: put changes of your own into a drop-in.",
        "[Unit]",
        "Description=%s" % quote_value(configuration["description"]),
        "After=network.target",
        "",
        "[Service]",
        "Type=simple",
        "User=%s" % run["user"],
        "Group=%s" % run["user"],
        "WorkingDirectory=/app/releases/%s" % release,
        "Environment=PATH=%s/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" % virtualenv,
        "EnvironmentFile=%s" % environment,
        "ExecStart=%s" % " ".join(quote_argument(word) for word in command),
        "KillMode=mixed",
        "KillSignal=SIGTERM",
        "TimeoutStopSec=%d" % configuration["unit"]["stopSeconds"],
        "Restart=on-failure",
        "RestartSec=%d" % configuration["unit"]["restartSeconds"],
        "StartLimitInterval=%d" % START_LIMIT_SECONDS,
        "StartLimitBurst=%d" % START_LIMIT_BURST,
        "SyslogIdentifier=%s" % service,
        "RuntimeDirectory=%s" % service,
        "NoNewPrivileges=yes",
        "ProtectSystem=full",
        "PrivateTmp=yes",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    ]
    return u"\n".join(as_text(line) for line in lines) + u"\n"


def main(command, manifest, *arguments):
    if command == "environment":
        write_environment(manifest, *arguments)
    else:
        virtualenv, environment, path = arguments
        write_durably(path, unit_text(load(manifest), virtualenv, environment).encode("utf-8"))


if __name__ == "__main__":
    main(*sys.argv[1:])
