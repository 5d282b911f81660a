"""Which files of a workspace may be read, and reading them without ever blocking or leaving the root.

The one way to a workspace file's text. Knows names and ignore files; looks for no secrets inside a file (that is
`engine/context/redact.py`).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from enum import Enum
from fnmatch import translate
from pathlib import Path, PurePath

from kireji.base.ignoring import GIT_FILE, MAX_IGNORE_BYTES, OWN_FILE, Rules

# By name alone: what holds credentials, and what no person wrote. Matched against the lower-cased file name.
_NEVER = """
.env .env* *.env .envrc
*.pem *.key *.p8 *.p12 *.pfx *.pkcs12 *.jks *.keystore *.bks *.keytab *.kdb *.kdbx *.ppk *.gpg *.pgp *.asc *.age *.ovpn
*.crt *.cer *.cert *.der *.csr *.p7b *.p7c
id_rsa* id_dsa* id_ecdsa* id_ed25519* *_rsa *_dsa *_ecdsa *_ed25519 authorized_keys known_hosts
.npmrc .yarnrc .yarnrc.yml .pypirc .netrc _netrc .gemrc .pgpass pgpass.conf .my.cnf .mylogin.cnf .htpasswd .htdigest
.s3cfg .boto
.git-credentials .gitcookies .dockercfg .dockerconfigjson .vault-token .vault_pass* vault_pass* .credentials
.terraformrc .bash_history .zsh_history .psql_history .python_history
credentials credentials.* *credentials.json *credentials.y*ml *-credentials.* *_credentials.json
client_secret*.json service-account*.json service_account*.json *serviceaccount*.json
google-services.json googleservice-info.plist firebase-adminsdk*.json kubeconfig *.kubeconfig
secret secret.json secret.y*ml secret.toml secret.ini secret.txt
secrets secrets.json secrets.y*ml secrets.toml secrets.ini secrets.txt secrets.*.y*ml
*.secret *.secrets *.secret.y*ml *.secrets.y*ml passwords.* passwd shadow local.settings.json
*.tfvars *.tfvars.json *.tfstate *.tfstate.* *.mobileprovision *.publishsettings
*.lock *.lockb package-lock.json npm-shrinkwrap.json pnpm-lock.y*ml go.sum gradle.lockfile packages.lock.json
*.min.js *.min.mjs *.min.cjs *.min.css *-min.js *.bundle.js *.chunk.js *.map *.snap
*_pb2.py *_pb2.pyi *_pb2_grpc.py *.pb.go *_pb.js *_pb.ts *_pb.d.ts *.pb.cc *.pb.h *.generated.*
*.g.cs *.g.dart *.designer.cs *_generated.*
"""
_NEVER_NAME = re.compile("|".join(translate(pattern) for pattern in _NEVER.split()))
# These four are often code about credentials, not credentials.
_CODE = frozenset(
    {".py", ".pyi", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".go", ".rs", ".java", ".rb", ".php"}
)
_CODE |= {
    ".c",
    ".h",
    ".cc",
    ".cpp",
    ".hpp",
    ".cs",
    ".lua",
    ".kt",
    ".swift",
    ".scala",
    ".vue",
    ".svelte",
    ".html",
    ".css",
    ".md",
}
_ABOUT = re.compile(r"(credentials?|passwords?|secrets?)(\.\w+)?\.\w+")
_NEVER_FOLDERS = frozenset(
    {".ssh", ".gnupg", ".aws", ".azure", ".gcloud", ".kube", ".docker", ".password-store", ".secrets", ".terraform"}
)
_TOOLS = """
.git .hg .svn .jj node_modules bower_components jspm_packages .venv venv virtualenv site-packages __pycache__
__pypackages__ .tox .nox .mypy_cache .ruff_cache .pytest_cache .hypothesis .cache .gradle .idea .vs .next .nuxt
.svelte-kit .parcel-cache .turbo .yarn .eggs .bundle .dart_tool .pnpm-store .direnv .ipynb_checkpoints htmlcov
DerivedData Pods
"""
_TOOL_FOLDERS = frozenset(_TOOLS.split())
_SKIPPED_FOLDERS = _NEVER_FOLDERS | _TOOL_FOLDERS


def never_read(path: str | os.PathLike[str]) -> bool:
    """True for a file that is never read and never sent: keys, credentials, environments, locks, generated code.

    Also asked of a document that is open in the editor. Looks at the name and its folders only, not at the disk.
    """
    pure = PurePath(str(path).replace("\\", "/"))
    name = pure.name.lower()
    if not _NEVER_FOLDERS.isdisjoint(part.lower() for part in pure.parts[:-1]):
        return True
    if pure.suffix.lower() in _CODE and _ABOUT.fullmatch(name):
        return False
    return _NEVER_NAME.fullmatch(name) is not None


def in_tools(path: str) -> bool:
    """Whether a path leads into a folder of tools or of installed packages, by its name."""
    return not _TOOL_FOLDERS.isdisjoint(path.replace("\\", "/").split("/")[:-1])


def read_text(path: Path, root: Path, max_bytes: int) -> str | None:
    """The text of a regular file below `root`, UTF-8 with replacement; None for anything else.

    None also when it may never be read, is larger than `max_bytes`, is binary, is gone, may not be opened, or is a link
    that leaves the root or points at what may never be read. Opening never waits, not even for a FIFO without a writer.
    """
    try:
        base, real = root.resolve(), path.resolve()
        if not real.is_relative_to(base) or never_read(path) or never_read(real.relative_to(base)):
            return None
        # Windows (untested) has neither flag; there a name that blocks on open is caught by the stat alone.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        if not stat.S_ISREG(real.stat().st_mode):
            return None
        handle = os.open(real, flags | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError, RuntimeError):  # gone, forbidden, a NUL in the name, a loop of links
        return None
    with os.fdopen(handle, "rb") as file:
        # Asked again of what was really opened: the name may have been replaced in between.
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > max_bytes:
            return None
        try:
            data = file.read(max_bytes + 1)
        except OSError:
            return None
    if len(data) > max_bytes or b"\0" in data[:8192]:
        return None
    return data.decode("utf-8-sig", "replace")


class Unread(Enum):
    """Why a file is left out."""

    LINK = "a link"
    NO_FILE = "no regular file"
    NEVER = "never read, by its name"
    IGNORED = "excluded by an ignore file"
    TOOL = "a folder of tools or packages"
    FORBIDDEN = "a folder that may not be read"
    TOO_MANY = "more files than are read"
    TOO_LARGE = "too large"
    UNREADABLE = "not readable as text"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that is left out, and why."""

    path: Path
    why: Unread


def walk(root: Path, limit: int) -> Iterator[Path]:
    """Up to `limit` regular files below `root` that may be read, near ones first, each folder in order of names.

    Skips links, folders of tools and packages, what `.gitignore` and `.kirejiignore` files of any level exclude, and
    what `never_read` names.
    """
    return (found for found in survey(root, limit, lambda _: True) if isinstance(found, Path))


def survey(root: Path, limit: int, wanted: Callable[[str], bool]) -> Iterator[Path | Skipped]:
    """As `walk`, for files whose name is `wanted`; says of each of those that is skipped, and of each folder, why."""
    folders: list[tuple[Path, str, Rules]] = [(root, "", Rules())]
    for folder, prefix, inherited in folders:
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError:
            yield Skipped(folder, Unread.FORBIDDEN)
            continue
        # Most folders have none, and to look for one costs more than all else here.
        here = {entry.name for entry in entries if entry.name in (GIT_FILE, OWN_FILE)}
        said = _with(inherited, root, folder, prefix, here) if here else inherited
        for entry in entries:
            where = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name in _SKIPPED_FOLDERS:
                    yield Skipped(folder / entry.name, Unread.TOOL)
                elif said.exclude(where + "/"):
                    yield Skipped(folder / entry.name, Unread.IGNORED)
                else:
                    folders.append((folder / entry.name, where + "/", said))
            elif wanted(entry.name):
                # Asked of the disk's own list, not of the file: a FIFO without a writer would wait for ever if it were opened.
                if (why := _why_not(entry, where, said)) is not None:
                    yield Skipped(folder / entry.name, why)
                elif limit <= 0:
                    yield Skipped(folder / entry.name, Unread.TOO_MANY)
                    return
                else:
                    limit -= 1
                    yield folder / entry.name


def excluded(path: Path, root: Path) -> Unread | None:
    """Why a file below `root` is left out by its name and by the ignore files; None where it may be read.

    Reads the ignore files between the two, and nothing else. A path outside the root is FORBIDDEN.
    """
    try:
        relative = path.relative_to(root)
    except ValueError:
        return Unread.FORBIDDEN
    if never_read(relative):
        return Unread.NEVER
    said = Rules()
    where, folder = "", root
    for part in relative.parts:
        said = _with(said, root, folder, where, (GIT_FILE, OWN_FILE))
        folder, last = folder / part, part == relative.parts[-1] and folder / part == path
        if not last and part in _SKIPPED_FOLDERS:
            return Unread.TOOL
        if said.exclude(where + part + ("" if last else "/")):
            return Unread.IGNORED
        where += part + "/"
    return None


def _why_not(entry: os.DirEntry[str], where: str, rules: Rules) -> Unread | None:
    if entry.is_symlink():
        return Unread.LINK
    if not entry.is_file(follow_symlinks=False):
        return Unread.NO_FILE
    if never_read(where):
        return Unread.NEVER
    return Unread.IGNORED if rules.exclude(where) else None


def _with(rules: Rules, root: Path, folder: Path, prefix: str, names: Container[str]) -> Rules:
    """With what the ignore files of one more folder say, of those that are there."""
    git, own = (
        (read_text(folder / name, root, MAX_IGNORE_BYTES) or "") if name in names else ""
        for name in (GIT_FILE, OWN_FILE)
    )
    return rules.below(git, own, prefix)
