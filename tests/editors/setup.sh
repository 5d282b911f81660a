#!/usr/bin/env bash
# setup.sh [DIR [EDITOR...]]: puts the editors that the tests drive below DIR, each as DIR/bin/NAME. Without DIR it is the
# folder outside the checkout where the tests look for them.
#
# Takes what is on the PATH when it can do what the tests need; else unpacks a newer Debian release's packages, with their
# own C library, beside the system and not into it: no root, nothing installed, nothing compiled. Run again, it does nothing.
# What an editor must be able to do is asked of the editor, never read from its version number.
#
# An editor is one function `get_NAME`; add its NAME to ALL. Prints one line per editor; an error is one line on stderr.
set -euo pipefail

# tmux is the terminal in which the tests run those that cannot do without one.
ALL=(neovim neovim10 helix emacs lspmode vim ale tmux kate)
# Releases that carry new editors, best first. The first whose editor can do what is needed is taken.
SUITES=(forky sid)

# shellcheck source=../support/debian.sh
. "$(dirname "$0")/../support/debian.sh"

main() {
    enter editors "${1:-}"
    shift || true
    local editor
    for editor in "${@:-${ALL[@]}}"; do
        [[ $(type -t "get_$editor") == function ]] || fail "unknown editor '$editor'; known: ${ALL[*]}"
        "get_$editor"
    done
}

# ---- editors -----------------------------------------------------------------------------------

get_neovim() { obtain neovim nvim neovim draws_ghost_text launch_neovim; }

launch_neovim() { launcher nvim "$1" '$0' usr/bin/nvim '' 'VIMRUNTIME=$root/usr/share/nvim/runtime'; }

draws_ghost_text() {
    [[ -x ${1:-} ]] && HOME=$work XDG_STATE_HOME=$work XDG_DATA_HOME=$work XDG_CONFIG_HOME=$work \
        "$1" --headless --clean -n -c 'lua if not vim.lsp.inline_completion then vim.cmd.cquit() end' -c 'qall!' \
        </dev/null >/dev/null 2>&1
}

# One that leaves the drawing to plugins, as many people still have. It stands in a release of its own.
get_neovim10() {
    local SUITES=(trixie)
    obtain neovim10 nvim10 neovim leaves_ghost_text_to_plugins launch_neovim10
}

launch_neovim10() { launcher nvim10 "$1" '$0' usr/bin/nvim '' 'VIMRUNTIME=$root/usr/share/nvim/runtime'; }

leaves_ghost_text_to_plugins() { [[ -x ${1:-} ]] && ! draws_ghost_text "$1" && runs_lua "$1"; }

runs_lua() {
    HOME=$work XDG_STATE_HOME=$work "$1" --headless --clean -n -c "lua if vim.fn.has('nvim-0.10') == 0 then vim.cmd.cquit() end" \
        -c 'qall!' </dev/null >/dev/null 2>&1
}

get_helix() { obtain helix hx hx knows_its_languages launch_helix; }

launch_helix() { launcher hx "$1" '$0' usr/lib/hx/hx '' 'HELIX_RUNTIME=$root/usr/lib/hx/runtime'; }

# Other programs are called hx too; and without its runtime folder this one would not indent.
knows_its_languages() {
    local health
    health=$(HOME=$work XDG_CONFIG_HOME=$work XDG_CACHE_HOME=$work "$1" --health python </dev/null 2>/dev/null) &&
        [[ $health =~ Indent\ queries[^$'\n']*✓ ]]
}

get_emacs() { obtain emacs emacs emacs-nox counts_code_points launch_emacs; }

launch_emacs() {
    local share libexec dump
    share=$(inside "$1" 'usr/share/emacs/[0-9]*') && libexec=$(inside "$1" 'usr/libexec/emacs/*/*') &&
        dump=$(inside "$1" 'usr/libexec/emacs/*/*/*.pdmp') || fail "no Emacs as we know it among the packages of emacs"
    # The name it is started by tells it where its compiled code is.
    launcher emacs "$1" '$root/usr/bin/emacs-nox' usr/bin/emacs-nox "--dump-file=\"\$root/$dump\"" \
        "EMACSLOADPATH=\$root/$share/lisp" "EMACSDATA=\$root/$share/etc" "EMACSDOC=\$root/$share/etc" \
        "EMACSPATH=\$root/$libexec"
}

counts_code_points() {
    HOME=$work "$1" --batch -Q --eval "(progn (require 'eglot) (kill-emacs (if (fboundp 'eglot-utf-32-linepos) 0 1)))" \
        </dev/null >/dev/null 2>&1
}

# A package of Emacs and those that it needs, no program: what is in DIR/bin/lsp-mode only says where their folders are.
get_lspmode() {
    local SUITES=(forky sid trixie)
    obtain lspmode lsp-mode elpa-lsp-mode draws_suggestions launch_lspmode
}

launch_lspmode() {
    local packages
    packages=$(inside "$1" 'usr/share/emacs/site-lisp/elpa-src') || fail "no folders among the packages of elpa-lsp-mode"
    printf '#!/bin/sh\ncd "${0%%/*}/../lspmode/%s" && pwd\n' "$packages" >"$dir/bin/lsp-mode"
    chmod +x "$dir/bin/lsp-mode"
}

draws_suggestions() { [[ -x ${1:-} ]] && compgen -G "$("$1")/lsp-mode-*/lsp-inline-completion.el" >/dev/null; }

get_vim() { obtain vim vim vim runs_jobs launch_vim; }

launch_vim() { launcher vim "$1" '$0' usr/bin/vim.basic '' 'VIM=$root/usr/share/vim'; }

runs_jobs() {
    HOME=$work "$1" -u NONE -N -es -c 'if has("job") && has("lambda") | qall! | endif' -c 'cquit!' </dev/null >/dev/null 2>&1
}

# A plug-in, no program: what lies in DIR/ale is Vim script, and what is in DIR/bin/ale only says where.
get_ale() {
    local SUITES=(forky trixie bookworm)
    obtain ale ale vim-ale is_ale launch_ale
}

launch_ale() {
    local plugin
    plugin=$(inside "$1" 'usr/share/vim-ale' 'usr/share/vim/addons/pack/*/start/ale') || fail "no ALE among the packages of vim-ale"
    printf '#!/bin/sh\ncd "${0%%/*}/../ale/%s" && pwd\n' "$plugin" >"$dir/bin/ale"
    chmod +x "$dir/bin/ale"
}

is_ale() { [[ -x ${1:-} && -e "$("$1")/autoload/ale.vim" ]]; }

get_tmux() { obtain tmux tmux tmux opens_terminals launch_tmux; }

launch_tmux() { launcher tmux "$1" '$0' usr/bin/tmux ''; }

opens_terminals() {
    "$1" -S "$work/tmux" -f /dev/null new-session -d 'exec sleep 60' </dev/null >/dev/null 2>&1 &&
        "$1" -S "$work/tmux" kill-server
}

# A program with windows: cage is a screen that nobody sees, and grim takes pictures of it.
get_kate() {
    local SUITES=(trixie forky)
    obtain kate "kate cage grim" "kate qt6-wayland fonts-dejavu-core cage grim" opens_windows launch_kate
}

launch_kate() {
    local root=$1 libraries library program
    libraries=$(inside "$root" 'usr/lib/*-linux-gnu*') && inside "$root/$libraries" 'qt6/plugins/kf6/ktexteditor/lspclientplugin.so' >/dev/null ||
        fail "no Kate that speaks to language servers among the packages of kate"
    # Libraries that lie in a folder of their own know where that is on a system.
    for library in "$root/$libraries"/{libproxy,pulseaudio}/*.so; do
        [[ ! -e $library ]] || ln -sf "${library#"$root/$libraries/"}" "$root/$libraries/"
    done
    mkdir -p "$root/etc/fonts"
    cat >"$root/etc/fonts/ours.conf" <<'END'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<dir prefix="relative">../../usr/share/fonts</dir><cachedir prefix="relative">../../var/cache/fontconfig</cachedir>
<alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
END
    launcher kate "$root" '$0' usr/bin/kate '' "QT_PLUGIN_PATH=\$root/$libraries/qt6/plugins" 'XDG_DATA_DIRS=$root/usr/share' \
        'XKB_CONFIG_ROOT=$root/usr/share/X11/xkb' 'FONTCONFIG_FILE=$root/etc/fonts/ours.conf'
    for program in cage grim; do
        launcher "$program" "$root" '$0' "usr/bin/$program" '' 'XKB_CONFIG_ROOT=$root/usr/share/X11/xkb'
    done
}

# With the programs that lie beside it; the compositor takes the screen, and where it puts its socket, from the environment.
opens_windows() {
    local shown
    mkdir -p -m 700 "$work/wayland"
    shown=$(HOME=$work XDG_CONFIG_HOME=$work XDG_CACHE_HOME=$work XDG_RUNTIME_DIR=$work/wayland PATH=${1%/*}:$PATH \
        WLR_BACKENDS=headless WLR_RENDERER=pixman QT_QPA_PLATFORM=wayland \
        timeout 60 cage -- sh -c 'grim - >/dev/null && kate --version' </dev/null 2>/dev/null) && [[ $shown == kate\ * ]]
}

# obtain EDITOR PROGRAMS PACKAGES CHECK LAUNCH: DIR/bin/PROGRAM for each of them; for the first `CHECK FILE` holds. `LAUNCH ROOT`
# writes them when the packages had to be unpacked.
obtain() {
    local editor=$1 check=$4 launch=$5 suite program programs packages
    read -ra programs <<<"$2"
    read -ra packages <<<"$3"
    program=${programs[0]}
    if [[ -x $dir/bin/$program ]] && "$check" "$dir/bin/$program"; then
        say "$editor" "is there already"
        return
    fi
    if command -v "${programs[@]}" >"$work/found" && [[ $(wc -l <"$work/found") == "${#programs[@]}" ]] &&
        "$check" "$(command -v "$program")"; then
        for program in "${programs[@]}"; do
            printf '#!/bin/sh\nexec "%s" "$@"\n' "$(command -v "$program")" >"$dir/bin/$program"
            chmod +x "$dir/bin/$program"
        done
        say "$editor" "taken from the PATH"
        return
    fi
    for suite in "${SUITES[@]}"; do
        unpack "$suite" "$dir/$editor" "${packages[@]}" || continue
        "$launch" "$dir/$editor"
        "$check" "$dir/bin/$program" || continue
        say "$editor" "unpacked from $suite"
        return
    done
    fail "found no $editor that can do what the tests need ($check) in: ${SUITES[*]}; put one on the PATH"
}

main "$@"
