"""Reads an S3 object or SSM parameters with the instance's role: by the AWS CLI where the host has one, else with a
SigV4 signer of our own. Credentials and secrets pass through pipes and memory only, never through an argument.

usage: aws.py object REGION BUCKET KEY FILE
"""

from __future__ import print_function

import datetime
import hashlib
import hmac
import json
import os
import random
import ssl
import subprocess
import sys
import time

from host import as_text, fail, fail_of_os, say

try:
    from http.client import HTTPConnection, HTTPException, HTTPSConnection
    from urllib.parse import quote, urlsplit
except ImportError:
    from httplib import HTTPConnection, HTTPException, HTTPSConnection
    from urllib import quote
    from urlparse import urlsplit

ENDPOINTS_FILE = "/etc/rollgate/endpoints"
ATTEMPTS = 5
TIMEOUT_SECONDS = 20
MAX_BACKOFF_SECONDS = 8
CLI_SECONDS = 600
CLOCK_ERRORS = ("RequestTimeTooSkewed", "RequestExpired")
ACCESS_ERRORS = ("AccessDenied", "AccessDeniedException", "InvalidAccessKeyId", "SignatureDoesNotMatch",
                 "UnrecognizedClientException", "InvalidSignatureException", "ExpiredToken", "ExpiredTokenException")
RETRIED_ERRORS = ("ThrottlingException", "SlowDown", "InternalServerError", "InternalError", "RequestTimeout",
                  "ServiceUnavailable")


class AwsError(Exception):
    def __init__(self, code, message):
        Exception.__init__(self, "%s: %s" % (code, message))
        self.code = code


def endpoints(region):
    """`S3=...`, `SSM=...`, `IMDS=...` of the root-owned file, else those of AWS."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    found = {"IMDS": "http://169.254.169.254", "SSM": "https://ssm.%s.%s" % (region, domain),
             "S3": "https://s3.%s.%s" % (region, domain)}
    overridden = {}
    try:
        with open(ENDPOINTS_FILE) as lines:
            owner = os.fstat(lines.fileno())
            if owner.st_uid not in (0, os.getuid()) or owner.st_mode & 0o022:
                fail("permission-denied", "%s can be written by others than root: not trusted" % ENDPOINTS_FILE)
            for line in lines:
                name, equals, url = line.strip().partition("=")
                if equals and name in found:
                    overridden[name] = url.rstrip("/")
    except IOError:
        pass
    found.update(overridden)
    return found, overridden


def request(base, method, path, headers, body=b"", timeout=TIMEOUT_SECONDS):
    url = urlsplit(base)
    if url.scheme == "https":
        connection = HTTPSConnection(url.hostname, url.port, timeout=timeout, context=ssl.create_default_context())
    else:
        connection = HTTPConnection(url.hostname, url.port, timeout=timeout)
    connection.request(method, path, body, headers)
    return connection.getresponse()


def retried(what, attempt):
    """Runs `attempt` until it answers; only faults that may pass are tried again."""
    for number in range(1, ATTEMPTS + 1):
        try:
            return attempt()
        except AwsError as error:
            if error.code not in RETRIED_ERRORS or number == ATTEMPTS:
                raise
            reason = error
        except (HTTPException, EnvironmentError) as error:
            if number == ATTEMPTS:
                raise AwsError("Unreachable", "%s: %s" % (what, error))
            reason = error
        pause = min(MAX_BACKOFF_SECONDS, 0.5 * 2 ** (number - 1)) * (0.5 + random.random() / 2)
        say("%s: %s; again in %.1f s" % (what, reason, pause))
        time.sleep(pause)


def credentials(metadata):
    def read():
        token = metadata_text(request(metadata, "PUT", "/latest/api/token",
                                      {"X-aws-ec2-metadata-token-ttl-seconds": "300"}, timeout=5))
        headers = {"X-aws-ec2-metadata-token": token}
        path = "/latest/meta-data/iam/security-credentials/"
        role = metadata_text(request(metadata, "GET", path, headers, timeout=5)).split("\n")[0].strip()
        return json.loads(metadata_text(request(metadata, "GET", path + quote(role), headers, timeout=5)))

    found = retried("instance metadata", read)
    return found["AccessKeyId"], found["SecretAccessKey"], found.get("Token")


def metadata_text(response):
    text = as_text(response.read())
    if response.status == 404:
        raise AwsError("NoInstanceRole", "the instance has no role: attach an instance profile")
    if response.status != 200:
        raise AwsError("InternalError" if response.status >= 500 else "MetadataRefused",
                       "instance metadata answered %d" % response.status)
    return text


def sign(key, region, service, method, host, path, headers, payload):
    """Headers of a request, signed with Signature Version 4; `path` is encoded already, and there is no query."""
    access, secret, token = key
    now = datetime.datetime.utcnow()
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    digest = hashlib.sha256(payload).hexdigest()
    signed = {"host": host, "x-amz-date": stamp, "x-amz-content-sha256": digest}
    if token:
        signed["x-amz-security-token"] = token
    for name in headers:
        signed[name.lower()] = headers[name]
    names = ";".join(sorted(signed))
    canonical = "\n".join([method, path, ""] + ["%s:%s" % (name, signed[name]) for name in sorted(signed)]
                          + ["", names, digest])
    scope = "%s/%s/%s/aws4_request" % (day, region, service)
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode("utf-8")).hexdigest()])
    step = ("AWS4" + secret).encode("utf-8")
    for part in (day, region, service, "aws4_request"):
        step = hmac.new(step, part.encode("utf-8"), hashlib.sha256).digest()
    signature = hmac.new(step, text.encode("utf-8"), hashlib.sha256).hexdigest()
    signed["authorization"] = ("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
                               % (access, scope, names, signature))
    return signed


def error_of(response):
    """AWS names its error in XML (`<Code>`) or in JSON (`__type`)."""
    body = as_text(response.read(65536))
    code, message = "Http%d" % response.status, body[:300]
    if "<Code>" in body:
        code = body.split("<Code>")[1].split("</Code>")[0]
        if "<Message>" in body:
            message = body.split("<Message>")[1].split("</Message>")[0]
    else:
        try:
            parsed = json.loads(body)
            code = parsed.get("__type", code).split("#")[-1]
            message = parsed.get("message", parsed.get("Message", message))
        except (ValueError, AttributeError):
            pass
    if response.status >= 500 and code.startswith("Http"):
        code = "InternalError"
    return AwsError(code, message)


def cli(arguments, overridden, endpoint):
    """The AWS CLI's output, or None where the host has none or it fails: the signer then says what is wrong."""
    environment = dict(os.environ, AWS_MAX_ATTEMPTS="4", AWS_PAGER="")
    if "IMDS" in overridden:
        environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = overridden["IMDS"]
    command = ["aws"] + arguments + ["--output", "json"]
    if endpoint in overridden:
        command += ["--endpoint-url", overridden[endpoint]]
    try:
        process = subprocess.Popen(["timeout", str(CLI_SECONDS)] + command, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment)
    except OSError:
        return None
    output, errors = process.communicate()
    if process.returncode == 127:
        return None
    if process.returncode != 0:
        say("the AWS CLI failed (%s); signing the request ourselves" % as_text(errors).strip()[-300:])
        return None
    return output


def get_object(region, bucket, key, path):
    urls, overridden = endpoints(region)
    arguments = ["s3api", "get-object", "--region", region, "--bucket", bucket, "--key", key, path]
    if cli(arguments, overridden, "S3") is not None:
        return
    if "S3" in overridden or "." in bucket:
        base, prefix = urls["S3"], "/" + bucket
    else:
        base, prefix = urls["S3"].replace("://", "://%s." % bucket), ""
    encoded = prefix + "/" + quote(key, safe="/-_.~")
    role = credentials(urls["IMDS"])

    def fetch():
        headers = sign(role, region, "s3", "GET", urlsplit(base).netloc, encoded, {}, b"")
        response = request(base, "GET", encoded, headers)
        if response.status != 200:
            raise error_of(response)
        expected = response.getheader("Content-Length")
        received = 0
        with open(path, "wb") as target:
            while True:
                block = response.read(1 << 20)
                if not block:
                    break
                received += len(block)
                target.write(block)
        if expected is not None and received != int(expected):
            raise HTTPException("the connection ended after %d of %s bytes" % (received, expected))

    retried("s3://%s/%s" % (bucket, key), fetch)


def get_parameters(region, names):
    """Decrypted values by the name asked for (`/payment/prod/AMQP_PASS` or `/payment/prod/AMQP_PASS:3`)."""
    return dict((name, value) for name, (value, _) in get_values_and_versions(region, names).items())


def get_values_and_versions(region, names):
    """The same with the version that each value is of."""
    found = {}
    for parameter in read_parameters(region, names, True):
        one = (parameter["Value"], parameter.get("Version"))
        found[parameter["Name"] + (parameter.get("Selector") or "")] = one
        found["%s:%s" % (parameter["Name"], parameter.get("Version"))] = one
    return found


def get_versions(region, names):
    """The newest version of each parameter that is there; their values stay encrypted."""
    return dict((parameter["Name"], parameter.get("Version")) for parameter in read_parameters(region, names, False))


def read_parameters(region, names, is_decrypted):
    found = []
    for start in range(0, len(names), 10):
        found += read_ten_parameters(region, names[start:start + 10], is_decrypted)
    return found


def read_ten_parameters(region, names, is_decrypted):
    urls, overridden = endpoints(region)
    decryption = ["--with-decryption"] if is_decrypted else []
    output = cli(["ssm", "get-parameters", "--region", region] + decryption + ["--names"] + names, overridden, "SSM")
    if output is None:
        role = credentials(urls["IMDS"])
        body = json.dumps({"Names": names, "WithDecryption": is_decrypted}).encode("utf-8")

        def fetch():
            headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameters"}
            response = request(urls["SSM"], "POST", "/", sign(role, region, "ssm", "POST", urlsplit(urls["SSM"]).netloc,
                                                              "/", headers, body), body)
            if response.status != 200:
                raise error_of(response)
            return response.read()

        output = retried("SSM GetParameters", fetch)
    return json.loads(as_text(output)).get("Parameters", [])


def fail_of_aws(error, what, otherwise):
    told = "%s" % error
    if error.code in CLOCK_ERRORS or "Signature expired" in told or "Signature not yet current" in told:
        fail("clock-skew", "%s: the host's clock is off: %s" % (what, error))
    if error.code in ACCESS_ERRORS and otherwise == "download-failed":
        fail("permission-denied", "%s: the instance's role may not read it: %s" % (what, error))
    fail(otherwise, "%s: %s" % (what, error))


def main(command, region, bucket, key, path):
    if command != "object":
        raise ValueError("unknown command %s" % command)
    try:
        get_object(region, bucket, key, path)
    except AwsError as error:
        fail_of_aws(error, "s3://%s/%s" % (bucket, key), "download-failed")
    except EnvironmentError as error:
        fail_of_os(error, "downloading s3://%s/%s" % (bucket, key))


if __name__ == "__main__":
    main(*sys.argv[1:])
