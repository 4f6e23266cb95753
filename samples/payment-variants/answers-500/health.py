"""Starts like any other build, and fails at every question."""


def health():
    return {"state": "OK"}["status"]
