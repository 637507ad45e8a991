#!/usr/bin/env bash
# Clone HEAD into a new folder and run the README's two commands there with an empty environment and home,
# as somebody who has just found the project would. Arguments choose other targets: tools/fresh_clone.sh demo
#
# Only what pip needs to reach its index is passed on, and only where it is set.
set -euo pipefail

here="$(cd "$(dirname "$0")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

keep=()
for name in PIP_INDEX_URL PIP_CERT PIP_PROXY PIP_CONFIG_FILE SSL_CERT_FILE http_proxy https_proxy no_proxy; do
    if [ -n "${!name:-}" ]; then keep+=("$name=${!name}"); fi
done

git clone --quiet "$here" "$work/flowlang"
mkdir "$work/home"
cd "$work/flowlang"
for target in "${@:-demo test}"; do
    for command in $target; do
        echo "fresh clone: make $command"
        env -i HOME="$work/home" PATH=/usr/local/bin:/usr/bin:/bin ${keep[@]+"${keep[@]}"} make "$command"
    done
done
