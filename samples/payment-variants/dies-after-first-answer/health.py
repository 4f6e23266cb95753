"""Healthy once: the first answer is the last thing that the service does, as code that breaks on its first real request."""

import os
import subprocess


def health():
    # A process of its own, since the answer must still get out; the worker's parent is the master.
    subprocess.Popen(["/bin/sh", "-c", 'sleep 0.2; kill -KILL "$0"', str(os.getppid())], start_new_session=True)
    return "OK"
