"""Answers the right thing, far too late."""

import time


def health():
    time.sleep(30)
    return "OK"
