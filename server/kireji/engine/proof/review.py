"""Which changes a person must look at whatever was proved: those that touch authentication, cryptography or input validation.

Knows words only, in names and paths; it would rather point at too much. The table is data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import PurePath
from types import MappingProxyType

from kireji.base.types import Change, ChangeSet, Document, Span

# Single words as they stand in names, whatever joins them; two words where one alone is too common.
_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "authentication": """
            auth authn authz authenticate authenticated authentication authorize authorized authorization authorise oauth oauth2
            oidc saml ldap login logout signin password passwd passphrase credential credentials jwt bearer permission
            permissions acl rbac csrf xsrf sso totp mfa otp impersonate sudo setuid privilege privileges session+token
            access+token refresh+token api+key session+id is+admin has+role require+role current+user set+cookie
        """,
        "cryptography": """
            crypto cryptography cipher ciphertext encrypt encrypted encryption decrypt decrypted decryption hmac hashlib sha1
            sha256 sha512 md5 bcrypt scrypt argon2 pbkdf2 aes rsa ecdsa ed25519 x509 tls ssl certificate keypair nonce salt
            signature verifier compare+digest private+key public+key secret+key random+bytes urandom secrets token+hex
            token+bytes getrandom openssl libsodium subtle webcrypto
        """,
        "input validation": """
            validate validated validates validator validators validation sanitize sanitized sanitizer sanitise escape escaped
            unescape quoteattr purify allowlist denylist whitelist blacklist is+valid check+input clean+input parse+request
            max+length content+type path+traversal realpath is+relative prepared execute+sql
        """,
    }
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*|\d+")
_AROUND = 40
_HEADS = re.compile(
    r"^[ \t]*(?:export |public |private |static |async |pub )*(?:def|class|func|fn|function)\b.*$", re.M
)


def concerns(changes: ChangeSet) -> Mapping[str, tuple[str, ...]]:
    """What each changed file touches, by its address; files that touch nothing of the kind are left out."""
    found = {edit.document.uri: _touched(_told(edit.document, edit.changes)) for edit in changes.edits}
    found |= {new.uri: _touched([_named(new.path), new.text]) for new in changes.created}
    return MappingProxyType({uri: touched for uri, touched in found.items() if touched})


def _told(document: Document, changes: tuple[Change, ...]) -> Iterable[str]:
    """The file's own name, what went and came, and the lines that head what it stands in."""
    yield _named(document.path or document.uri)
    for change in changes:
        yield document.text[change.span.start : change.span.end]
        yield change.text
        yield _head_of(document.text, change.span)


def _named(path: str) -> str:
    return "/".join(PurePath(path).parts[-2:])


def _head_of(text: str, span: Span) -> str:
    """The nearest line above that opens a function or a class, and the line of the change itself."""
    line = text[text.rfind("\n", 0, span.start) + 1 : span.start + _AROUND]
    heads = [match[0] for match in _HEADS.finditer(text, 0, span.start)]
    return f"{heads[-1] if heads else ''}\n{line}"


def _touched(texts: Iterable[str]) -> tuple[str, ...]:
    words: set[str] = set()
    for text in texts:
        row = [word.lower() for word in _WORD.findall(text)]
        words.update(row)
        words.update(f"{a}+{b}" for a, b in pairwise(row))
    return tuple(concern for concern, signs in _SIGNS.items() if not words.isdisjoint(signs.split()))
