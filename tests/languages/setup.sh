#!/usr/bin/env bash
# setup.sh [DIR [LANGUAGE...]]: puts the tools of languages below DIR, and real code in some of them. Without DIR it is
# the folder outside the checkout where the tests look for them.
#
# Programs go to DIR/bin, projects to DIR/projects/LANGUAGE. Versions are fixed, so that the rows fit the files they were cut from.
# Needs a Debian with apt-get and Node. What Debian 12 has too old comes from SUITE and is unpacked beside the system; what
# it has in time is used when it is installed, and else installed, for which root is needed.
# A language is one function `get_NAME`; add its NAME to ALL. Prints one line each; run again, it does nothing.
set -euo pipefail

ALL=(typescript javascript go rust c cpp java shellscript)
SUITE=trixie
# What another edition of this script has set up may lack something.
READY=.ready-$(cksum <"$0" | cut -d " " -f 1)

# shellcheck source=../support/debian.sh
. "$(dirname "$0")/../support/debian.sh"

main() {
    enter languages "${1:-}"
    mkdir -p "$dir/projects"
    shift || true
    local language
    for language in "${@:-${ALL[@]}}"; do
        [[ $(type -t "get_$language") == function ]] || fail "unknown language '$language'; known: ${ALL[*]}"
        if [[ -e $dir/projects/$language/$READY ]]; then
            say "$language" "is there already"
            continue
        fi
        rm -rf "${dir:?}/projects/$language"
        mkdir -p "$dir/projects/$language"
        "get_$language" "$dir/projects/$language"
        touch "$dir/projects/$language/$READY"
        say "$language" "is set up"
    done
}

# ---- languages ---------------------------------------------------------------------------------

# The sources of RxJS, with a TypeScript 7 of the project's own.
get_typescript() {
    npm_install "$work/rxjs" rxjs@7.8.1
    cp -r "$work"/rxjs/node_modules/rxjs/{src,LICENSE.txt} "$1"
    rm -f "$1"/src/tsconfig*.json "$1"/src/Rx.global.js
    cat >"$1/tsconfig.json" <<'END'
{
  "compilerOptions": {
    "strict": true,
    "noImplicitReturns": true,
    "module": "esnext",
    "moduleResolution": "bundler",
    "noEmit": true,
    "types": [],
    "lib": ["esnext", "dom"],
    "target": "esnext",
    "paths": { "rxjs": ["./src/index"], "rxjs/*": ["./src/*"] }
  },
  "include": ["src"]
}
END
    npm_install "$1" typescript@7.0.2
}

# Express, as it is installed; no TypeScript of its own, so that an older one on the machine is asked.
get_javascript() {
    npm_install "$1" express@4.19.2 @types/node@20.19.1
    npm_install "$dir/typescript-5" typescript@5.9.2
    ln -sf ../typescript-5/node_modules/typescript/bin/tsc "$dir/bin/tsc"
}

# Cobra, with the modules that it needs.
get_go() {
    unpack "$SUITE" "$dir/go" gopls golang-1.24-go golang-1.24-src
    # And one that a project's tests can be run with, as a person has it.
    installed go golang-go
    ln -sf ../go/usr/lib/go-1.24/bin/go "$dir/bin/go"
    ln -sf ../go/usr/bin/gopls "$dir/bin/gopls"
    local module=github.com/spf13/cobra@v1.8.1
    (
        cd "$1"
        export GOTOOLCHAIN=local GOFLAGS=-modcacherw GOMODCACHE="$dir/go-modules" GOCACHE="$work/go-build" GOWORK=off
        quietly "download $module" "$dir/bin/go" mod download "$module"
        cp -r "$GOMODCACHE/$module/." .
        rm -f ./*_test.go
        quietly "download what $module needs" "$dir/bin/go" mod tidy
    )
}

# The code stands beside the rows.
get_rust() {
    installed cargo cargo
    unpack "$SUITE" "$dir/rust" rust-analyzer cargo rustc rust-src
    local program
    for program in rust-analyzer cargo rustc; do
        mv "$dir/rust/usr/bin/$program" "$dir/rust/usr/bin/$program.unpacked"
        launcher "$program" "$dir/rust" "$program" "usr/bin/$program.unpacked" ""
        # Each calls the others also where it takes them to be.
        printf '#!/bin/sh\nexec "${0%%/*}/../../../bin/%s" "$@"\n' "$program" >"$dir/rust/usr/bin/$program"
        chmod +x "$dir/rust/usr/bin/$program"
    done
    # What the standard library's own packages need: without the network nobody knows how they hang together.
    local library
    library=$(cd "$dir/rust/usr/lib/rustlib/src/rust/library" && pwd -P)
    quietly "download what Rust's standard library needs" \
        env PATH="$dir/bin:$PATH" CARGO_HOME="$dir/cargo" RUSTC_BOOTSTRAP=1 cargo fetch --locked --manifest-path "$library/Cargo.toml"
}

get_c() {
    installed clangd clangd
    [[ -e /usr/include/stdio.h ]] || install_packages libc6-dev
}

get_cpp() {
    installed clangd clangd
    compgen -G '/usr/include/c++/*/vector' >/dev/null || install_packages libstdc++-12-dev
}

get_java() {
    # Its installation fails where there are no manual pages, as in a small container.
    mkdir -p /usr/share/man/man1 2>/dev/null || true
    installed javac openjdk-17-jdk-headless
}

get_shellscript() { installed shellcheck shellcheck; }

# ---- packages ----------------------------------------------------------------------------------

# installed PROGRAM PACKAGE: the program is on this machine, or is put there.
installed() { command -v "$1" >/dev/null || install_packages "$2"; }

install_packages() {
    ((EUID == 0)) || fail "no root here to install $*; install it, or run this as root"
    [[ -e $work/updated ]] || quietly "read the package lists" apt-get -qq update
    touch "$work/updated"
    quietly "install $*" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@"
}

npm_install() {
    local folder=$1
    shift
    installed npm npm
    mkdir -p "$folder"
    [[ -e $folder/package.json ]] || echo '{ "private": true }' >"$folder/package.json"
    quietly "install $*" npm --prefix "$folder" install --no-audit --no-fund --ignore-scripts --save-exact "$@"
}

main "$@"
