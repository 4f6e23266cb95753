"""The answer of GET /health: says that a worker of this process takes requests, nothing about the upstreams."""


def health():
    return "OK"
