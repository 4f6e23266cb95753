#!/usr/bin/env bash
# Acknowledges a fence, so that nothing that was sent earlier can change this host any more, and says what runs. A
# script of an older fence that is at work is ended where that is safe, else waited for.
#
# --service= --deploymentId= --key= --fence= --notAfter=

# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=unit.sh
source "$here/unit.sh"

main() {
  begin settle 50 "$@"
  local manifest=$state/deployments/${argument[deploymentId]}/target.json
  if [[ -n $python ]]; then
    host_healthy=$(probe_health "$manifest")
  fi
  succeed "fence ${argument[fence]} is acknowledged; the host runs $(running_release)"
}

main "$@"
