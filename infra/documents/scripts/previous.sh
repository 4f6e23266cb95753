#!/usr/bin/env bash
# shellcheck disable=SC2154 # sourced: state, argument and the rest are common.sh's
# Keeps the way back open after a password was rotated. Sourced by install.sh.

# A revert starts what ran before from the very same files, unless the upstreams refuse its passwords by now and take
# those of today: then `revert.service` is its unit with an environment file of today's. The running service keeps its own.
refresh_previous() {
  local folder release unit manifest used fresh
  if folder=$(good_state); then
    release=$(<"$folder/running") unit=$folder/unit
  else
    release=$(running_release) unit=$(unit_path)
  fi
  manifest=/app/releases/$release/.rollgate/release.json
  if [[ $release != v[1-9]* || ! -s $manifest || ! -s $unit ]]; then
    return 0
  fi
  used=$(sed --quiet 's/^EnvironmentFile=//p' -- "$unit")
  if ! fresh=$(helper service_files environment "$manifest" "${argument[region]:?}" "/etc/rollgate/$service" "$release" "$state/environments"); then
    say "the parameters of $release cannot be read any more: a revert would use its old environment"
  elif [[ $fresh != "$used" ]] && ! upstreams_take "$manifest" "$used" && upstreams_take "$manifest" "$fresh"; then
    sed "s|^EnvironmentFile=.*|EnvironmentFile=$fresh|" -- "$unit" |
      persist "$state/deployments/${argument[deploymentId]:?}/revert.service"
    warn "the upstreams refuse the passwords that $release was started with; a revert would start it with those of today"
  fi
  # What a helper said in vain is no failure of the install.
  rm --force -- "$ROLLGATE_FAILURE"
}

# upstreams_take MANIFEST ENVIRONMENT
upstreams_take() {
  (helper checks upstreams "$1" "$2") >/dev/null
}
