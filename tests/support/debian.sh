# Sourced by set-up scripts: unpacks another Debian release's packages beside the system and not into it. No root, nothing
# installed, nothing compiled. The script that sources it calls `enter` first, which sets `dir` (where programs go) and `work`
# (a folder for scraps).

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# enter WHAT [DIR]: DIR, and when it is not said the folder for WHAT that every checkout of this user shares, as `dir`. Of two
# scripts that want to fill it the second waits for the first.
enter() {
    dir=${2:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/kireji-tests/$1}
    mkdir -p "$dir/bin" 2>/dev/null || fail "cannot write to $dir"
    dir=$(cd "$dir" && pwd)
    exec {lock}>"$dir/.lock"
    flock "$lock"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
}

# ---- foreign packages --------------------------------------------------------------------------

# unpack SUITE ROOT PACKAGE...: the packages and all that they depend on, below ROOT. The package manager works on lists,
# a cache and an (empty) status of its own, so the system's stay as they are. Fails with one line.
unpack() {
    local suite=$1 root=$2 apt=$work/$1 mirror package
    shift 2
    for tool in apt-get dpkg-deb tar; do
        command -v "$tool" >/dev/null || fail "no $tool here to unpack $* with; put a new enough program on the PATH"
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
    # What was downloaded for another program stays out of this one's folder.
    rm -f "$apt"/cache/archives/*.deb
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
        fail "no Debian mirror is configured here; put a new enough program on the PATH"
    [[ -r $KEYRING ]] || fail "$KEYRING is missing (package debian-archive-keyring)"
    echo "$uri"
}

# launcher NAME ROOT ARGV0 PROGRAM ARGUMENTS [VAR=VALUE...]: DIR/bin/NAME runs ROOT/PROGRAM with ROOT's own loader and
# libraries, which its children do not inherit. ARGV0, ARGUMENTS (shell words, before the caller's) and VALUE may speak of
# $root, which is found at run time, so that DIR may move.
launcher() {
    local name=$1 root=$2 argv0=$3 program=$4 arguments=$5 loader libraries
    shift 5
    loader=$(inside "$root" 'usr/lib*/ld-linux*.so.*' 'usr/lib/*/ld-linux*.so.*' 'lib*/ld-linux*.so.*') ||
        fail "no loader among the packages of $name"
    libraries=$(inside "$root" 'usr/lib/*-linux-gnu*') || fail "no libraries among the packages of $name"
    {
        echo '#!/bin/sh'
        echo "root=\$(cd \"\${0%/*}/../${root#"$dir"/}\" && pwd)"
        (($# == 0)) || printf 'export "%s"\n' "$@"
        echo "exec \"\$root/$loader\" --argv0 \"$argv0\" --library-path \"\$root/$libraries\" \"\$root/$program\" $arguments \"\$@\""
    } >"$dir/bin/$name"
    chmod +x "$dir/bin/$name"
}

# inside ROOT PATTERN...: the first path below ROOT that fits, relative to it; patterns are tried in order.
inside() {
    local pattern found
    for pattern in "${@:2}"; do
        found=$(cd "$1" && compgen -G "$pattern") && echo "${found%%$'\n'*}" && return
    done
    return 1
}

# ---- words -------------------------------------------------------------------------------------

say() { echo "$1 $2: $dir/bin"; }

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# quietly WHAT COMMAND...: runs it; when it fails, one line says what could not be done, and the command's last word on it.
quietly() {
    local what=$1
    shift
    "$@" >"$work/log" 2>&1 || {
        echo "${0##*/}: could not $what: $(grep -m1 -E '^E:' "$work/log" || true)" >&2
        return 1
    }
}
