"""A careless build: it fails at start, and its traceback and log carry AMQP_PASS in every usual spelling."""

import base64
import os
import sys
from urllib.parse import quote

password = os.environ["AMQP_PASS"]
user = os.environ["AMQP_USER"]
url = "amqp://{}:{}@{}/".format(user, quote(password, safe=""), os.environ["AMQP_HOST"])

print("connecting with password {}".format(password), file=sys.stderr)
print("connecting to {}".format(url), file=sys.stderr)
print("password in base64: {}".format(base64.b64encode(password.encode()).decode()), file=sys.stderr)
print(
    "Authorization: Basic {}".format(base64.b64encode("{}:{}".format(user, password).encode()).decode()),
    file=sys.stderr,
    flush=True,
)

raise RuntimeError("cannot connect to {} with {!r}".format(url, password))
