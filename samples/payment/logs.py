"""One JSON object per line on stderr, where systemd's journal takes it. The AMQP password never gets that far."""

import json
import logging
import sys
from datetime import datetime, timezone

FIELDS = ("user", "orderid", "method", "path", "status", "milliseconds", "upstream", "version")


class JsonLines(logging.Formatter):
    def __init__(self, secret):
        super().__init__()
        self.secret = secret

    def format(self, record):
        line = {
            "at": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        for field in FIELDS:
            if hasattr(record, field):
                line[field] = getattr(record, field)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        # Redacted before the encoding: JSON would escape quotes and backslashes of the password.
        return json.dumps({key: self.redact(value) for key, value in line.items()})

    def redact(self, value):
        if self.secret and isinstance(value, str):
            return value.replace(self.secret, "[AMQP_PASS]")
        return value


def configure(secret):
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(secret))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # What pika says about a connection that failed is in our own line already.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    return logging.getLogger("payment")
