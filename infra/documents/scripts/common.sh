#!/usr/bin/env bash
# What the four scripts share: arguments, the lock, receipts, the fence, the report. Sourced, never run.
#
# Exit codes of every script, whatever its children answer: 0 done, 10 failed, 20 refused, 64 wrong arguments,
# 70 the script itself failed. A repeated key exits as the first run did.

set -Eeuo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export SYSTEMD_PAGER='' SYSTEMD_COLORS=0 PYTHONDONTWRITEBYTECODE=1 PYTHONIOENCODING=utf-8
# Stdout is the report's alone: everything else that is printed is narration.
exec 3>&1 1>&2
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP BASH_ENV ENV CDPATH
umask 022

readonly helper_named_failure=3
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here
# `start`: how the process that `verify` judges was started; `start_file` is where that is kept.
declare -A argument=() setting=() start=()
script='' service='' state='' work='' python='' started_at=0 script_line='' host_healthy='' host_untouched='' is_failing=no start_file=''

say() {
  printf '%(%H:%M:%S)T %s\n' -1 "$*" >&2
}

# begin SCRIPT LOCK-SECONDS --name=value...: everything that comes before the first effect.
begin() {
  script=$1
  local longest_wait=$2
  shift 2
  trap 'on_error "$?" "${BASH_SOURCE[0]##*/}" "$LINENO"' ERR
  printf -v started_at '%(%s)T' -1
  work=$(mktemp --directory "$here/work.XXXXXXXX")
  trap 'rm --recursive --force -- "${work:?}"' EXIT
  export ROLLGATE_FAILURE=$work/failure
  parse_arguments "$@"
  service=${argument[service]:?}
  state=/var/lib/rollgate/$service
  mkdir --parents -- "$state/receipts" "$state/deployments" "$state/states"
  chmod 0700 -- "$state"
  take_lock "$longest_wait"
  replay_receipt
  python=$(find_python) || python=''
  check_fence
}

parse_arguments() {
  local word
  for word in "$@"; do
    if [[ ! $word =~ ^--([A-Za-z0-9]+)=(.*)$ ]]; then
      say "$script: arguments are --name=value, not: $word"
      exit 64
    fi
    argument[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
  done
}

on_error() {
  local code=$1 file=$2 line=$3
  # A subshell only passes its failure on: the script itself reports.
  ((BASHPID == $$)) || exit "$code"
  trap - ERR
  if ((code == helper_named_failure)) && [[ -s $ROLLGATE_FAILURE ]]; then
    fail_of_helper
  fi
  if ! dd if=/dev/zero of="$state/.room" bs=4096 count=1 conv=fsync status=none 2>/dev/null; then
    fail disk-full "there is no room in $state; $script stopped at $file line $line"
  fi
  rm --force -- "$state/.room"
  script_line="$file:$line"
  say "$script failed at $file line $line (exit code $code)"
  fail internal "the script failed at $file line $line with exit code $code"
}

# One script at a time for a service. A script with a lower fence that may be interrupted is ended; any other is waited for.
take_lock() {
  local deadline=$((SECONDS + $1))
  exec 9<>"$state/lock"
  until flock --exclusive --timeout 1 9; do
    if ((SECONDS >= deadline)); then
      fail internal "another Rollgate script of $service holds the lock: $(cat -- "$state/holder" 2>/dev/null || true)"
    fi
    end_older_holder
  done
  may_be_interrupted no
}

# Says who holds the lock, and whether a script with a higher fence may end it.
may_be_interrupted() {
  printf '%s %s %s %s %s\n' "$$" "$(start_time_of "$$")" "${argument[fence]}" "$1" "$script" >"$state/holder.new"
  mv --force -- "$state/holder.new" "$state/holder"
}

start_time_of() {
  local line
  line=$(cat -- "/proc/$1/stat" 2>/dev/null) || return 0
  # Field 22, counted after the command's name, which may hold spaces.
  line=${line##*) }
  read -r -a line <<<"$line"
  printf '%s' "${line[19]}"
}

end_older_holder() {
  local pid start fence interruptible name
  read -r pid start fence interruptible name <"$state/holder" 2>/dev/null || return 0
  if [[ $interruptible != yes ]] || ((fence >= argument[fence])) || [[ $(start_time_of "$pid") != "$start" ]]; then
    return 0
  fi
  say "ending the $name script of the older fence $fence (pid $pid)"
  local tree
  tree=$(descendants_of "$pid")
  # The script first, so that it does not go on when its child dies.
  # shellcheck disable=SC2086 # a list of numbers
  kill -KILL "$pid" $tree 2>/dev/null || true
}

descendants_of() {
  local child
  for child in $(cat -- "/proc/$1"/task/*/children 2>/dev/null || true); do
    printf '%s ' "$child"
    descendants_of "$child"
  done
}

# A key that was answered before is answered the same, whatever the fence and the hour are now.
replay_receipt() {
  local receipt=$state/receipts/${argument[key]:?}.json
  [[ -s $receipt ]] || return 0
  say "this key was answered before: repeating the answer"
  sed 's/"replayed":false/"replayed":true/' -- "$receipt" >&3
  local code=10
  if grep --quiet '"outcome":"done"' -- "$receipt"; then
    code=0
  fi
  exit "$code"
}

check_fence() {
  local now known=0
  printf -v now '%(%s)T' -1
  if [[ -s $state/fence ]]; then
    known=$(<"$state/fence")
  fi
  if ((argument[fence] < known)); then
    finish refused fence-refused "fence ${argument[fence]} is older than $known, which this host has acknowledged"
  fi
  if ((now > argument[notAfter])); then
    finish refused late-refused "the command is $((now - argument[notAfter])) s late, so nothing was done"
  fi
  if ((argument[fence] > known)); then
    printf '%s\n' "${argument[fence]}" | persist "$state/fence"
  fi
}

# Standard input into a file that is, even after a crash, the old one or the new one.
persist() {
  local target=$1
  cat >"$target.new"
  sync -- "$target.new"
  mv --force --no-target-directory -- "$target.new" "$target"
  sync -- "$(dirname -- "$target")"
}

# Any Python of the system, for the helpers.
find_python() {
  local candidate
  for candidate in /usr/libexec/platform-python python3 python3.6 python2.7 python2 python; do
    if "$candidate" -s -S -c 'import hashlib, json' >/dev/null 2>&1; then
      command -v -- "$candidate"
      return 0
    fi
  done
  return 1
}

# helper NAME ARGUMENTS...: runs a Python helper; a failure that it names ends the script.
helper() {
  local code=0
  LC_ALL=C.UTF-8 "$python" -s -S "$here/$1.py" "${@:2}" || code=$?
  ((code != helper_named_failure)) || fail_of_helper
  return "$code"
}

# Ends a helper's failure in the script itself: in a subshell it is only passed on.
fail_of_helper() {
  ((BASHPID == $$)) || exit "$helper_named_failure"
  local word message
  IFS=$'\t' read -r word message <"$ROLLGATE_FAILURE"
  fail "$word" "$message"
}

# Reads what the scripts need of a manifest into `setting`, and its journal patterns into a file.
read_settings() {
  local name value
  helper manifest "$1" "$work/patterns" >"$work/settings"
  while IFS='=' read -r name value; do
    setting["$name"]=$value
  done <"$work/settings"
}

warn() {
  say "warning: $*"
  printf '%s\n' "$*" >>"$work/warnings"
}

# A check that runs and reports, and decides nothing.
is_report_only() {
  [[ " ${setting[reportOnly]:-} " == *" ${1:?} "* ]]
}

# record_check NAME FAILURE DETAIL; an empty failure means ok.
record_check() {
  local report_only=''
  if is_report_only "$1"; then
    report_only=yes
  fi
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$report_only" "${3//[$'\t\n']/ }" >>"$work/checks.tsv"
}

succeed() {
  finish 'done' '' "$1"
}

# Evidence first: it is of the host as it is now.
fail() {
  trap - ERR
  if [[ -n $python && $is_failing == no ]]; then
    is_failing=yes
    collect_evidence || say "no evidence could be taken"
  fi
  finish failed "$1" "$2"
}

collect_evidence() {
  local manifest=$state/deployments/${argument[deploymentId]:?}/target.json oom=''
  if [[ -z ${setting[port]:-} && -s $manifest ]]; then
    read_settings "$manifest"
  fi
  read_start
  oom=${start[oom]:-}
  LC_ALL=C.UTF-8 timeout 60 "$python" -s -S "$here/evidence.py" "$service" "${setting[port]:-0}" "${start_file}.cursor" \
    "$oom" "$work" >"$work/evidence.json"
}

# finish OUTCOME FAILURE MESSAGE: the report, its receipt, the end.
finish() {
  local outcome=$1 failure=$2 message=$3 code=10 deployment
  trap - ERR
  set +e
  case $outcome in
    'done') code=0 ;;
    refused) code=20 ;;
  esac
  deployment=$state/deployments/${argument[deploymentId]:?}
  {
    printf 'script=%s\nservice=%s\n' "$script" "$service"
    printf 'deploymentId=%s\nkey=%s\nfence=%s\n' "${argument[deploymentId]}" "${argument[key]}" "${argument[fence]}"
    printf 'outcome=%s\nfailure=%s\nmessage=%s\n' "$outcome" "$failure" "${message//$'\n'/ }"
    printf 'startedAtSeconds=%s\nfinishedAtSeconds=%(%s)T\n' "$started_at" -1
    printf 'host.running=%s\nhost.previous=%s\n' "$(running_release)" "$(cat "$deployment/previous/running" 2>/dev/null)"
    printf 'host.isActive=%s\nhost.isHealthy=%s\n' "$(is_active && echo yes || echo no)" "$host_healthy"
    printf 'host.mainPid=%s\nhost.fence=%s\n' "$(unit_property MainPID)" "$(cat "$state/fence" 2>/dev/null || echo 0)"
    if [[ -n $host_untouched ]]; then printf 'host.isUntouched=%s\n' "$host_untouched"; fi
    printf 'scriptLine=%s\n' "$script_line"
  } >"$work/fields"
  if [[ -z $python ]] || ! LC_ALL=C.UTF-8 "$python" -s -S "$here/report.py" "$service" "$work" <"$work/fields" >"$work/report"; then
    plain_report <"$work/fields" >"$work/report"
  fi
  # As it stands in the report: redacted.
  say "$outcome: $(sed --quiet 's/.*"message":"\(\([^"\\]\|\\.\)*\)".*/\1/p' "$work/report")"
  # A refusal did nothing and is decided anew each time; so is the failure of the script itself.
  if [[ $outcome != refused && $failure != internal ]]; then
    persist "$state/receipts/${argument[key]}.json" <"$work/report"
  fi
  cat -- "$work/report" >&3
  exit "$code"
}

# The same report where the host has no Python yet: without checks and evidence.
plain_report() {
  local name value report='{"schema":1,"replayed":false' host=''
  while IFS='=' read -r name value; do
    [[ -n $value ]] || continue
    case $name in
      fence | startedAtSeconds | finishedAtSeconds | host.mainPid | host.fence) ;;
      host.is*) if [[ $value == yes ]]; then value=true; else value=false; fi ;;
      *)
        value=${value//\\/\\\\}
        value=\"${value//\"/\\\"}\"
        ;;
    esac
    case $name in
      scriptLine) report+=",\"evidence\":{\"scriptLine\":$value}" ;;
      host.*) host+=",\"${name#host.}\":$value" ;;
      *) report+=",\"$name\":$value" ;;
    esac
  done
  [[ $host == *isHealthy* ]] || host+=',"isHealthy":null'
  printf '%s,"host":{%s}}\n' "$report" "${host#,}"
}
