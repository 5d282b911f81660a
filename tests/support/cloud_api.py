"""Stand-ins of the other ways to Claude on a loopback socket, each in its own wire format: a gateway, Bedrock, Vertex.

What is asked and answered is the Messages API's, and so are its rules; only the envelope is theirs. Bedrock's signature is
recomputed with the library that AWS itself signs with.
"""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from collections.abc import Mapping
from urllib.parse import unquote

from support.messages_api import Answer, Asked, MessagesApi, parsed
from support.messages_http import Connection, HttpRequest
from support.messages_rules import RefusalError, check_headers

ACCESS, SECRET, REGION, PROJECT = "AKIDSTANDIN", "secret-of-the-stand-in", "eu-west-9", "stand-in-7"
HAIKU_IN_BEDROCK = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
HAIKU_IN_VERTEX = "claude-haiku-4-5@20251001"
_SNAPSHOT = "claude-haiku-4-5-20251001"
_VERSION = "2026-10-21"


class GatewayApi(MessagesApi):
    """A company's gateway: the Messages API behind a header of its own."""

    def __init__(self, answer: Answer | None = None, *, header: str = "x-company-key") -> None:
        super().__init__(answer, key="company-secret")
        self.header = header

    @property
    def environment(self) -> dict[str, str]:
        """What leads a server here."""
        named = {"KIREJI_SERVER_URL": f"{self.url}/claude", "KIREJI_SERVER_KEY": self.key}
        return named | {"KIREJI_PROVIDER": "gateway", "KIREJI_AUTH_HEADER": self.header}

    def _admit(self, request: HttpRequest, asked: Asked) -> None:
        if request.headers.get(self.header) != self.key or "authorization" in request.headers:
            raise RefusalError(401, "authentication_error", "the company's key, in the company's header")
        headers = {**request.headers, "authorization": f"Bearer {self.key}"}
        headers.pop("x-api-key", None)
        check_headers(headers, self.key)
        if (request.method, request.path) != ("POST", "/claude/v1/messages"):
            raise RefusalError(404, "not_found_error", request.path)
        asked.body = parsed(request.body)


class VertexApi(MessagesApi):
    """Google Vertex: the model in the path, the version in the body, errors in Google's envelope."""

    def __init__(self, answer: Answer | None = None) -> None:
        super().__init__(answer, key="ya29.stand-in")

    @property
    def environment(self) -> dict[str, str]:
        """What leads a server here."""
        named = {"KIREJI_SERVER_URL": f"{self.url}/v1", "KIREJI_SERVER_KEY": self.key, "KIREJI_REGION": REGION}
        return named | {"KIREJI_PROVIDER": "vertex", "KIREJI_PROJECT": PROJECT, "KIREJI_MODEL": HAIKU_IN_VERTEX}

    def _admit(self, request: HttpRequest, asked: Asked) -> None:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            raise RefusalError(401, "UNAUTHENTICATED", "no valid token")
        place = f"/v1/projects/{PROJECT}/locations/{REGION}/publishers/anthropic/models/"
        if request.path != f"{place}{HAIKU_IN_VERTEX}:streamRawPredict":
            raise RefusalError(404, "NOT_FOUND", request.path)
        body = parsed(request.body)
        if body.pop("anthropic_version", None) != _VERSION or "model" in body:
            raise RefusalError(400, "INVALID_ARGUMENT", "anthropic_version in the body, the model in the path")
        asked.body = body | {"model": _SNAPSHOT}

    async def _refuse(self, connection: Connection, error: RefusalError) -> None:
        told = {"error": {"code": error.status, "message": error.message, "status": error.kind}}
        await _whole(connection, error.status, {}, told)


class BedrockApi(MessagesApi):
    """Amazon Bedrock: signed requests, the model in the path, and events in AWS's binary frames."""

    def __init__(self, answer: Answer | None = None) -> None:
        super().__init__(answer, key="")

    @property
    def environment(self) -> dict[str, str]:
        """What leads a server here, and signs for it."""
        named = {"KIREJI_SERVER_URL": self.url, "KIREJI_REGION": REGION, "KIREJI_MODEL": HAIKU_IN_BEDROCK}
        keys = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true"}
        return named | keys | {"KIREJI_PROVIDER": "bedrock"}

    def _admit(self, request: HttpRequest, asked: Asked) -> None:
        if request.headers.get("authorization") != signed(self.url, request):
            raise RefusalError(403, "InvalidSignatureException", "the signature does not match")
        path = unquote(request.path)
        if path != f"/model/{HAIKU_IN_BEDROCK}/invoke-with-response-stream":
            raise RefusalError(404, "ResourceNotFoundException", path)
        body = parsed(request.body)
        if body.pop("anthropic_version", None) != _VERSION or {"model", "stream"} & set(body):
            raise RefusalError(400, "ValidationException", "anthropic_version in the body, the model in the path")
        asked.body = body | {"model": _SNAPSHOT, "stream": True}

    async def _refuse(self, connection: Connection, error: RefusalError) -> None:
        headers = {"x-amzn-errortype": f"{error.kind}:http://internal.amazon.com/"}
        await _whole(connection, error.status, headers, {"message": error.message})

    def _wire(self, connection: Connection) -> Connection:
        return _Framed(connection)


class _Framed(Connection):
    """Writes each server-sent event as a frame of AWS's event stream."""

    def __init__(self, inner: Connection) -> None:
        self.__dict__.update(inner.__dict__)
        self._inner = inner

    async def write_head(self, status: int, headers: Mapping[str, str]) -> None:
        if headers.get("content-type", "").startswith("text/event-stream"):
            headers = {**headers, "content-type": "application/vnd.amazon.eventstream"}
        await self._inner.write_head(status, headers)

    async def write_chunk(self, data: bytes) -> None:
        found = re.fullmatch(rb"event: (\w+)\ndata: (.*)\n\n", data, re.DOTALL)
        if found is None:
            await self._inner.write_chunk(data)
            return
        if found[1] == b"ping":
            return
        if found[1] == b"error":
            told = json.loads(found[2])["error"]
            frame = _frame({":message-type": "exception", ":exception-type": told["type"]}, {"message": "played"})
        else:
            kind = {":message-type": "event", ":event-type": "chunk", ":content-type": "application/json"}
            frame = _frame(kind, {"bytes": base64.b64encode(found[2]).decode()})
        await self._inner.write_chunk(frame)

    async def write(self, data: bytes) -> None:
        await self._inner.write(data)

    async def pause(self, seconds: float) -> None:
        await self._inner.pause(seconds)

    async def wait_until_gone(self) -> None:
        await self._inner.wait_until_gone()

    def close(self) -> None:
        self._inner.close()


def signed(url: str, request: HttpRequest) -> str:
    """The header that belongs to a request by AWS's own rules, for the moment and the headers that it names itself."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    names = re.search(r"SignedHeaders=([^,]+)", request.headers.get("authorization", ""))
    if names is None:
        return "Signature=none"
    chosen = {name: request.headers[name] for name in names[1].split(";") if name in request.headers}
    ours = AWSRequest(request.method, f"{url}{request.path}", headers=chosen, data=request.body)
    ours.context["timestamp"] = request.headers["x-amz-date"]
    auth = SigV4Auth(Credentials(ACCESS, SECRET), "bedrock", REGION)
    canonical = auth.canonical_request(ours)
    signature = auth.signature(auth.string_to_sign(ours, canonical), ours)
    scope = f"{ACCESS}/{request.headers['x-amz-date'][:8]}/{REGION}/bedrock/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names[1]}, Signature={signature}"


def _frame(headers: Mapping[str, str], payload: object) -> bytes:
    body = json.dumps(payload).encode()
    head = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack(">II", 16 + len(head) + len(body), len(head))
    prelude += struct.pack(">I", zlib.crc32(prelude))
    message = prelude + head + body
    return message + struct.pack(">I", zlib.crc32(message))


async def _whole(connection: Connection, status: int, headers: Mapping[str, str], told: object) -> None:
    body = json.dumps(told).encode()
    named = {"content-type": "application/json", "content-length": str(len(body))}
    await connection.write_head(status, {**named, **headers})
    await connection.write(body)
