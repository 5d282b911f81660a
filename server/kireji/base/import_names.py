"""Whether a module may come with a declared dependency: packages are not always called as what is imported of them.

Says "may" rather than "not" where it does not know: it is asked before something is refused. Looks nothing up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import MappingProxyType

# Names that no rule below leads to, as they have become known to all who use them.
_KNOWN = MappingProxyType(
    {
        "antlr4": "antlr4-python3-runtime",
        "attr": "attrs",
        "bs4": "beautifulsoup4",
        "cairo": "pycairo",
        "cv2": "opencv",
        "dns": "dnspython",
        "docx": "python-docx",
        "fitz": "pymupdf",
        "gi": "pygobject",
        "git": "gitpython",
        "google": "protobuf",
        "grpc": "grpcio",
        "jose": "python-jose",
        "jwt": "pyjwt",
        "magic": "python-magic",
        "MySQLdb": "mysqlclient",
        "nacl": "pynacl",
        "OpenSSL": "pyopenssl",
        "osgeo": "gdal",
        "PIL": "pillow",
        "pkg_resources": "setuptools",
        "psycopg2": "psycopg2-binary",
        "pwiz": "peewee",
        "serial": "pyserial",
        "skimage": "scikit-image",
        "sklearn": "scikit-learn",
        "socks": "pysocks",
        "Crypto": "pycryptodome",
        "usb": "pyusb",
        "win32api": "pywin32",
        "yaml": "pyyaml",
        "zmq": "pyzmq",
    }
)
_PARTS = re.compile(r"[-_.]+")
_AFFIXES = ("python", "py", "lib")


def may_come_with(module: str, dependencies: Iterable[str]) -> str | None:
    """The dependency that a top-level module may come with; None when it is none of these."""
    wanted = _folded(module)
    known = _folded(_KNOWN.get(module, module))
    for dependency in dependencies:
        name = _folded(dependency)
        parts = _PARTS.split(dependency.lower())
        # The first part is often a namespace (`google-cloud-storage`), the last what is imported (`ruamel.yaml`).
        if name in (wanted, known) or wanted in (parts[0], parts[-1]):
            return dependency
        if known != wanted and name.startswith(known):
            return dependency
        if any(name in (f"{affix}{wanted}", f"{wanted}{affix}") for affix in _AFFIXES):
            return dependency
    return None


def _folded(name: str) -> str:
    return _PARTS.sub("", name.lower())
