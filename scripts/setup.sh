#!/usr/bin/env bash
# Sourced by the other scripts: what a fresh Debian machine lacks, and where builds are kept.
#
# Sets CARGO_TARGET_DIR unless the caller did: one folder outside the clone, so that the
# dependencies (RocksDB above all) are compiled once a machine.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/syndic/target}"
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-auto}"

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "error: $*"
    exit 1
}

# RocksDB is C++ and its bindings need libclang with clang's own headers.
has_native_tools() {
    command -v g++ >/dev/null && command -v make >/dev/null &&
        ls /usr/lib/llvm-*/lib/libclang.so* /usr/lib/llvm-*/lib/libclang-*.so* \
            /usr/lib/*/libclang*.so* >/dev/null 2>&1 &&
        ls -d /usr/lib/llvm-*/lib/clang/*/include /usr/lib/clang/*/include >/dev/null 2>&1
}

install_native_tools() {
    has_native_tools && return
    local packages="g++ make libclang-dev"
    local sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo"
    command -v apt-get >/dev/null ||
        fail "a C++ compiler and libclang are missing; install what your system calls: $packages"
    if [ -n "$sudo" ] && ! command -v sudo >/dev/null; then
        fail "run as root: apt-get install $packages"
    fi
    say "Installing $packages (once, about a minute) ..."
    $sudo apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq $packages >&2
}

require_cargo() {
    command -v cargo >/dev/null || [ ! -f "$HOME/.cargo/env" ] || . "$HOME/.cargo/env"
    command -v cargo >/dev/null || fail "cargo is missing; install Rust with rustup, version 1.95"
}

prepare() {
    require_cargo
    install_native_tools
    mkdir -p "$CARGO_TARGET_DIR"
    if ! ls "$CARGO_TARGET_DIR"/release/build/librocksdb-sys-*/out/librocksdb.a >/dev/null 2>&1; then
        say "First build on this machine: RocksDB and 550 other dependencies are compiled once,"
        say "15 to 35 minutes on two cores. Later builds take seconds. Target: $CARGO_TARGET_DIR"
    fi
}

# The program. All crates are selected, as in the tests: another selection has other features of
# the dependencies and would compile RocksDB again.
build_syndic() {
    (cd "$ROOT" && cargo build --release --locked --quiet --workspace --bin syndic)
}
