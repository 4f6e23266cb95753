/** Modules that come with Python 3.11. */
const standardModules = new Set(
  (
    'abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect ' +
    'builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall ' +
    'concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm ' +
    'decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp ' +
    'fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip ' +
    'hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword ' +
    'lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt ' +
    'multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib ' +
    'pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd ' +
    'py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy ' +
    'sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd ' +
    'sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau ' +
    'symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit ' +
    'tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata ' +
    'unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp ' +
    'zipfile zipimport zlib zoneinfo'
  ).split(' '),
);

/** What packages that are known here bring, their own dependencies included; any other may bring anything. */
const modulesOfPackage: Readonly<Record<string, readonly string[]>> = {
  flask: ['flask', 'werkzeug', 'jinja2', 'markupsafe', 'itsdangerous', 'click', 'blinker'],
  pika: ['pika'],
  requests: ['requests', 'urllib3', 'certifi', 'idna', 'charset_normalizer'],
  uwsgi: ['uwsgi', 'uwsgidecorators'],
  xmltodict: ['xmltodict'],
};

/** Packages that pip compiles against libraries that the configuration of the shop does not install. */
const needsLibrary: Readonly<Record<string, string>> = {
  'python-ldap': 'lber.h',
  psycopg2: 'libpq-fe.h',
  mysqlclient: 'mysql.h',
  pycurl: 'curl/curl.h',
};

/** The header file that compiling this package would miss; undefined where it needs none. */
export function missingHeaderOf(packageName: string): string | undefined {
  const name = packageName.toLowerCase();
  return Object.hasOwn(needsLibrary, name) ? needsLibrary[name] : undefined;
}

/** The first module that nobody brings: not Python, not the artifact, not its packages. Unknown packages bring all. */
export function missingModule(
  imported: readonly string[],
  own: ReadonlySet<string>,
  packageNames: readonly string[],
): string | undefined {
  const names = packageNames.map((name) => name.toLowerCase());
  if (names.some((name) => !Object.hasOwn(modulesOfPackage, name))) return undefined;
  const brought = new Set(names.flatMap((name) => modulesOfPackage[name] ?? []));
  return imported.find((name) => !standardModules.has(name) && !own.has(name) && !brought.has(name));
}
