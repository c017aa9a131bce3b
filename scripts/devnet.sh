#!/usr/bin/env bash
# A net of real validators on this machine.
#
#   scripts/devnet.sh up [--validators 4] [--dir .devnet] [--base-port 7100]
#   scripts/devnet.sh down | status | logs N | start N | stop N   [--dir .devnet]
#
# Builds what is missing, then hands over to `syndic devnet`. `up` returns when height 3 is final on
# every node, and prints addresses, where the keys lie and a first command to try.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

[ $# -gt 0 ] || fail "usage: scripts/devnet.sh up|down|status|logs N|start N|stop N [--dir DIR]"
prepare
say "Building syndic ..."
build_syndic
exec "$CARGO_TARGET_DIR/release/syndic" devnet "$@"
