#!/usr/bin/env bash
# Makes the host run a release that `install` put here, or (`previous`) what it ran before this deployment. Needs no
# network. Renaming the unit into place is the one commit point.
#
# --service= --deploymentId= --key= --fence= --notAfter= --releaseId=

# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=unit.sh
source "$here/unit.sh"

readonly lock_seconds=50 default_stop_seconds=30 kill_margin_seconds=10 poll_seconds=0.2

# Where to: its name, the unit's new bytes (empty: no unit of ours), and how it is to stand afterwards.
target='' target_unit='' target_enabled=enabled target_active=active

main() {
  begin activate "$lock_seconds" "$@"
  if [[ -z $python ]]; then
    fail release-missing "no Python on this host: nothing was ever installed here"
  fi
  # The health section of the release that this deployment brings tells how to ask whatever runs here.
  local manifest=$state/deployments/${argument[deploymentId]:?}/target.json
  if [[ ${argument[releaseId]:?} == previous ]]; then
    save_previous "$manifest"
    aim_at_previous
  else
    aim_at_release "${argument[releaseId]}"
    save_previous "$manifest"
  fi
  if is_there_already; then
    note_running_process
    keep_unit_in_force "$(unit_path)"
    put_modes
    remove_replaced_code
    link_current
    succeed "the host runs $target already: it was not restarted"
  fi
  switch_unit
  link_current
  succeed "the host was switched to $target"
}

aim_at_release() {
  target=$1 target_unit=/etc/rollgate/$service/$1.service
  if [[ ! -s $target_unit || ! -s /app/releases/$1/.rollgate/release.json ]]; then
    fail release-missing "$1 is not installed on this host"
  fi
  check_what_unit_names release-missing
}

aim_at_previous() {
  local saved=$state/deployments/${argument[deploymentId]}/previous
  target=$(<"$saved/running")
  case $target in
    none) target_enabled='' target_active=inactive ;;
    v0)
      target_enabled=$(<"$saved/enabled") target_active=$(<"$saved/active")
      if [[ -e $saved/unit || -L $saved/unit ]]; then
        target_unit=$saved/unit
      fi
      ;;
    *)
      target_unit=$saved/unit
      # `install` found its passwords dead: the same unit with an environment file of today's.
      if [[ $(head --lines=1 -- "${saved%/*}/revert.service" 2>/dev/null) == "# Rollgate release $target" ]]; then
        target_unit=${saved%/*}/revert.service
      fi
      check_what_unit_names previous-missing
      ;;
  esac
}

# A unit of ours names a folder, an environment file and a program: all are there before anything is stopped.
check_what_unit_names() {
  local path
  while read -r path; do
    if [[ ! -e $path ]]; then
      printf '%s\n' "$path" >>"$work/looked-for"
      fail "$1" "$target cannot be activated: $path is gone"
    fi
  done < <(sed --quiet --regexp-extended 's/^(WorkingDirectory|EnvironmentFile)=(.*)$/\2/p; s/^ExecStart="?([^" ]*).*/\1/p' -- "$target_unit")
}

# Nothing is restarted that already runs what it should, from the same bytes, and is well.
is_there_already() {
  if [[ -n $target_unit ]]; then
    has_unit "$target_unit" || return 1
  elif [[ -e $(unit_path) || -L $(unit_path) ]]; then
    return 1
  fi
  if [[ -n $target_enabled && $(enabled_state) != "$target_enabled" ]]; then
    return 1
  fi
  if [[ $target_active != active ]]; then
    [[ $(unit_property ActiveState) == "$target_active" ]]
    return
  fi
  [[ $(unit_property ActiveState)/$(unit_property SubState) == active/running ]] || return 1
  # How v0 answered before is not ours to judge.
  [[ $target != v0 ]] || return 0
  is_process_of_its_files || return 1
  host_healthy=$(probe_health "/app/releases/$target/.rollgate/release.json")
  # Nothing is said of health where its check only reports.
  [[ $host_healthy != no ]]
}

# It may have been started by hand from an environment or a unit that was changed, or from code that was replaced since.
is_process_of_its_files() {
  helper drift process "$service" >"$work/process" || fail internal "the running process could not be compared"
  [[ -s $work/process ]] || return 0
  say "the running process is not what the files of $target say ($(tr '\t\n' ' ,' <"$work/process")): restarting it"
  return 1
}

# Of a unit whose bytes are right: that takes no restart.
put_modes() {
  if [[ $target == v[1-9]* ]]; then
    chown -- root:root "$(unit_path)"
    chmod 0644 -- "$(unit_path)"
  fi
}

# What `drift` compares the unit with, by its bytes and by the time of its last change.
keep_unit_in_force() {
  if [[ $target == v[1-9]* ]]; then
    cp --archive --no-target-directory -- "$1" "$state/unit-in-force.new"
    mv --force --no-target-directory -- "$state/unit-in-force.new" "$state/unit-in-force"
  else
    rm --force -- "$state/unit-in-force"
  fi
}

# A process that this deployment started keeps its note; any other is watched from now on.
note_running_process() {
  read_start
  if [[ ${start[release]:-} != "$target" || ${start[pid]:-} != "$(unit_property MainPID)" ]]; then
    take_cursor
    write_start "$target"
  fi
}

switch_unit() {
  stop_service
  keep_unit_in_force "$target_unit"
  take_cursor
  if [[ -n $target_unit ]]; then
    put_unit
  else
    remove_unit
  fi
  systemctl daemon-reload
  systemctl reset-failed "$service.service" 2>/dev/null || true
  set_enabled
  if [[ $target_active == active || $target_active == activating || $target_active == reloading ]]; then
    say "starting $target"
    run_systemctl 60 start || fail start-failed "systemd could not start $service.service: $(tail --lines=1 -- "$work/command.log")"
  fi
  write_start "$target"
  remove_replaced_code
}

# Nothing runs from what `install` moved aside any more.
remove_replaced_code() {
  if [[ $target == v[1-9]* ]]; then
    rm --recursive --force -- "/app/releases/.old.$target".*
  fi
}

# Under the unit that is in force: with its signal, its drain and its deadline.
stop_service() {
  is_stopped && return 0
  local seconds
  # A unit that Rollgate did not write may allow itself any time: it gets the default.
  seconds=$(sed --quiet 's/^TimeoutStopSec=\([0-9]*\)$/\1/p' -- "$(unit_path)" 2>/dev/null || true)
  if [[ $(running_release) != v[1-9]* || -z $seconds ]]; then
    seconds=$default_stop_seconds
  fi
  say "stopping $(running_release)"
  run_systemctl "$((seconds + kill_margin_seconds))" stop &
  wait_for_stop "$!" "$(unit_property MainPID)"
  is_stopped && return 0
  say "it did not stop within its deadline: killing it"
  systemctl kill --signal=SIGKILL "$service.service" 2>/dev/null || true
  run_systemctl 20 stop || true
  is_stopped && return 0
  fail stop-failed "$service.service does not stop, not even when killed"
}

# A uWSGI worker that was still loading the application when the stop began has missed the master's SIGHUP, and the
# master waits for it to the end of the drain (tried: 2.0.31). Told again, it ends; one with a request in flight
# finishes that first, however often it is told.
wait_for_stop() {
  local job=$1 master=$2 child
  while kill -0 "$job" 2>/dev/null; do
    sleep "$poll_seconds"
    if [[ $(readlink -- "/proc/$master/exe" || true) == */uwsgi ]] && [[ $(running_release) == v[1-9]* ]]; then
      for child in $(cat -- "/proc/$master"/task/*/children 2>/dev/null || true); do
        kill -HUP "$child" 2>/dev/null || true
      done
    fi
  done
  wait "$job" || true
}

run_systemctl() {
  timeout --foreground --kill-after=5 "$1" systemctl "$2" "$service.service" >>"$work/command.log" 2>&1
}

put_unit() {
  local path
  path=$(unit_path)
  cp --archive --no-target-directory -- "$target_unit" "$path.rollgate-new"
  if [[ $target != v0 ]]; then
    chown -- root:root "$path.rollgate-new"
    chmod 0644 -- "$path.rollgate-new"
  fi
  [[ -L $path.rollgate-new ]] || sync -- "$path.rollgate-new"
  mv --force --no-target-directory -- "$path.rollgate-new" "$path"
  sync -- "$(dirname -- "$path")"
  if command -v restorecon >/dev/null; then
    restorecon -- "$path" || true
  fi
}

# What Rollgate put there, and only that.
remove_unit() {
  if [[ $(running_release) == v[1-9]* ]]; then
    systemctl disable "$service.service" >>"$work/command.log" 2>&1 || true
    rm --force -- "$(unit_path)"
    sync -- "$(dirname -- "$(unit_path)")"
  fi
}

set_enabled() {
  case $target_enabled in
    enabled)
      # A unit may be wanted by other targets than the one before it: start from nothing.
      if [[ $target == v0 ]]; then
        systemctl disable "$service.service" >>"$work/command.log" 2>&1 || true
      fi
      systemctl enable "$service.service" >>"$work/command.log" 2>&1 ||
        fail start-failed "systemd could not enable $service.service: $(tail --lines=1 -- "$work/command.log")"
      ;;
    disabled | static | indirect) systemctl disable "$service.service" >>"$work/command.log" 2>&1 || true ;;
  esac
}

# For people; nothing depends on it.
link_current() {
  if [[ $target == v[1-9]* ]]; then
    if [[ $(readlink -- /app/current || true) != "releases/$target" ]]; then
      ln --symbolic --force --no-target-directory -- "releases/$target" /app/.current.new
      mv --force --no-target-directory -- /app/.current.new /app/current
    fi
  elif [[ -L /app/current ]]; then
    rm --force -- /app/current
  fi
}

main "$@"
