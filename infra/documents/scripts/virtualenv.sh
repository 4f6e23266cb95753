#!/usr/bin/env bash
# shellcheck disable=SC2154,SC2034 # sourced: setting, work and the rest are common.sh's
# The virtualenv of a release: shared by all releases with the same requirements, Python and platform, built once, at
# its final path, by a user who is not root, and never touched after. Sourced by install.sh.

readonly pip_seconds=1500 complete_mark=.rollgate-complete given=/var/lib/rollgate/given

# Sets `virtualenv`, `is_reused` and writes the report's `installed`.
ensure_virtualenv() {
  local requirements=$1 packages='' name
  if [[ -n ${argument[packagesKey]} ]]; then
    fetch "${argument[packagesKey]}" "${argument[packagesSha256]:?}"
    packages=$fetched
  fi
  exec 7>/var/lib/rollgate/virtualenvs.lock
  flock --exclusive --timeout 1200 7 || fail pip-failed "another Rollgate script builds a virtualenv for more than 1200 s"

  name=$(name_of "${setting[requirementsSha256]}" "$python_full" "$python_platform")
  if is_complete "/app/venvs/$name" && [[ -n $packages ]] && ! cmp --silent -- "$packages" "/app/venvs/$name/$complete_mark"; then
    say "the virtualenv $name has other packages than the other hosts: using one of its own"
    name=$(name_of "${setting[requirementsSha256]}" "$python_full" "$python_platform" "${argument[packagesSha256]}")
  fi
  local again=1 first=$name
  while is_spoilt "$name"; do
    again=$((again + 1))
    name=$(name_of "$first" "$again")
  done
  virtualenv=/app/venvs/$name
  if is_complete "$virtualenv"; then
    is_reused=true
    say "the virtualenv $name is here already"
  else
    build_virtualenv "$requirements" "$packages"
  fi
  exec 7>&-
  if [[ ! -x $virtualenv/bin/${setting[program]} ]]; then
    printf '%s\n' "$virtualenv/bin/${setting[program]}" >"$work/looked-for"
    fail program-missing "${setting[program]} is not in the virtualenv: ${setting[requirementsFile]} does not bring it"
  fi
  write_installed
}

name_of() {
  printf '%s\n' "$@" | sha256sum | head --bytes=16
}

is_complete() {
  [[ -f $1/$complete_mark ]]
}

# Somebody changed it, or took its mark away; what may run from it is left alone, and another one is built.
is_spoilt() {
  local folder=/app/venvs/$1
  if is_complete "$folder"; then
    ! is_as_it_was "$folder" "/var/lib/rollgate/virtualenvs/$1.files"
  else
    [[ -d $folder ]] && is_named_by_a_unit "$folder/"
  fi
}

build_virtualenv() {
  local requirements=$1 packages=$2
  say "building the virtualenv $virtualenv"
  rm --recursive --force -- "${virtualenv:?}" "${given:?}"
  install --directory --owner="$build_user" --group="$build_user" --mode=0755 -- "$virtualenv"
  # What the build user may read of what only root may.
  install --directory --owner=root --group="$build_user" --mode=0750 -- "$given"
  install --owner=root --group="$build_user" --mode=0640 -- "$requirements" "$given/requirements.txt"
  local constraint=()
  if [[ -n $packages ]]; then
    install --owner=root --group="$build_user" --mode=0640 -- "$packages" "$given/constraints.txt"
    constraint=(--constraint constraints.txt)
  fi
  as_build_user "$interpreter" -m venv "$virtualenv" || pip_failed "making the virtualenv failed"
  # Without the wheel package pip before 23.1 keeps no wheel of what it compiles.
  as_build_user "$virtualenv/bin/python" -m pip install wheel || pip_failed "pip could not install wheel"
  as_build_user "$virtualenv/bin/python" -m pip install --requirement requirements.txt \
    ${constraint[@]+"${constraint[@]}"} || pip_failed "pip could not install ${setting[requirementsFile]}"
  as_build_user "$virtualenv/bin/python" -m compileall -q "$virtualenv/lib" || say "some files do not compile: left as they are"
  as_build_user "$virtualenv/bin/python" -m pip list --format=freeze || pip_failed "pip could not list the packages"
  end_build_processes
  chown --recursive --no-dereference root:root -- "$virtualenv"
  chmod --recursive go-w,u-s,g-s -- "$virtualenv"
  label_for_selinux "$virtualenv"
  mkdir --parents -- /var/lib/rollgate/virtualenvs
  helper recorded record "$virtualenv" | persist "/var/lib/rollgate/virtualenvs/${virtualenv##*/}.files"
  resolved_packages | persist "$virtualenv/$complete_mark"
}

# Runs in the folder of what was given, with pip's cache and nothing of root's environment but where packages come from.
as_build_user() {
  local keep=() name code=0
  for name in $(compgen -e); do
    case $name in
      PIP_* | http_proxy | https_proxy | no_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | SSL_CERT_FILE | REQUESTS_CA_BUNDLE)
        keep+=("$name=${!name}")
        ;;
    esac
  done
  env --ignore-environment "PATH=$PATH" LC_ALL=C.UTF-8 "HOME=$build_home" PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_COLOR=1 PIP_PROGRESS_BAR=off ${keep[@]+"${keep[@]}"} \
    timeout --foreground --kill-after=10 "$pip_seconds" "$python" -s -S "$here/run_as.py" "$build_user" "$given" "$@" \
    >"$work/pip.step" 2>&1 </dev/null || code=$?
  cat -- "$work/pip.step" >>"$work/pip.log"
  if ((code != 0)); then
    printf '%s\n' "$code" >"$work/exit-code"
  fi
  return "$code"
}

# What a setup.py left running could still write to what it has open. Under the lock the build user has no other work.
end_build_processes() {
  local process
  find /proc -mindepth 1 -maxdepth 1 -name '[0-9]*' -user "$build_user" -printf '%f\n' 2>/dev/null |
    while read -r process; do
      kill -KILL "$process" 2>/dev/null || true
    done || true
}

pip_failed() {
  local last
  last=$(grep --text --ignore-case 'error' -- "$work/pip.log" | tail --lines=1 || true)
  if grep --text --quiet --ignore-case 'no space left' -- "$work/pip.log"; then
    fail disk-full "$1: no space left on the device"
  fi
  fail pip-failed "$1: ${last:-see the evidence}"
}

# `name==version`, sorted, of the last listing; what every virtualenv has of itself is left out.
resolved_packages() {
  tr '[:upper:]_' '[:lower:]-' <"$work/pip.step" | grep --text '^[a-z0-9.-]*==' |
    grep --text --invert-match --extended-regexp '^(pip|setuptools|wheel|distribute|pkg-resources)==' | sort --unique
}

write_installed() {
  local line list='' file=$virtualenv/$complete_mark
  while read -r line; do
    list+=",\"$line\""
  done <"$file"
  printf '{"releaseId":"%s","python":"%s","platform":"%s","virtualenv":"%s","isVirtualenvReused":%s,"packages":[%s],"packagesSha256":"%s"}\n' \
    "${setting[releaseId]}" "$python_full" "$python_platform" "$virtualenv" "$is_reused" "${list#,}" "$(sha256_of "$file")" >"$work/installed.json"
}
