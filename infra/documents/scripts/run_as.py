"""Runs a command as another user, in a folder, without any of root's groups.

usage: run_as.py USER FOLDER COMMAND...
"""

import os
import pwd
import sys


def main(name, folder, *command):
    user = pwd.getpwnam(name)
    os.setgroups([user.pw_gid])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.umask(0o022)
    os.chdir(folder)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
