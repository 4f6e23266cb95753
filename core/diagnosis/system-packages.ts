/** The OS package that has a header, a library or a tool, by package manager family. */
export interface SystemPackage {
  readonly apt: string;
  readonly yum: string;
}

const packagesOf: Readonly<Record<string, SystemPackage>> = {
  python: { apt: 'python3-dev', yum: 'python3-devel' },
  gcc: { apt: 'gcc', yum: 'gcc' },
  gxx: { apt: 'g++', yum: 'gcc-c++' },
  libc: { apt: 'libc6-dev', yum: 'glibc-devel' },
  linux: { apt: 'linux-libc-dev', yum: 'kernel-headers' },
  ffi: { apt: 'libffi-dev', yum: 'libffi-devel' },
  ssl: { apt: 'libssl-dev', yum: 'openssl-devel' },
  zlib: { apt: 'zlib1g-dev', yum: 'zlib-devel' },
  bzip2: { apt: 'libbz2-dev', yum: 'bzip2-devel' },
  lzma: { apt: 'liblzma-dev', yum: 'xz-devel' },
  xml2: { apt: 'libxml2-dev', yum: 'libxml2-devel' },
  xslt: { apt: 'libxslt1-dev', yum: 'libxslt-devel' },
  yaml: { apt: 'libyaml-dev', yum: 'libyaml-devel' },
  postgres: { apt: 'libpq-dev', yum: 'postgresql-devel' },
  mysql: { apt: 'default-libmysqlclient-dev', yum: 'mariadb-devel' },
  sqlite: { apt: 'libsqlite3-dev', yum: 'sqlite-devel' },
  curl: { apt: 'libcurl4-openssl-dev', yum: 'libcurl-devel' },
  ldap: { apt: 'libldap2-dev', yum: 'openldap-devel' },
  sasl: { apt: 'libsasl2-dev', yum: 'cyrus-sasl-devel' },
  kerberos: { apt: 'libkrb5-dev', yum: 'krb5-devel' },
  jpeg: { apt: 'libjpeg-dev', yum: 'libjpeg-turbo-devel' },
  png: { apt: 'libpng-dev', yum: 'libpng-devel' },
  freetype: { apt: 'libfreetype6-dev', yum: 'freetype-devel' },
  pcre: { apt: 'libpcre3-dev', yum: 'pcre-devel' },
  jansson: { apt: 'libjansson-dev', yum: 'jansson-devel' },
  capabilities: { apt: 'libcap-dev', yum: 'libcap-devel' },
  uuid: { apt: 'uuid-dev', yum: 'libuuid-devel' },
  odbc: { apt: 'unixodbc-dev', yum: 'unixODBC-devel' },
  kafka: { apt: 'librdkafka-dev', yum: 'librdkafka-devel' },
  snappy: { apt: 'libsnappy-dev', yum: 'snappy-devel' },
  gmp: { apt: 'libgmp-dev', yum: 'gmp-devel' },
  readline: { apt: 'libreadline-dev', yum: 'readline-devel' },
  crypt: { apt: 'libcrypt-dev', yum: 'libxcrypt-devel' },
  pkgconf: { apt: 'pkg-config', yum: 'pkgconf-pkg-config' },
  cmake: { apt: 'cmake', yum: 'cmake' },
  make: { apt: 'make', yum: 'make' },
  rust: { apt: 'cargo', yum: 'cargo' },
  git: { apt: 'git', yum: 'git' },
};

/** Longest path first where one is the end of another. */
const headers: readonly (readonly [pattern: RegExp, packageKey: string])[] = [
  [/^(Python|pyconfig|structmember)\.h$/, 'python'],
  [/^python3?(\.[0-9]+)?\/Python\.h$/, 'python'],
  [/^ffi\.h$/, 'ffi'],
  [/^openssl\//, 'ssl'],
  [/^(zlib|zconf)\.h$/, 'zlib'],
  [/^bzlib\.h$/, 'bzip2'],
  [/^lzma\.h$/, 'lzma'],
  [/^libxml\//, 'xml2'],
  [/^libxslt\/|^libexslt\//, 'xslt'],
  [/^yaml\.h$/, 'yaml'],
  [/^(libpq-fe|pg_config)\.h$/, 'postgres'],
  [/^(mysql|mysql\/.*|mariadb\/.*|my_config)(\.h)?$/, 'mysql'],
  [/^sqlite3\.h$/, 'sqlite'],
  [/^curl\//, 'curl'],
  [/^(lber|ldap)\.h$/, 'ldap'],
  [/^sasl(\/sasl)?\.h$/, 'sasl'],
  [/^(gssapi|krb5)([./].*)$/, 'kerberos'],
  [/^(jpeglib|jconfig)\.h$/, 'jpeg'],
  [/^png\.h$/, 'png'],
  [/^(ft2build\.h|freetype\/.*)$/, 'freetype'],
  [/^pcre\.h$/, 'pcre'],
  [/^jansson\.h$/, 'jansson'],
  [/^sys\/capability\.h$/, 'capabilities'],
  [/^uuid\/uuid\.h$/, 'uuid'],
  [/^sql(ext|types)?\.h$/, 'odbc'],
  [/^librdkafka\//, 'kafka'],
  [/^snappy(-c)?\.h$/, 'snappy'],
  [/^gmp\.h$/, 'gmp'],
  [/^readline\//, 'readline'],
  [/^crypt\.h$/, 'crypt'],
  [/^linux\//, 'linux'],
  [/^(stdio|stdlib|limits|string|errno|math|assert|features|crti|sys\/types)\.[ho]$/, 'libc'],
];

const libraries: Readonly<Record<string, string>> = {
  ssl: 'ssl',
  crypto: 'ssl',
  z: 'zlib',
  bz2: 'bzip2',
  lzma: 'lzma',
  xml2: 'xml2',
  xslt: 'xslt',
  exslt: 'xslt',
  yaml: 'yaml',
  pq: 'postgres',
  mysqlclient: 'mysql',
  mariadb: 'mysql',
  sqlite3: 'sqlite',
  curl: 'curl',
  ldap: 'ldap',
  ldap_r: 'ldap',
  lber: 'ldap',
  sasl2: 'sasl',
  krb5: 'kerberos',
  gssapi_krb5: 'kerberos',
  jpeg: 'jpeg',
  png: 'png',
  freetype: 'freetype',
  pcre: 'pcre',
  jansson: 'jansson',
  cap: 'capabilities',
  uuid: 'uuid',
  odbc: 'odbc',
  rdkafka: 'kafka',
  snappy: 'snappy',
  gmp: 'gmp',
  readline: 'readline',
  crypt: 'crypt',
  ffi: 'ffi',
  c: 'libc',
  m: 'libc',
  'stdc++': 'gxx',
};

const tools: Readonly<Record<string, string>> = {
  gcc: 'gcc',
  cc: 'gcc',
  'x86_64-linux-gnu-gcc': 'gcc',
  'aarch64-linux-gnu-gcc': 'gcc',
  'g++': 'gxx',
  'c++': 'gxx',
  'x86_64-linux-gnu-g++': 'gxx',
  cc1plus: 'gxx',
  pg_config: 'postgres',
  mysql_config: 'mysql',
  mariadb_config: 'mysql',
  'curl-config': 'curl',
  'xml2-config': 'xml2',
  'xslt-config': 'xslt',
  'krb5-config': 'kerberos',
  'pkg-config': 'pkgconf',
  cmake: 'cmake',
  make: 'make',
  cargo: 'rust',
  rustc: 'rust',
  git: 'git',
};

/** The package that has a C header, named as in `#include`. */
export function packageOfHeader(header: string): SystemPackage | undefined {
  const key = headers.find(([pattern]) => pattern.test(header))?.[1];
  return key === undefined ? undefined : packagesOf[key];
}

/** The package that has a library, named as after `-l`. */
export function packageOfLibrary(library: string): SystemPackage | undefined {
  const key = Object.hasOwn(libraries, library) ? libraries[library] : undefined;
  return key === undefined ? undefined : packagesOf[key];
}

/** The package that has a program which builds call. */
export function packageOfTool(tool: string): SystemPackage | undefined {
  const key = Object.hasOwn(tools, tool) ? tools[tool] : undefined;
  return key === undefined ? undefined : packagesOf[key];
}
