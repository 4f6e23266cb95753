#!/usr/bin/env bash
# shellcheck disable=SC2154,SC2034 # sourced: state, argument and the rest are common.sh's
# What an old release leaves behind. Sourced by install.sh.

readonly kept_deployments=4 kept_receipts=200

# Keeps the newest releases, the running one, those that the command names, and every one that a saved state may bring
# back; with each its virtualenv. Removing is the last step of an install, so a failure here is a warning: the caller says
# so, and each removal stands for itself.
remove_what_is_too_old() {
  prune_newest "$state/deployments" "$kept_deployments"
  prune_newest "$state/receipts" "$kept_receipts"
  prune_states
  local release
  declare -A kept=()
  for release in ${argument[keep]//,/ } "${argument[releaseId]}" "$(running_release)" $(saved_releases); do
    kept[$release]=1
  done
  for release in $(installed_releases | head --lines="${setting[retention]}"); do
    kept[$release]=1
  done
  for release in $(installed_releases); do
    if [[ -z ${kept[$release]:-} ]]; then
      say "removing the old release $release"
      # The unit first: without it the release counts as not installed.
      rm --force -- "/etc/rollgate/$service/$release.service" "$state/releases/$release.json" "$state/releases/$release.files"
      rm --recursive --force -- "/app/releases/${release:?}"
    fi
  done
  remove_unused_virtualenvs
  remove_unused_environments
  find "$state/downloads" -type f -mtime +1 -delete
  # Scripts that were killed leave what they unpacked.
  find /run -mindepth 1 -maxdepth 1 -type d -name 'rollgate.????????' -mmin +240 -exec rm --recursive --force -- {} +
}

# Of this service alone, as their manifests say: other services have theirs in /app/releases too. Newest first.
installed_releases() {
  grep --files-with-matches --extended-regexp "\"service\": ?\"$service\"" /app/releases/v[0-9]*/.rollgate/release.json 2>/dev/null |
    cut --delimiter=/ --fields=4 | sort --version-sort --reverse
}

saved_releases() {
  cat -- "$state"/states/*/running "$state"/deployments/*/previous/running 2>/dev/null | grep '^v[1-9]' || true
}

# prune_newest FOLDER COUNT: keeps so many entries, and this deployment's own.
prune_newest() {
  local entry
  find "$1" -mindepth 1 -maxdepth 1 -printf '%T@ %p\n' | sort --reverse --numeric-sort | tail --lines="+$(($2 + 1))" |
    while read -r _ entry; do
      if [[ $entry != */"${argument[deploymentId]}" ]]; then
        rm --recursive --force -- "${entry:?}"
      fi
    done
}

prune_states() {
  local folder good=''
  good=$(good_state) || true
  for folder in "$state"/states/* "$state"/states/.new.*; do
    if [[ -d $folder && $folder != "$good" ]]; then
      rm --recursive --force -- "$folder"
    fi
  done
}

# What is in use is what a unit of any service, staged, installed or saved, names.
is_named_by_a_unit() {
  grep --quiet --recursive --fixed-strings --include='*.service' --include=unit -- "$1" \
    /etc/rollgate /etc/systemd/system /var/lib/rollgate/*/states /var/lib/rollgate/*/deployments 2>/dev/null
}

# Under the lock of those who build; and one that was built within the longest time of an install may be about to be
# named by the unit of another service.
remove_unused_virtualenvs() {
  local folder
  exec 7>/var/lib/rollgate/virtualenvs.lock
  flock --exclusive --nonblock 7 || return 0
  for folder in /app/venvs/*; do
    if [[ -d $folder && $folder != "$virtualenv" ]] && is_older_than_an_install "$folder" && ! is_named_by_a_unit "$folder/"; then
      say "removing the virtualenv $folder, which no release names"
      rm --recursive --force -- "${folder:?}" "/var/lib/rollgate/virtualenvs/${folder##*/}.files"
    fi
  done
  exec 7>&-
}

is_older_than_an_install() {
  [[ -n $(find "$1" -maxdepth 0 -mmin +40) ]]
}

remove_unused_environments() {
  local file
  for file in "/etc/rollgate/$service"/*.env; do
    if [[ -f $file ]] && ! is_named_by_a_unit "EnvironmentFile=$file"; then
      rm --force -- "$file" "$state/environments/${file##*/}.json"
    fi
  done
}
