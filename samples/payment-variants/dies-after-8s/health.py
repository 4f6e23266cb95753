"""Healthy for eight seconds: then the whole service is killed, as the kernel does it when memory runs out."""

import os
import subprocess


def health():
    return "OK"


# A process of its own, since uWSGI runs no threads of Python between requests; the worker's parent is the master.
subprocess.Popen(["/bin/sh", "-c", 'sleep 8; kill -KILL "$0"', str(os.getppid())], start_new_session=True)
