"""Asks what a service needs, as the service's user: TCP to every upstream, the AMQP login, HTTP on its own port.

usage: checks.py preflight MANIFEST ENVIRONMENT          upstreams only
       checks.py upstreams MANIFEST ENVIRONMENT          the same, those that only report count too
       checks.py gate MANIFEST ENVIRONMENT SECONDS       upstreams, and HTTP until it is well or time is up
       checks.py http MANIFEST SECONDS                   HTTP only
       checks.py probe MANIFEST                          HTTP once: prints yes or no, nothing where it only reports

Prints one JSON object per line: {"check": ...} and, where HTTP failed, {"http": ...}. SIGTERM ends the waiting: what was
seen so far is the answer. Exits as a named failure where a check failed: the upstreams in the manifest's order, then HTTP.
A check that the manifest has report only runs all the same, says so, and is no failure.
"""

from __future__ import print_function

import errno
import grp
import io
import json
import os
import pwd
import signal
import socket
import sys
import threading
import time

import amqp
from host import NAMED_FAILURE, as_text
from manifest import load, report_only
from redact import Redactor, read_environment, secrets_of_service

CONNECT_SECONDS = 3
LOGIN_SECONDS = 8
UPSTREAM_ATTEMPTS = 3
BODY_BYTES = 65536
BODY_KEPT = 400

stopped = threading.Event()


def drop_privileges(name):
    """Root's groups too; a user that does not exist (a unit that Rollgate did not write) leaves us as we are."""
    if os.getuid() != 0 or name == "root":
        return
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return
    os.setgroups([group.gr_gid for group in grp.getgrall() if name in group.gr_mem])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def check(name, failure, detail):
    answer = {"name": name, "isOk": failure is None, "detail": as_text(detail)}
    if failure is not None:
        answer["failure"] = failure
    return answer


def failure_of(error):
    if isinstance(error, socket.gaierror):
        return "name-unresolved"
    if getattr(error, "errno", None) == errno.ECONNREFUSED:
        return "upstream-refused"
    return "upstream-unreachable"


def reason_of(error, host="", seconds=CONNECT_SECONDS):
    if isinstance(error, socket.timeout):
        return "no answer%s within %g s" % (from_address(host), seconds)
    return getattr(error, "strerror", None) or "%s" % error


def from_address(host):
    """Which address a name stood for: whoever reads of it elsewhere may get another one."""
    try:
        addresses = [found[4][0] for found in socket.getaddrinfo(host, None, 0, socket.SOCK_STREAM)] if host else []
    except EnvironmentError:
        return ""
    return " from %s" % addresses[-1] if addresses and host not in addresses else ""


def ask_upstream(upstream, environment):
    """One attempt; the check, and whether another attempt may answer differently."""
    name = "%s:%s" % ("amqp" if upstream["kind"] == "amqp" else "upstream", upstream["name"])
    address = "%s:%d" % (upstream["host"], upstream["port"])
    origin = "%s, from %s" % (upstream["variable"], upstream["source"])
    try:
        socket.create_connection((upstream["host"], upstream["port"]), CONNECT_SECONDS).close()
    except EnvironmentError as error:
        return check(name, failure_of(error), "%s (%s): %s" % (address, origin, reason_of(error, upstream["host"]))), True
    if upstream["kind"] != "amqp":
        return check(name, None, "%s takes connections" % address), False
    names = upstream["amqp"]
    missing = [names[key] for key in ("userVariable", "passwordVariable") if names[key] not in environment]
    if missing:
        return check(name, "amqp-auth-failed", "the environment has no %s" % " and no ".join(missing)), False
    user, password = environment[names["userVariable"]], environment[names["passwordVariable"]]
    try:
        remark = amqp.login(upstream["host"], upstream["port"], user, password, names["vhost"], LOGIN_SECONDS)
    except amqp.Refused as error:
        return check(name, error.word, "%s: %s" % (address, error)), False
    except (amqp.Broken, EnvironmentError) as error:
        failure = "upstream-unreachable" if isinstance(error, amqp.Broken) else failure_of(error)
        return check(name, failure, "%s (%s): %s" % (address, origin, reason_of(error))), True
    logged_in = "%s: user %s logged in on vhost %s" % (address, user, names["vhost"])
    return check(name, None, "%s; %s" % (logged_in, remark) if remark else logged_in), False


def ask_upstream_again(upstream, environment):
    for attempt in range(1, UPSTREAM_ATTEMPTS + 1):
        answer, may_pass = ask_upstream(upstream, environment)
        if answer["isOk"] or not may_pass or attempt == UPSTREAM_ATTEMPTS or stopped.wait(1):
            return answer


def ask_http(health):
    """Status and body of one GET; status 0 where nothing answered."""
    # Here, since it takes longer to load than all the rest, and a preflight asks no HTTP.
    try:
        from http.client import HTTPConnection, HTTPException
    except ImportError:
        from httplib import HTTPConnection, HTTPException
    connection = HTTPConnection("127.0.0.1", health["port"], timeout=health["timeoutSeconds"])
    try:
        connection.request("GET", health["path"], headers={"User-Agent": "rollgate", "Connection": "close"})
        response = connection.getresponse()
        return response.status, as_text(response.read(BODY_BYTES))
    except (EnvironmentError, HTTPException) as error:
        return 0, as_text(reason_of(error, seconds=health["timeoutSeconds"]) or error.__class__.__name__)
    finally:
        connection.close()


def wait_for_http(health, seconds):
    """Well after so many successes in a row; the check, and the last answer where it is not well."""
    deadline = time.time() + seconds
    wanted, row, asked, status, body = health["consecutiveSuccesses"], 0, 0, 0, "not asked"
    while row < wanted:
        status, body = ask_http(health)
        asked += 1
        row = row + 1 if status == health["expectStatus"] else 0
        if row == wanted:
            break
        left = deadline - time.time()
        # A service that is still binding its port is asked again soon.
        pause = health["intervalSeconds"] if status else min(0.2, health["intervalSeconds"])
        if left <= 0 or stopped.wait(min(pause, max(left, 0))):
            break
    where = "GET http://127.0.0.1:%d%s" % (health["port"], health["path"])
    if row == wanted:
        return check("http", None, "%s answered %d %d times in a row" % (where, status, row)), None
    if status == health["expectStatus"]:
        seen = "answered %d only %d of %d times in a row" % (status, row, wanted)
    else:
        seen = "answered %d, not %d" % (status, health["expectStatus"]) if status else "got no answer: %s" % body
    return check("http", "http-failed", "%s %s (asked %d times)" % (where, seen, asked)), (status, body)


def run(upstreams, environment, health, seconds, redactor, reporting):
    """All checks at the same time, each printed as it is known. Returns those that failed, HTTP last; none that only reports."""
    printing = threading.Lock()
    failed = {}

    def show(key, value):
        with printing:
            print(json.dumps({key: value}))
            sys.stdout.flush()

    def tell(place, answer):
        answer["detail"] = redactor.text(answer["detail"])
        if answer["name"] in reporting:
            answer["isReportOnly"] = True
        elif not answer["isOk"]:
            failed[place] = answer
        show("check", answer)

    def upstream(place, one):
        tell(place, ask_upstream_again(one, environment))

    def http():
        answer, last = wait_for_http(health, seconds)
        tell(len(upstreams), answer)
        if last is not None:
            show("http", {"status": last[0], "body": redactor.text(last[1])[:BODY_KEPT]})

    threads = [threading.Thread(target=upstream, args=pair) for pair in enumerate(upstreams)]
    if health is not None:
        threads.append(threading.Thread(target=http))
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.1)
    return [failed[place] for place in sorted(failed)]


def main(mode, manifest_path, *arguments):
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.set())
    manifest = load(manifest_path)
    configuration = manifest["configuration"]
    if mode == "probe":
        if "http" in report_only(manifest):
            return
        drop_privileges(configuration["run"]["user"])
        status, _ = ask_http(configuration["health"])
        print("yes" if status == configuration["health"]["expectStatus"] else "no")
        return
    redactor = Redactor(secrets_of_service(configuration["service"]))
    environment = read_environment(arguments[0])[0] if mode in ("preflight", "upstreams", "gate") else {}
    # Opened while we may: the file lies where only root can write.
    failure = io.open(os.environ["ROLLGATE_FAILURE"], "w", encoding="utf-8")
    drop_privileges(configuration["run"]["user"])
    upstreams = configuration["upstreams"] if mode in ("preflight", "upstreams", "gate") else []
    health = configuration["health"] if mode in ("gate", "http") else None
    seconds = float(arguments[-1]) if health else 0
    reporting = [] if mode == "upstreams" else report_only(manifest)
    failed = run(upstreams, environment, health, seconds, redactor, reporting)
    if failed:
        failure.write(u"%s\t%s: %s\n" % (failed[0]["failure"], failed[0]["name"], failed[0]["detail"]))
        failure.close()
        sys.exit(NAMED_FAILURE)


if __name__ == "__main__":
    main(*sys.argv[1:])
