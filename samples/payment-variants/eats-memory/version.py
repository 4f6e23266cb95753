"""Needs 700 MB for a moment while it loads, in each worker: more than a small host has."""

VERSION = "2.0"
NEEDED = len(bytearray(700 * 1024 * 1024))
