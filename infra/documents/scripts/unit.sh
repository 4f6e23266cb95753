#!/usr/bin/env bash
# shellcheck disable=SC2154,SC2034 # sourced: service, state, work and the rest are common.sh's
# The service's unit as it is on this host, and how its state is saved and compared. Sourced after common.sh.
#
# A saved state is a folder: `running` (a release, v0 or none), `enabled`, `active`, `healthy`, and `unit`, the file
# under /etc/systemd/system with its mode, owner and times (absent where the unit lies elsewhere or nowhere).
# `good` names the state under states/ that a failed deployment goes back to: the last one that passed `verify` here,
# or what Rollgate found when it came.

oom_before=''

unit_path() {
  printf '/etc/systemd/system/%s.service' "$service"
}

unit_property() {
  local line
  line=$(systemctl show "$service.service" --property="$1" 2>/dev/null) || return 0
  printf '%s' "${line#*=}"
}

is_active() {
  [[ $(unit_property ActiveState) == active ]]
}

# `Restart=` keeps a crashing service `activating`: it runs, as far as stopping it is concerned.
is_stopped() {
  case $(unit_property ActiveState) in
    inactive | failed) return 0 ;;
    *) return 1 ;;
  esac
}

# v41-1a2b3c4d5e6f, v0 (a unit that Rollgate did not write) or none.
running_release() {
  local path line=''
  path=$(unit_path)
  if [[ -f $path && ! -L $path ]]; then
    read -r line <"$path" || true
  fi
  if [[ $line =~ ^'# Rollgate release '(v[0-9]+-[0-9a-f]{12})$ ]]; then
    printf '%s' "${BASH_REMATCH[1]}"
  elif [[ -e $path || -L $path || $(unit_property LoadState) == loaded ]]; then
    printf 'v0'
  else
    printf 'none'
  fi
}

enabled_state() {
  systemctl is-enabled "$service.service" 2>/dev/null || true
}

# yes or no: one GET by the health section of a manifest; nothing where there is no manifest or HTTP only reports.
probe_health() {
  [[ -s ${1:-} ]] || return 0
  helper checks probe "$1"
}

# save_state FOLDER MANIFEST: appears whole or not at all.
save_state() {
  local folder=$1 manifest=$2 path temporary
  path=$(unit_path)
  temporary=$(mktemp --directory "$state/states/.new.XXXXXXXX")
  running_release >"$temporary/running"
  enabled_state >"$temporary/enabled"
  unit_property ActiveState >"$temporary/active"
  unit_property DropInPaths >"$temporary/drop-ins"
  unit_property FragmentPath >"$temporary/path"
  probe_health "$manifest" >"$temporary/healthy"
  if [[ -e $path || -L $path ]]; then
    cp --archive -- "$path" "$temporary/unit"
  fi
  put_folder "$temporary" "$folder"
}

# Renames a finished folder to where it belongs, on the disk; one that is there already is replaced.
put_folder() {
  sync -- "$1"/* "$1" 2>/dev/null || sync
  rm --recursive --force -- "${2:?}"
  mv --no-target-directory -- "$1" "$2"
  sync -- "$(dirname -- "$2")"
}

good_state() {
  local name
  [[ -s $state/good ]] || return 1
  name=$(<"$state/good")
  [[ -s $state/states/$name/running ]] || return 1
  printf '%s' "$state/states/$name"
}

# set_good MANIFEST: what the host has now is what a failed deployment goes back to.
set_good() {
  local name=${argument[key]:?}
  save_state "$state/states/$name" "$1"
  printf '%s\n' "$name" | persist "$state/good"
}

# What ran before this deployment: written once, before its first change, and never again.
save_previous() {
  local manifest=$1 folder temporary source
  folder=$state/deployments/${argument[deploymentId]:?}
  [[ ! -d $folder/previous ]] || return 0
  mkdir --parents -- "$folder"
  case $(running_release) in
    v0 | none) set_good "$manifest" ;;
    *) good_state >/dev/null || set_good "$manifest" ;;
  esac
  source=$(good_state)
  temporary=$(mktemp --directory "$folder/.new.XXXXXXXX")
  cp --archive -- "$source/." "$temporary"
  put_folder "$temporary" "$folder/previous"
  say "saved what ran before: $(<"$folder/previous/running")"
}

# A file's bytes are the unit's, and systemd has read them.
has_unit() {
  cmp --silent -- "$1" "$(unit_path)" && [[ $(unit_property NeedDaemonReload) == no ]]
}

# How the running process was started, for `verify`: release, pid, since, restarts, kills for memory before.
read_start() {
  local name value
  start_file=$state/deployments/${argument[deploymentId]:?}/start
  start=()
  [[ -s $start_file ]] || return 0
  while IFS='=' read -r name value; do
    start["$name"]=$value
  done <"$start_file"
}

# Before the start: where the journal and the count of kills for memory stand.
take_cursor() {
  local cursor
  oom_before=$(helper evidence "$service" oom - - -)
  start_file=$state/deployments/${argument[deploymentId]:?}/start
  mkdir --parents -- "$(dirname -- "$start_file")"
  cursor=$(journalctl --quiet --lines=1 --output=cat --show-cursor --no-pager 2>/dev/null | sed --quiet 's/^-- cursor: //p')
  # Without any journal yet the time stands in.
  printf '%s\n' "${cursor:-$started_at}" | persist "$start_file.cursor"
}

# write_start RELEASE: of the process that runs now.
write_start() {
  printf 'release=%s\npid=%s\nsince=%s\nrestarts=%s\noom=%s\n' "$1" "$(unit_property MainPID)" \
    "$(unit_property ExecMainStartTimestampMonotonic)" "$(unit_property NRestarts)" \
    "$oom_before" | persist "$start_file"
}
