import type { Diagnosis } from '../model/diagnosis.ts';
import { finding, firstMatch, oneLine } from './finding.ts';
import { packageOfHeader, packageOfLibrary, packageOfTool, type SystemPackage } from './system-packages.ts';

/** What pip and the compiler said, oldest line first, and the file that was installed from. */
export interface PipFacts {
  readonly lines: readonly string[];
  readonly requirementsFile: string;
  /** `services/payment.yml` */
  readonly configFile: string;
}

/** Why `pip install` failed: the package, what it misses, and the OS package that has it. */
export function diagnosePip(facts: PipFacts): Diagnosis {
  return (
    diagnoseResources(facts.lines) ??
    diagnoseBuild(facts) ??
    diagnoseIndex(facts) ??
    diagnoseResolution(facts) ??
    diagnoseOther(facts)
  );
}

function diagnoseResources(lines: readonly string[]): Diagnosis | undefined {
  if (firstMatch(lines, /No space left on device|\[Errno 28\]/) !== undefined) {
    return finding(
      'disk-full',
      'the disk filled up while pip installed packages',
      'free some space (df -h), or lower retention.releases, and deploy again',
    );
  }
  if (firstMatch(lines, /Killed signal terminated program|virtual memory exhausted|MemoryError/) !== undefined) {
    return finding(
      'out-of-memory',
      `the compiler ran out of memory while pip built ${packageOf(lines) ?? 'a package'}`,
      'give the host more memory or swap while packages are built, or pin a version that has a wheel',
    );
  }
  return undefined;
}

function diagnoseBuild(facts: PipFacts): Diagnosis | undefined {
  const { lines } = facts;
  const header =
    firstMatch(lines, /fatal error: '?([^\s':]+)'?(?:: No such file or directory| file not found)/) ??
    firstMatch(lines, /([\w./+-]+\.h): No such file or directory/);
  if (header !== undefined) {
    return missing(
      facts,
      `the header ${header}`,
      packageOfHeader(header),
      `the development package that has ${header}`,
    );
  }
  const library = firstMatch(lines, /cannot find -l([^\s:]+)/) ?? pkgConfigModule(lines);
  if (library !== undefined) {
    return missing(
      facts,
      `the library lib${library}`,
      packageOfLibrary(library),
      `the development package that has lib${library}`,
    );
  }
  const tool = missingTool(lines);
  return tool === undefined
    ? undefined
    : missing(
        facts,
        tool === 'gcc' ? 'a C compiler' : `the program ${tool}`,
        packageOfTool(tool),
        `the package that has ${tool}`,
      );
}

/** `mysqlclient` of `pkg-config --exists mysqlclient`, `ffi` of `Package libffi was not found`. */
function pkgConfigModule(lines: readonly string[]): string | undefined {
  const module =
    firstMatch(lines, /pkg-config --\S+ ([\w.+-]+)' returned non-zero/) ??
    firstMatch(lines, /Package '?([\w.+-]+)'?,? (?:was )?not found/) ??
    firstMatch(lines, /No package '([\w.+-]+)' found/);
  return module?.replace(/^lib/, '');
}

function missingTool(lines: readonly string[]): string | undefined {
  if (
    firstMatch(
      lines,
      /you need a C compiler|unable to execute '?[\w.-]*(?:gcc|cc)'?:|command '[\w./-]*(?:gcc|cc)' failed: No such file/,
    ) !== undefined
  ) {
    return 'gcc';
  }
  if (firstMatch(lines, /[Cc]an't find Rust compiler|Rust toolchain/) !== undefined) {
    return 'cargo';
  }
  return (
    firstMatch(lines, /(pg_config) executable (?:not found|is required)/) ??
    firstMatch(lines, /(pkg-config): (?:command )?not found/) ??
    firstMatch(
      lines,
      /\b(mysql_config|mariadb_config|xml2-config|xslt-config|krb5-config|cmake|cargo|rustc)\b.*not (?:be )?found/,
    ) ??
    firstMatch(lines, /No such file or directory: '([\w.+-]+)'$/) ??
    firstMatch(lines, /Cannot find command '([\w.+-]+)'/)
  );
}

function missing(facts: PipFacts, what: string, where: SystemPackage | undefined, otherwise: string): Diagnosis {
  const name = packageOf(facts.lines);
  const meaning = `pip could not build ${name ?? 'a package'}: ${what} is missing on this host`;
  return where === undefined
    ? finding('pip-install-failed', meaning, `find ${otherwise} and add it to runtime.packages in ${facts.configFile}`)
    : finding(
        'pip-install-failed',
        meaning,
        `add ${where.apt} (apt) or ${where.yum} (yum, dnf) to runtime.packages in ${facts.configFile} and deploy again`,
      );
}

const networkTrouble =
  /NewConnectionError|ConnectTimeoutError|ReadTimeoutError|Read timed out|Temporary failure in name resolution|Name or service not known|Network is unreachable|Connection (?:refused|reset)|Max retries exceeded|ProxyError|5\d\d Server Error/;

function diagnoseIndex({ lines }: PipFacts): Diagnosis | undefined {
  if (firstMatch(lines, /CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError/) !== undefined) {
    return finding(
      'package-index-unreachable',
      'pip does not trust the certificate of the package index',
      "put the certificate authority into the host's store, and check its clock (timedatectl)",
    );
  }
  const trouble = firstMatch(lines, networkTrouble);
  const found = firstMatch(lines, /from versions: (?!none\))([^)]+)\)/);
  if (trouble === undefined || found !== undefined) {
    return undefined;
  }
  const address =
    firstMatch(lines, /https?:\/\/[^\s'",)]+/) ?? firstMatch(lines, /host='([^']+)'/) ?? 'the package index';
  return finding(
    'package-index-unreachable',
    `this host can not reach ${address.replace(/\/\/[^@/]*@/, '//')}: ${trouble}`,
    "check the host's way out (NAT gateway, proxy, security group, DNS) and pip's index-url, then deploy again",
  );
}

function diagnoseResolution(facts: PipFacts): Diagnosis | undefined {
  const { lines, requirementsFile } = facts;
  const invalid = firstMatch(lines, /Invalid requirement: (.+)$/);
  if (invalid !== undefined) {
    return finding(
      'pip-install-failed',
      `pip does not understand a line of ${requirementsFile}: ${oneLine(invalid, 120)}`,
      `correct the line in ${requirementsFile} and upload again`,
    );
  }
  const python = firstMatch(lines, /requires a different Python: (.+?)(?: not in |$)/i);
  const requirement = firstMatch(
    lines,
    /(?:No matching distribution found for|satisfies the requirement) (.+?)(?: \(from.*)?$/,
  );
  if (python !== undefined && requirement === undefined) {
    return finding(
      'pip-install-failed',
      `${packageOf(lines) ?? 'a package'} does not support Python ${python}`,
      `pin a version in ${requirementsFile} that supports it, or name another interpreter in runtime.python`,
    );
  }
  if (requirement !== undefined) {
    const versions = firstMatch(lines, /from versions: ([^)]+)\)/);
    const newest = versions?.split(', ').at(-1);
    const isKnown = newest !== undefined && newest !== 'none';
    return finding(
      'pip-install-failed',
      isKnown
        ? `no version of ${requirement} fits this host's Python: the newest offered is ${newest}`
        : `the package index has no ${requirement} for this host's Python`,
      `correct the name or the version in ${requirementsFile} and upload again`,
    );
  }
  if (firstMatch(lines, /ResolutionImpossible|conflicting dependencies/) !== undefined) {
    const conflict = firstMatch(lines, /Cannot install (.+?) because/);
    return finding(
      'pip-install-failed',
      `the packages exclude each other${conflict === undefined ? '' : `: ${conflict}`}`,
      `loosen or align the versions in ${requirementsFile} and upload again`,
    );
  }
  return firstMatch(lines, /DO NOT MATCH THE HASHES/) === undefined
    ? undefined
    : finding(
        'pip-install-failed',
        `${packageOf(lines) ?? 'a package'} does not have the hash that ${requirementsFile} says`,
        'do not deploy it before you know why: the package may have been tampered with',
      );
}

function diagnoseOther({ lines, requirementsFile }: PipFacts): Diagnosis {
  const name = packageOf(lines);
  const exception = firstMatch(lines.toReversed(), /^\s*((?:[\w.]*(?:Error|Exception)): .+)$/);
  const error = exception ?? firstMatch(lines, /\berror: (.+)$/) ?? firstMatch(lines, /ERROR: (.+)$/) ?? lines.at(-1);
  return finding(
    'pip-install-failed',
    `pip could not install ${name ?? 'the packages'}${error === undefined ? '' : `: ${oneLine(error.trim(), 200)}`}`,
    `read the pip lines of this host; ${requirementsFile} or runtime.packages must change`,
  );
}

/** The package that pip gave up on: named by the failure, else the last one it took up. */
function packageOf(lines: readonly string[]): string | undefined {
  return (
    firstMatch(lines, /Failed building wheel for ([\w.-]+)/) ??
    firstMatch(lines, /Building wheel for ([\w.-]+) .*did not run successfully/) ??
    firstMatch(lines, /Could not build wheels for ([\w.-]+)/) ??
    firstMatch(lines, /Failed to build ([\w.-]+)/) ??
    firstMatch(lines, /^╰─> ([\w.-]+)$/) ??
    firstMatch(lines, /ERROR: Package '([\w.-]+)' requires/) ??
    firstMatch(lines, /^\s*writing .+ to ([\w.-]+)\.egg-info\//) ??
    firstMatch(lines, /\bis required to build ([\w.-]+) from source/) ??
    firstMatch(lines.toReversed(), /Collecting ([\w.-]+)/)
  );
}
