"""Every worker crashes after four seconds; the master lives on and starts it again, unseen by systemd."""

import os
import subprocess


def health():
    return "OK"


subprocess.Popen(["/bin/sh", "-c", 'sleep 4; kill -SEGV "$0"', str(os.getpid())], start_new_session=True)
