#!/usr/bin/env bash
# setup.sh [DIR [EDITOR...]]: puts the editors that the tests drive below DIR (default .cache/editors), each as DIR/bin/NAME.
#
# Takes what is on the PATH when it can do what the tests need; else unpacks a newer Debian release's packages, with their
# own C library, beside the system and not into it: no root, nothing installed, nothing compiled. Run again, it does nothing.
# What an editor must be able to do is asked of the editor, never read from its version number.
#
# An editor is one function `get_NAME`; add its NAME to ALL. Prints one line per editor; an error is one line on stderr.
set -euo pipefail

ALL=(neovim)
# Releases that carry new editors, best first. The first whose editor can do what is needed is taken.
SUITES=(forky sid)
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

main() {
    dir=${1:-.cache/editors}
    mkdir -p "$dir/bin" 2>/dev/null || fail "cannot write to $dir"
    dir=$(cd "$dir" && pwd)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    shift || true
    local editor
    for editor in "${@:-${ALL[@]}}"; do
        [[ $(type -t "get_$editor") == function ]] || fail "unknown editor '$editor'; known: ${ALL[*]}"
        "get_$editor"
    done
}

# ---- editors -----------------------------------------------------------------------------------

get_neovim() {
    local suite root=$dir/neovim
    if draws_ghost_text "$dir/bin/nvim"; then
        say neovim "is there already"
    elif draws_ghost_text "$(command -v nvim)"; then
        printf '#!/bin/sh\nexec "%s" "$@"\n' "$(command -v nvim)" >"$dir/bin/nvim"
        chmod +x "$dir/bin/nvim"
        say neovim "taken from the PATH"
    else
        for suite in "${SUITES[@]}"; do
            unpack "$suite" "$root" neovim || continue
            launcher nvim "$root" usr/bin/nvim 'VIMRUNTIME="$root/usr/share/nvim/runtime"'
            draws_ghost_text "$dir/bin/nvim" || continue
            say neovim "unpacked from $suite"
            return
        done
        fail "found no Neovim with vim.lsp.inline_completion in: ${SUITES[*]}; put one on the PATH"
    fi
}

draws_ghost_text() {
    [[ -x ${1:-} ]] && HOME=$work XDG_STATE_HOME=$work XDG_DATA_HOME=$work XDG_CONFIG_HOME=$work \
        "$1" --headless --clean -n -c 'lua if not vim.lsp.inline_completion then vim.cmd.cquit() end' -c 'qall!' \
        </dev/null >/dev/null 2>&1
}

# ---- foreign packages --------------------------------------------------------------------------

# unpack SUITE ROOT PACKAGE...: the packages and all that they depend on, below ROOT. The package manager works on lists,
# a cache and an (empty) status of its own, so the system's stay as they are. Fails with one line.
unpack() {
    local suite=$1 root=$2 apt=$work/$1 mirror package
    shift 2
    for tool in apt-get dpkg-deb tar; do
        command -v "$tool" >/dev/null || fail "no $tool here to unpack $* with; put a new enough editor on the PATH"
    done
    mirror=$(debian_mirror) || exit
    mkdir -p "$apt"/{lists/partial,cache/archives/partial,state}
    : >"$apt/status"
    echo "deb [signed-by=$KEYRING] $mirror $suite main" >"$apt/sources.list"
    # The sandbox user could not write into our private folder.
    cat >"$apt/apt.conf" <<END
Dir::Etc { sourcelist "$apt/sources.list"; sourceparts "-"; preferences "-"; preferencesparts "-"; };
Dir::State "$apt/state";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Update::Error-Mode "any";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Debug::NoLocking "true";
END
    quietly "read the package list of $suite" env APT_CONFIG="$apt/apt.conf" apt-get -qq update || return
    quietly "download $* from $suite" env APT_CONFIG="$apt/apt.conf" apt-get -qq -y --download-only install "$@" || return
    rm -rf "$root"
    mkdir -p "$root"
    for package in "$apt"/cache/archives/*.deb; do
        # Packages disagree on whether /lib is a folder or a link to /usr/lib; the first one to say so is right.
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink ||
            fail "could not unpack ${package##*/} into $root"
    done
}

# The mirror this machine already uses, in the package manager's own reading of its configuration.
debian_mirror() {
    local uri
    uri=$(apt-get indextargets --no-release-info --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        sed 's|/$||' | grep -m1 -E '/debian(\.list)?$') ||
        fail "no Debian mirror is configured here; put a new enough editor on the PATH"
    [[ -r $KEYRING ]] || fail "$KEYRING is missing (package debian-archive-keyring)"
    echo "$uri"
}

# launcher NAME ROOT PROGRAM [VAR=VALUE...]: DIR/bin/NAME runs ROOT/PROGRAM with ROOT's own loader and libraries, which its
# children do not inherit. VALUE may speak of $root, which is found at run time, so that DIR may move.
launcher() {
    local name=$1 root=$2 program=$3 loader libraries
    shift 3
    loader=$(cd "$root" && compgen -G 'usr/lib*/ld-linux*.so.*' || compgen -G 'usr/lib/*/ld-linux*.so.*' || compgen -G 'lib*/ld-linux*.so.*') ||
        fail "no loader among the packages of $name"
    libraries=$(cd "$root" && compgen -G 'usr/lib/*-linux-gnu*') || fail "no libraries among the packages of $name"
    {
        echo '#!/bin/sh'
        echo "root=\$(cd \"\${0%/*}/../${root#"$dir"/}\" && pwd)"
        printf 'export %s\n' "$@"
        echo "exec \"\$root/${loader%%$'\n'*}\" --argv0 \"\$0\" --library-path \"\$root/${libraries%%$'\n'*}\" \"\$root/$program\" \"\$@\""
    } >"$dir/bin/$name"
    chmod +x "$dir/bin/$name"
}

# ---- words -------------------------------------------------------------------------------------

say() { echo "$1 $2: $dir/bin"; }

fail() {
    echo "setup.sh: $*" >&2
    exit 1
}

# quietly WHAT COMMAND...: runs it; when it fails, one line says what could not be done, and the command's last word on it.
quietly() {
    local what=$1
    shift
    "$@" >"$work/log" 2>&1 || {
        echo "setup.sh: could not $what: $(grep -m1 -E '^E:' "$work/log" || true)" >&2
        return 1
    }
}

main "$@"
