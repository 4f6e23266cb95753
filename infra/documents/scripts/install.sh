#!/usr/bin/env bash
# Puts a release on this host without touching the running service: OS packages that are missing, code, virtualenv,
# environment and unit, then asks with the new environment whether the upstreams answer.
#
# --service= --deploymentId= --key= --fence= --notAfter= --releaseId= --region= --stateBucket= --manifestKey=
# --manifestSha256= --packagesKey= --packagesSha256= --keep=

# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=unit.sh
source "$here/unit.sh"
# shellcheck source=os-packages.sh
source "$here/os-packages.sh"
# shellcheck source=virtualenv.sh
source "$here/virtualenv.sh"
# shellcheck source=previous.sh
source "$here/previous.sh"
# shellcheck source=retention.sh
source "$here/retention.sh"

readonly lock_seconds=1500 build_user=rollgate-build build_home=/var/lib/rollgate/build
service_before='' fetched='' interpreter='' virtualenv='' is_reused=false environment=''

main() {
  begin install "$lock_seconds" "$@"
  service_before=$(service_process)
  local release=${argument[releaseId]:?} manifest=$work/manifest.json
  ensure_helper_python
  may_be_interrupted yes
  fetch "${argument[manifestKey]:?}" "${argument[manifestSha256]:?}"
  cp -- "$fetched" "$manifest"
  read_settings "$manifest"
  if [[ ${setting[releaseId]} != "$release" ]]; then
    fail checksum-mismatch "the manifest is of ${setting[releaseId]}, the command names $release"
  fi
  remember_target "$manifest"

  may_be_interrupted no
  install_missing_packages
  may_be_interrupted yes
  choose_interpreter
  ensure_users
  install_release "$release" "$manifest"
  stage_service_files "$release" "$manifest"
  preflight "$manifest" "$environment"
  refresh_previous
  put_release_record "$release"
  remove_what_is_too_old || warn "what is too old could not all be removed"

  host_healthy=$(probe_health "$manifest")
  host_untouched=$([[ $(service_process) == "$service_before" ]] && echo yes || echo no)
  succeed "$release is on the host; $(running_release) runs on"
}

# The running service as far as "untouched" goes.
service_process() {
  printf '%s %s' "$(unit_property MainPID)" "$(unit_property ExecMainStartTimestampMonotonic)"
}

# fetch KEY SHA256: sets `fetched` to a checked copy of an object of the state bucket, maybe that of an earlier try.
fetch() {
  local key=$1 sha256=$2 seen
  fetched=$state/downloads/$sha256
  mkdir --parents -- "$state/downloads"
  if [[ -f $fetched && $(sha256_of "$fetched") == "$sha256" ]]; then
    return 0
  fi
  # What is on the host already is never downloaded again: a rollback needs no network, however old its release is.
  local known
  for known in "/app/releases/${argument[releaseId]:?}/.rollgate/release.json" /app/venvs/*/.rollgate-complete; do
    if [[ -f $known && $(sha256_of "$known") == "$sha256" ]]; then
      fetched=$known
      return 0
    fi
  done
  say "downloading $key"
  helper aws object "${argument[region]:?}" "${argument[stateBucket]:?}" "$key" "$fetched.partial" >&2
  seen=$(sha256_of "$fetched.partial")
  if [[ $seen != "$sha256" ]]; then
    rm --force -- "$fetched.partial"
    fail checksum-mismatch "$key has the SHA-256 $seen, not $sha256"
  fi
  mv --force -- "$fetched.partial" "$fetched"
}

sha256_of() {
  local line
  line=$(sha256sum -- "$1")
  printf '%s' "${line%% *}"
}

# For a revert to v0, whose health is asked as this release's configuration says.
remember_target() {
  local folder=$state/deployments/${argument[deploymentId]:?}
  mkdir --parents -- "$folder"
  persist "$folder/target.json" <"$1"
}

ensure_users() {
  local user=${setting[user]}
  ensure_user "$user" /app
  if [[ $user == root ]]; then
    warn "the service runs as root: set run.user to a user of its own"
  fi
  ensure_user "$build_user" "$build_home"
  mkdir --parents -- /app/releases /app/venvs "$build_home" "/etc/rollgate/$service"
  chmod a+rx -- /app /app/releases /app/venvs
  chown -- "$build_user:$build_user" "$build_home"
  chmod 0700 -- "$build_home"
  chown -- "root:$user" "/etc/rollgate/$service"
  chmod 0750 -- "/etc/rollgate/$service"
}

ensure_user() {
  local name=$1 home=$2 shell
  if ! getent group "$name" >/dev/null; then
    groupadd --system "$name"
  fi
  if ! getent passwd "$name" >/dev/null; then
    shell=$(command -v nologin || echo /bin/false)
    useradd --system --gid "$name" --home-dir "$home" --no-create-home --shell "$shell" "$name"
  fi
}

# Code and virtualenv: the folder of the release appears, whole, when both are ready.
install_release() {
  local release=$1 manifest=$2 target=/app/releases/$1 folder
  if [[ -s $target/.rollgate/release.json ]] && is_as_it_was "$target" "$state/releases/$release.files"; then
    say "the code of $release is here already"
    # Equal content is the equal release; a ledger made anew may have another date in its manifest.
    persist "$target/.rollgate/release.json" <"$manifest"
    ensure_virtualenv "$target/${setting[requirementsFile]}"
    return 0
  fi
  rm --recursive --force -- "/app/releases/.new.$service".*
  check_space "${setting[artifactBytes]}"
  fetch "${setting[zipKey]}" "${setting[artifactSha256]}"
  folder=$(mktemp --directory "/app/releases/.new.$service.XXXXXXXX")
  chmod 0755 -- "$folder"
  helper artifact unpack "$fetched" "$folder" >&2
  check_requirements "$folder/${setting[requirementsFile]}"
  ensure_virtualenv "$folder/${setting[requirementsFile]}"
  "$interpreter" -m compileall -q "$folder" >/dev/null 2>&1 || say "some files of the release do not compile: left as they are"
  if [[ ! -e $folder/.venv ]]; then
    ln --symbolic --no-target-directory -- "$virtualenv" "$folder/.venv"
  fi
  mkdir -- "$folder/.rollgate"
  persist "$folder/.rollgate/release.json" <"$manifest"
  label_for_selinux "$folder"
  mkdir --parents -- "$state/releases"
  helper recorded record "$folder" | persist "$state/releases/$release.files"
  put_code "$release" "$folder"
  rm --force -- "$state/downloads/${setting[artifactSha256]}"
}

# is_as_it_was FOLDER LIST: nothing in it differs from what was recorded of it. Where nothing was, nobody can tell.
is_as_it_was() {
  helper recorded folder "$1" "$2" >"$work/differs" || fail internal "the files of $1 could not be compared"
  [[ -s $work/differs ]] || return 0
  warn "$1 is not as it was put there (differences: $(wc --lines <"$work/differs"), the first: $(head --lines=1 "$work/differs" | cut --fields=2)): it is made anew"
  return 1
}

# A process that still runs from the changed code keeps its folder, under another name, until `activate` restarts it.
put_code() {
  local release=$1 folder=$2 target=/app/releases/$1
  if [[ -e $target ]]; then
    mv --no-target-directory -- "$target" "$(mktemp --dry-run "/app/releases/.old.$release.XXXXXXXX")"
  fi
  put_folder "$folder" "$target"
}

check_requirements() {
  if [[ ! -f $1 ]]; then
    fail artifact-invalid "the artifact has no ${setting[requirementsFile]}"
  fi
  if [[ $(sha256_of "$1") != "${setting[requirementsSha256]}" ]]; then
    fail checksum-mismatch "${setting[requirementsFile]} of the artifact is not the one that the manifest names"
  fi
}

check_space() {
  local needed=$(($1 * 3 + 200000000)) free
  free=$(df --output=avail --block-size=1 /app | tail --lines=1)
  if ((free < needed)); then
    fail disk-full "/app has $free bytes free, the release may need $needed"
  fi
}

# systemd runs programs of these types; without SELinux there is nothing to do.
label_for_selinux() {
  if command -v selinuxenabled >/dev/null && selinuxenabled; then
    chcon --recursive --type=usr_t -- "$1" || true
    if [[ -d $1/bin ]]; then
      chcon --recursive --type=bin_t -- "$1/bin" || true
    fi
  fi
}

# The environment file is a new one wherever its content is new; the unit that names it waits beside it for `activate`.
stage_service_files() {
  local release=$1 manifest=$2 folder=/etc/rollgate/$service
  helper service_files environment "$manifest" "${argument[region]}" "$folder" "$release" "$state/environments" \
    >"$work/environment"
  environment=$(<"$work/environment")
  helper service_files unit "$manifest" "$virtualenv" "$environment" "$work/unit"
}

# A failing check names the failure of the script; all of them are in the report.
preflight() {
  say "preflight with the new environment"
  helper checks preflight "$1" "$2" >"$work/checks.jsonl"
}

# From here on `activate` finds the release.
put_release_record() {
  mkdir --parents -- "$state/releases"
  persist "$state/releases/$1.json" <"$work/installed.json"
  persist "/etc/rollgate/$service/$1.service" <"$work/unit"
}

main "$@"
