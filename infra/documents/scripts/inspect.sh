#!/usr/bin/env bash
# Says what this host runs and what of it is not as Rollgate put it here. Changes nothing, takes no lock and no fence, and
# is no part of any deployment: it may run beside one.
#
# --service= --region=

# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=unit.sh
source "$here/unit.sh"

main() {
  script=inspect
  parse_arguments "$@"
  service=${argument[service]:?}
  local running
  running=$(running_release)
  if ! python=$(find_python); then
    # Nothing was ever installed here.
    printf '{"schema":1,"script":"inspect","service":"%s","running":"%s","isActive":%s,"atSeconds":%(%s)T,"findings":[],"more":{}}\n' \
      "$service" "$running" "$(is_active && echo true || echo false)" -1 >&3
    return 0
  fi
  LC_ALL=C.UTF-8 "$python" -s -S "$here/drift.py" inspect "$service" "${argument[region]:?}" "$running" "$(enabled_state)" >&3
}

main "$@"
