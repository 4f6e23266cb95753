#!/usr/bin/env bash
# The gate: is the host well with the release that it was told to run, or (`previous`) with what it ran before? Changes
# nothing; a release that passes is remembered as the one that a later failed deployment goes back to. All checks run
# and report; a unit that fails or restarts ends the waiting.
#
# --service= --deploymentId= --key= --fence= --notAfter= --releaseId=

# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=unit.sh
source "$here/unit.sh"

readonly lock_seconds=50 poll_seconds=0.2 journal_lines=50000 exit_code_of_exec=203

target='' manifest='' failure='' message='' journal_complaint='' checks_pid=''
declare -A unit=()

main() {
  begin verify "$lock_seconds" "$@"
  if [[ -z $python ]]; then
    fail release-missing "no Python on this host: nothing was ever installed here"
  fi
  may_be_interrupted yes
  aim
  if [[ $target == none ]]; then
    check_nothing_runs
  elif [[ $target == v0 ]] && was_stopped; then
    check_still_stopped
  else
    check_service
  fi
  if [[ -n $failure ]]; then
    fail "$failure" "$message"
  fi
  may_be_interrupted no
  if [[ $target == v[1-9]* ]]; then
    remember_as_good
  fi
  succeed "$target is well on this host"
}

aim() {
  local saved=$state/deployments/${argument[deploymentId]:?}/previous
  target=${argument[releaseId]:?}
  if [[ $target == previous ]]; then
    target=$(cat -- "$saved/running" 2>/dev/null || running_release)
  fi
  if [[ $target == v[1-9]* ]]; then
    manifest=/app/releases/$target/.rollgate/release.json
  else
    manifest=$state/deployments/${argument[deploymentId]}/target.json
  fi
  if [[ $target != none ]]; then
    if [[ ! -s $manifest ]]; then
      fail release-missing "$target is not on this host: $manifest is missing"
    fi
    read_settings "$manifest"
  fi
}

saved_as() {
  cat -- "$state/deployments/${argument[deploymentId]}/previous/$1" 2>/dev/null || true
}

was_stopped() {
  [[ $(saved_as active) =~ ^(inactive|failed)$ ]]
}

# complain CHECK FAILURE MESSAGE: the first complaint names the failure of the script. One of a check that only reports
# is none.
complain() {
  if [[ -z $failure ]] && ! is_report_only "$1"; then
    failure=$2 message=$3
  fi
}

check_nothing_runs() {
  if [[ $(running_release) == none ]]; then
    record_check active '' "nothing ran here before, and nothing runs"
  else
    record_check active not-active "nothing ran here before, but a unit of $(running_release) is installed"
    complain active not-active "nothing ran here before, but a unit of $(running_release) is installed"
  fi
}

check_still_stopped() {
  if [[ $(running_release) == v0 ]] && is_stopped; then
    record_check active '' "v0 was $(saved_as active) before, and is not running again"
  else
    record_check active not-active "v0 was $(saved_as active) before, but $(running_release) is $(unit_property ActiveState)"
    complain active not-active "v0 was $(saved_as active) before, but $(running_release) is $(unit_property ActiveState)"
  fi
}

check_service() {
  watch_from_here
  if [[ $(running_release) != "$target" ]]; then
    record_check active not-active "the unit on this host is that of $(running_release), not of $target"
    complain active not-active "the unit on this host is that of $(running_release), not of $target"
    return 0
  fi
  start_checks "${setting[deadlineSeconds]}"
  watch_unit "${setting[deadlineSeconds]}"
  end_checks
  if [[ $target != v0 ]]; then
    check_journal
  fi
  complain_of_checks
  blame_memory
}

# The kernel's count tells a crash for want of memory from any other.
blame_memory() {
  local kills
  case $failure in
    not-active | not-stable | worker-deaths | http-failed)
      kills=$(($(helper evidence "$service" oom - - -) - ${start[oom]:-0}))
      if ((kills > 0)); then
        failure=out-of-memory message="the kernel killed $kills processes for memory: $message"
      fi
      ;;
  esac
}

# What `activate` of this deployment noted, else how the service stands now.
watch_from_here() {
  read_start
  if [[ ${start[release]:-} != "$target" ]]; then
    take_cursor
    write_start "$target"
    read_start
  fi
}

# HTTP and the upstreams, as the service's user, beside the watching.
start_checks() {
  local mode=(http "$manifest" "$1") environment
  if [[ $target != v0 ]]; then
    environment=$(sed --quiet 's/^EnvironmentFile=//p' -- "$(unit_path)")
    mode=(gate "$manifest" "$environment" "$1")
  elif [[ $(saved_as healthy) != yes ]]; then
    return 0
  fi
  LC_ALL=C.UTF-8 "$python" -s -S "$here/checks.py" "${mode[@]}" >"$work/checks.jsonl" &
  checks_pid=$!
}

# Whatever is known by now is the answer of the checks.
end_checks() {
  [[ -n $checks_pid ]] || return 0
  kill -TERM "$checks_pid" 2>/dev/null || true
  wait "$checks_pid" 2>/dev/null || true
  host_healthy=no
  if grep --quiet '"name": "http", "isOk": true' -- "$work/checks.jsonl"; then
    host_healthy=yes
  fi
}

checks_are_running() {
  [[ -n $checks_pid ]] && kill -0 "$checks_pid" 2>/dev/null
}

read_unit() {
  local name value
  while IFS='=' read -r name value; do
    unit[$name]=$value
  done < <(systemctl show "$service.service" \
    --property=ActiveState,SubState,Result,MainPID,ExecMainStartTimestampMonotonic,ExecMainStatus,NRestarts)
}

# Ends when the unit is stable and the checks are done, when the unit is not what it was (unless that only reports), or
# when time is up.
watch_unit() {
  local deadline=$((SECONDS + $1)) stable=${setting[stableSeconds]} seconds=0 stands
  while true; do
    read_unit
    stands=${unit[ActiveState]}/${unit[SubState]}
    seconds=$(seconds_since_start)
    if [[ $stands == active/running ]] && { is_the_same_process || is_report_only stable; }; then
      if ((seconds >= stable)) && ! checks_are_running; then
        break
      fi
    elif [[ $stands != activating/start* ]]; then
      break
    fi
    ((SECONDS < deadline)) || break
    sleep "$poll_seconds"
  done
  judge_unit "$stands" "$seconds" "$stable"
}

is_the_same_process() {
  [[ ${unit[MainPID]} == "${start[pid]}" && ${unit[ExecMainStartTimestampMonotonic]} == "${start[since]}" &&
    ${unit[NRestarts]:-} == "${start[restarts]}" ]]
}

# Whole seconds. /proc/uptime (hundredths) and systemd's monotonic clock agree on a machine that does not sleep.
seconds_since_start() {
  local uptime
  read -r uptime _ </proc/uptime
  printf '%d' "$(((${uptime/./} * 10000 - unit[ExecMainStartTimestampMonotonic]) / 1000000))"
}

judge_unit() {
  local stands=$1 seconds=$2 stable=$3 how word=''
  how="${unit[ActiveState]} (${unit[SubState]}), result ${unit[Result]}, last exit status ${unit[ExecMainStatus]}"
  if [[ $stands != active/running ]]; then
    word=not-active
  elif ! is_the_same_process; then
    word=not-stable
  fi
  if [[ -n $word ]]; then
    if [[ ${unit[SubState]} == auto-restart ]]; then
      word=not-stable
    fi
    if [[ ${unit[ExecMainStatus]} == "$exit_code_of_exec" ]]; then
      word=program-missing how+=", its program could not be run"
    fi
  fi
  if [[ $stands == active/running ]]; then
    record_check active '' "$how"
  else
    record_check active "$word" "$how"
    complain active "$word" "$service is $how"
  fi
  if is_the_same_process && ((seconds >= stable)) && [[ $stands == active/running ]]; then
    record_check stable '' "the same process for $seconds s, $stable s are asked for"
  elif is_the_same_process && [[ $stands == active/running ]]; then
    record_check stable not-stable "the process is $seconds s old, $stable s are asked for"
    complain stable not-stable "the process is $seconds s old, $stable s are asked for: the deadline is too short"
  else
    record_check stable "${word:-not-stable}" "the process that was started is not the one that runs now: ${unit[NRestarts]:-some} automatic restarts"
    complain stable "${word:-not-stable}" "$service did not stay up: ${unit[NRestarts]:-some} automatic restarts, $how"
  fi
}

# Since the cursor that was taken before the start: an automatic restart begins a new invocation, not a new journal.
check_journal() {
  local cursor from deaths pattern line
  cursor=$(<"$start_file.cursor")
  from=--since=@$cursor
  if [[ $cursor == s=* ]]; then
    from=--after-cursor=$cursor
  fi
  journalctl --sync 2>/dev/null || true
  journalctl --quiet --no-pager --output=cat --lines="$journal_lines" --unit="$service.service" "$from" >"$work/journal" || true
  deaths=$(grep --text --count '^DAMN ! worker .* died' -- "$work/journal" || true)
  if ((deaths > 0)); then
    record_check workers worker-deaths "$deaths uWSGI workers died since the start"
    complain workers worker-deaths "$deaths uWSGI workers died since the start"
  else
    record_check workers '' "no uWSGI worker died since the start"
  fi
  while read -r pattern; do
    line=$(grep --text --extended-regexp --max-count=1 --regexp="$pattern" -- "$work/journal" || true)
    if [[ -n $line ]]; then
      record_check journal journal-pattern "a line since the start matches '$pattern': $line"
      journal_complaint="a line of the journal since the start matches '$pattern'"
      return 0
    fi
  done <"$work/patterns"
  record_check journal '' "$(wc --lines <"$work/journal") lines since the start, none of a known bad pattern"
}

# After the unit and the workers: upstreams, HTTP, and last the journal.
complain_of_checks() {
  local word detail
  if [[ -s $ROLLGATE_FAILURE ]]; then
    IFS=$'\t' read -r word detail <"$ROLLGATE_FAILURE"
    complain checks "$word" "$detail"
  fi
  if [[ -n $checks_pid && $host_healthy != yes ]]; then
    complain http http-failed "the health check gave no answer"
  fi
  if [[ -n $journal_complaint ]]; then
    complain journal journal-pattern "$journal_complaint"
  fi
}

remember_as_good() {
  local good
  if good=$(good_state) && cmp --silent -- "$good/unit" "$(unit_path)"; then
    return 0
  fi
  set_good "$manifest"
}

main "$@"
