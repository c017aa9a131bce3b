#!/usr/bin/env bash
# Compile contracts to WebAssembly: scripts/build-contracts.sh [--check] [CONTRACT ...]
#
#   (no option)  writes contracts/artifacts/*.wasm and BUILDINFO
#   --check      compares with what lies there, and changes nothing
#
# Without names: every contract. What compiles them:
#   1. the toolchain of this tree, if it has the target   (rustup target add wasm32-unknown-unknown)
#   2. on Debian and Ubuntu: their compiler, unpacked beside the build cache; nothing is installed.
#      Once a machine: 145 MB to fetch, a minute of one core to build the standard library, 0.5 GB.
#
# The same compiler gives the same bytes in every folder; another one need not. BUILDINFO names it.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
require_cargo
cd "$ROOT"

TARGET=wasm32-unknown-unknown
ARTIFACTS="$ROOT/contracts/artifacts"
CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/syndic"
TOOLCHAIN="${SYNDIC_WASM_TOOLCHAIN:-$CACHE/wasm-toolchain}"
# Bytes of a contract's own stack, in its memory: a page more costs every call 4,000 gas. A contract
# that needs more traps, because the stack lies below everything else.
STACK_BYTES=32768

CHECK=no
if [ "${1:-}" = --check ]; then
    CHECK=yes
    shift
fi
CONTRACTS=("$@")
if [ "${#CONTRACTS[@]}" = 0 ]; then
    for manifest in contracts/*/Cargo.toml; do
        # A contract is what compiles to a module of its own.
        grep -q '"cdylib"' "$manifest" && CONTRACTS+=("$(basename "$(dirname "$manifest")")")
    done
fi

has_target() {
    local folder
    folder="$("$1" --print target-libdir --target $TARGET 2>/dev/null)" || return 1
    compgen -G "$folder/libcore-*.rlib" >/dev/null
}

# The compiler's parts as Debian packages them; apt checks their signatures.
unpack_debian() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
        fail "this toolchain cannot compile to $TARGET; run: rustup target add $TARGET"
    say "Fetching Debian's Rust compiler (145 MB, once a machine) ..."
    local version library llvm
    version="$(apt-cache show rustc-web | sed -n 's/^Version: //p' | sort -V | tail -1)"
    [ -n "$version" ] || fail "no package rustc-web; run apt-get update, or rustup target add $TARGET"
    library="$(apt-cache depends "libstd-rust-web-dev=$version" |
        sed -n 's/.*Depends: \(libstd-rust-web-[0-9].*\)/\1/p')"
    llvm="$(apt-cache depends "$library=$version" | sed -n 's/.*Depends: \(libllvm[0-9]*\).*/\1/p')"
    rm -rf "$TOOLCHAIN.new"
    mkdir -p "$TOOLCHAIN.new/packages"
    (cd "$TOOLCHAIN.new/packages" &&
        apt-get -qq download "rustc-web=$version" "rust-web-src=$version" "rust-web-llvm=$version" \
            "libstd-rust-web-dev=$version" "$library=$version" "$llvm" "lld-${llvm#libllvm}") >&2
    local package
    for package in "$TOOLCHAIN.new"/packages/*.deb; do dpkg-deb -x "$package" "$TOOLCHAIN.new"; done
    rm -rf "$TOOLCHAIN.new/packages"
    # rustc looks for its linker among the tools of its host.
    ln -sfn ../../../../bin/rust-lld \
        "$TOOLCHAIN.new/usr/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld"
    cat >"$TOOLCHAIN.new/rustc" <<'WRAPPER'
#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f "$0")")" && pwd)
LD_LIBRARY_PATH="$here/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" \
    exec "$here/usr/bin/rustc" "$@"
WRAPPER
    chmod +x "$TOOLCHAIN.new/rustc"
    mv "$TOOLCHAIN.new" "$TOOLCHAIN"
}

# The standard library for the target, from the compiler's own sources and without a network.
#
# A crate outside the library's workspace asks for std: so its tests' dependencies, which the
# package leaves out, are never looked for. It lies above the sources: cargo hashes paths relative
# to a workspace into names, and these must not depend on where the cache is.
build_std() {
    local source library hash built folder
    source="$(echo "$TOOLCHAIN"/usr/src/rustc-*)"
    [ -d "$source/library" ] || fail "$TOOLCHAIN is incomplete; remove it and try again"
    library="$source/library"
    hash="$("$TOOLCHAIN/rustc" -vV | sed -n 's/^commit-hash: //p')"
    built="$TOOLCHAIN/std-target"
    say "Building its standard library for $TARGET (about a minute, once) ..."
    printf '#![feature(no_core)]\n#![no_core]\n' >"$TOOLCHAIN/sysroot.rs"
    cat >"$TOOLCHAIN/Cargo.toml" <<MANIFEST
[package]
name = "sysroot"
version = "0.0.0"
edition = "2021"

[lib]
path = "sysroot.rs"

[dependencies]
std = { path = "$library/std" }

[workspace]
exclude = ["usr"]

[patch.crates-io]
rustc-std-workspace-core = { path = "$library/rustc-std-workspace-core" }
rustc-std-workspace-alloc = { path = "$library/rustc-std-workspace-alloc" }

[profile.release]
codegen-units = 1
debug = 0
panic = "abort"

[profile.release.package.compiler_builtins]
codegen-units = 10000
MANIFEST
    # Unstable features are what a standard library is made of.
    env -u RUSTC_WRAPPER -u CARGO_ENCODED_RUSTFLAGS \
        RUSTC="$TOOLCHAIN/rustc" RUSTC_BOOTSTRAP=1 __CARGO_DEFAULT_LIB_METADATA=std \
        RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes --remap-path-prefix=$source=/rustc/$hash" \
        CARGO_TARGET_DIR="$built" \
        cargo build --quiet --release --offline --target $TARGET \
        --manifest-path "$TOOLCHAIN/Cargo.toml" \
        --config 'source.crates-io.replace-with="vendored"' \
        --config "source.vendored.directory=\"$library/vendor\""
    folder="$TOOLCHAIN/usr/lib/rustlib/$TARGET/lib"
    mkdir -p "$folder.new"
    find "$built/$TARGET/release/deps" -name '*.rlib' ! -name '*sysroot*' -exec cp {} "$folder.new" \;
    mkdir -p "$(dirname "$folder")"
    mv "$folder.new" "$folder"
    rm -rf "$built" "$TOOLCHAIN"/Cargo.* "$TOOLCHAIN/sysroot.rs" "$TOOLCHAIN/usr/src"
}

find_compiler() {
    RUSTC="$(rustup which rustc 2>/dev/null || command -v rustc)"
    has_target "$RUSTC" && return
    # A check compares where it can; it does not fetch a compiler.
    if [ "$CHECK" = yes ] && ! has_target "$TOOLCHAIN/rustc"; then
        say "No compiler for $TARGET here: nothing is compared."
        exit 0
    fi
    [ -x "$TOOLCHAIN/rustc" ] || unpack_debian
    has_target "$TOOLCHAIN/rustc" || build_std
    RUSTC="$TOOLCHAIN/rustc"
}

# compile CONTRACT: the path of its module.
compile() {
    cargo build --quiet --profile contract --locked --target $TARGET -p "$1" >&2
    printf '%s\n' "$CARGO_TARGET_DIR/$TARGET/contract/${1//-/_}.wasm"
}

# A compiler is the same if it says so of itself, down to its LLVM.
compiler_lines() {
    printf 'rustc %s\n' "$("$RUSTC" -V | sed 's/^rustc //')"
    printf 'llvm %s\n' "$("$RUSTC" -vV | sed -n 's/^LLVM version: //p')"
}

write_buildinfo() {
    compiler_lines
    local module
    for module in "$ARTIFACTS"/*.wasm; do
        printf 'module %s %s sha256:%s\n' "$(basename "$module")" "$(stat -c %s "$module")" \
            "$(sha256sum "$module" | cut -d' ' -f1)"
    done
}

find_compiler
if [ "$CHECK" = yes ] && [ "$(compiler_lines)" != "$(head -2 "$ARTIFACTS/BUILDINFO")" ]; then
    say "Another compiler than BUILDINFO names: its modules may differ, nothing is compared."
    exit 0
fi
SEPARATOR=$'\x1f'
export RUSTC CARGO_INCREMENTAL=0 SOURCE_DATE_EPOCH=0
export CARGO_TARGET_DIR="$CARGO_TARGET_DIR/contracts"
CARGO_ENCODED_RUSTFLAGS="--remap-path-prefix=$ROOT=/syndic"
CARGO_ENCODED_RUSTFLAGS+="$SEPARATOR--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
CARGO_ENCODED_RUSTFLAGS+="$SEPARATOR-Clink-arg=-zstack-size=$STACK_BYTES"
export CARGO_ENCODED_RUSTFLAGS

mkdir -p "$ARTIFACTS"
STARTED=$SECONDS
DIFFER=()
for contract in "${CONTRACTS[@]}"; do
    # One at a time: together, cargo would unite the features of what they share.
    module="$(compile "$contract")"
    kept="$ARTIFACTS/$(basename "$module")"
    if [ "$CHECK" = no ]; then
        cp "$module" "$kept"
        say "$(basename "$module"): $(stat -c %s "$module") bytes"
    elif ! cmp -s "$module" "$kept"; then
        DIFFER+=("$(basename "$module")")
    fi
done
if [ "$CHECK" = no ]; then
    write_buildinfo >"$ARTIFACTS/BUILDINFO"
    say "$((SECONDS - STARTED)) s; written to contracts/artifacts"
elif [ "${#DIFFER[@]}" != 0 ]; then
    fail "built otherwise than committed: ${DIFFER[*]}; run scripts/build-contracts.sh and commit"
else
    say "${#CONTRACTS[@]} modules are what their sources give."
fi
