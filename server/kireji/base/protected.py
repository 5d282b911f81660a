"""Which files no action may change or make, whoever asks: what tools, shells and services obey, and what lies elsewhere.

Reads no file's text. A name is judged by itself; where a path really leads is asked of the disk.
"""

from __future__ import annotations

import re
from fnmatch import translate
from pathlib import Path, PurePath

from kireji.base.files import never_read

# Folders whose files are obeyed by version control, editors, services, hooks or this program.
_OBEYED = """
.git .hg .svn .jj .vscode .idea .vs .zed .fleet .github .gitlab .forgejo .gitea .circleci .buildkite .woodpecker
.devcontainer .kireji .husky .ci .direnv .claude .cursor
"""
_FOLDERS = frozenset(_OBEYED.split())
_OUR_SETTINGS = ("kireji", "config.toml")
# By name alone, in lower case: services that build, shells and editors as they start, what Python runs by itself.
_PROTECTED = """
.gitlab-ci.y*ml .travis.y*ml azure-pipelines*.y*ml bitbucket-pipelines.y*ml appveyor.y*ml .appveyor.y*ml
.drone.y*ml .woodpecker.y*ml jenkinsfile jenkinsfile.* cloudbuild.y*ml buildspec.y*ml .pre-commit-config.y*ml
.bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile .zlogin .zlogout
.cshrc .tcshrc .login .logout .kshrc .mkshrc .inputrc .xinitrc .xprofile .xsession config.fish .envrc
.gitconfig .gitmodules .gitattributes .hgrc .vimrc .nvimrc .exrc .nvim.lua .dir-locals.el .emacs .lvimrc
.kireji* kireji.toml *.code-workspace *.pth sitecustomize.py usercustomize.py
"""
_NAMES = re.compile("|".join(translate(pattern) for pattern in _PROTECTED.split()))


def protected(path: str) -> bool:
    """Whether a file is protected by its name or by a folder that it lies in. Looks at names only."""
    pure = PurePath(path.replace("\\", "/"))
    parts = [part.lower() for part in pure.parts]
    if not _FOLDERS.isdisjoint(parts[:-1]) or tuple(parts[-2:]) == _OUR_SETTINGS:
        return True
    return bool(parts) and (_NAMES.fullmatch(parts[-1]) is not None or never_read(pure))


def contained(path: str, root: str) -> Path | None:
    """Where a path really leads, links followed, if that lies below `root` and is not protected; else None.

    A relative path counts from the root. The file need not exist. Asks the disk: it must not be called where nothing may block.
    """
    try:
        base = Path(root).resolve()
        real = (base / path).resolve()
        below = real.relative_to(base)
    except (OSError, ValueError, RuntimeError):  # elsewhere, a NUL in the name, a loop of links
        return None
    said = PurePath(path.replace("\\", "/"))
    if ".." in said.parts or protected(str(below)):
        return None
    # What is said may be a link with a harmless aim and a name that tools obey, or the other way round.
    return None if protected(_below(said, base, Path(root))) else real


def _below(said: PurePath, base: Path, root: Path) -> str:
    for top in (base, root):
        if said.is_relative_to(top):
            return str(said.relative_to(top))
    return str(said)
