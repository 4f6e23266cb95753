#!/usr/bin/env bash
# shellcheck disable=SC2154,SC2034 # sourced: setting, work and the rest are common.sh's
# OS packages and the interpreter. Sourced by install.sh.

readonly package_seconds=900

manager=''

choose_package_manager() {
  for manager in apt-get dnf yum; do
    if command -v "$manager" >/dev/null; then
      return 0
    fi
  done
  fail packages-failed "the host has none of apt-get, dnf and yum"
}

# A bare image may have no Python at all; the helpers need one before the manifest can be read.
ensure_helper_python() {
  [[ -z $python ]] || return 0
  say "the host has no Python: installing the system's"
  install_packages python3
  python=$(find_python) || fail interpreter-missing "no Python can be run, not even after installing python3"
}

install_missing_packages() {
  local name missing=()
  choose_package_manager
  for name in ${setting[packages.${manager%-get}]}; do
    if ! has_package "$name"; then
      missing+=("$name")
    fi
  done
  if ((${#missing[@]} == 0)); then
    say "no OS package is missing"
    return 0
  fi
  install_packages "${missing[@]}"
}

has_package() {
  if [[ $manager == apt-get ]]; then
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' -- "$1" 2>/dev/null) == installed ]]
  else
    rpm --query --quiet --whatprovides -- "$1" >/dev/null 2>&1
  fi
}

# Only adds: nothing that is installed is upgraded for its own sake, no service is restarted.
install_packages() {
  choose_package_manager
  say "installing $*"
  exec 8>/var/lib/rollgate/packages.lock
  flock --exclusive --timeout 600 8 || fail packages-failed "another Rollgate script installs packages for more than 600 s"
  if [[ $manager == apt-get ]]; then
    # An earlier run may have been killed in the middle.
    if [[ -n $(dpkg --audit) ]]; then
      run_logged env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 dpkg --configure --pending || true
    fi
    apt_install "$@" || { apt_get update && apt_install "$@"; } || packages_failed "$@"
  else
    local options=(--assumeyes)
    if [[ $manager == dnf ]]; then
      options+=(--setopt=install_weak_deps=False)
    fi
    run_logged timeout --foreground "$package_seconds" "$manager" "${options[@]}" install "$@" || packages_failed "$@"
  fi
  exec 8>&-
}

apt_install() {
  apt_get install --no-install-recommends --no-upgrade "$@"
}

apt_get() {
  run_logged timeout --foreground "$package_seconds" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get --yes --option DPkg::Lock::Timeout=300 --option Dpkg::Use-Pty=0 --option Acquire::Retries=3 "$@"
}

# Output goes to a file: stdout is the report's, and stderr is for narration.
run_logged() {
  local code=0
  "$@" >>"$work/command.log" 2>&1 </dev/null || code=$?
  if ((code != 0)); then
    printf '%s\n' "$code" >"$work/exit-code"
  fi
  return "$code"
}

packages_failed() {
  if grep --quiet --ignore-case 'no space left' -- "$work/command.log"; then
    fail disk-full "no space left while installing $*"
  fi
  fail packages-failed "installing $* failed: $(tail --lines=1 -- "$work/command.log")"
}

# The first of the versions that are asked for, in that order, which this host has with `venv` and headers or not. Sets
# `interpreter`, and what tells its virtualenvs from those of another: `python_full` and `python_platform`.
choose_interpreter() {
  local wanted candidate found
  for wanted in ${setting[pythons]}; do
    for candidate in "python$wanted" "python${wanted//./}" python3; do
      printf '%s (%s)\n' "$candidate" "$wanted" >>"$work/looked-for"
      found=$(command -v -- "$candidate") || continue
      read_interpreter "$found"
      [[ $python_version == "$wanted" ]] || continue
      if [[ $python_has_venv != yes ]]; then
        printf '%s has no venv module\n' "$found" >>"$work/looked-for"
        continue
      fi
      interpreter=$found
      if [[ $wanted != "${setting[pythons]%% *}" ]]; then
        warn "Python ${setting[pythons]%% *} is preferred, this host has $wanted, which is accepted"
      fi
      rm --force -- "$work/looked-for"
      return 0
    done
  done
  fail interpreter-missing "none of the Python versions ${setting[pythons]// /, } is on this host, with its venv module"
}

python_version='' python_full='' python_platform='' python_has_venv=''

# Prints four lines: 3.6, 3.6.8, linux-x86_64-glibc-2.26, yes (it has venv).
readonly interpreter_facts='
import platform, sys, sysconfig
print("%d.%d" % sys.version_info[:2])
print(platform.python_version())
print("-".join([sysconfig.get_platform()] + list(platform.libc_ver())))
try:
    import ensurepip, venv
    print("yes")
except ImportError:
    print("no")
'

# Nothing of one that can't be run.
read_interpreter() {
  local facts=()
  mapfile -t facts < <("$1" -c "$interpreter_facts" 2>/dev/null || true)
  python_version=${facts[0]:-} python_full=${facts[1]:-} python_platform=${facts[2]:-} python_has_venv=${facts[3]:-}
}
