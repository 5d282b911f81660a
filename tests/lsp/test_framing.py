"""Frames split anywhere, headers in any spelling, sizes nobody should believe."""

from __future__ import annotations

import json

import pytest

from kireji.lsp.framing import Decoder, Frame, FrameFault, encode

MESSAGE = {"jsonrpc": "2.0", "id": 1, "method": "x", "params": {"jsonrpc": "nested", "text": "é𝒳\u2028\ud800"}}


def check(stream: bytes, *expected: object, max_body: int = 1000) -> None:
    """The same items whole, byte by byte, and cut in two at every place."""
    pieces = [[stream], [bytes([b]) for b in stream], *([stream[:i], stream[i:]] for i in range(len(stream)))]
    for split in pieces:
        decoder = Decoder(max_body)
        items = [item for piece in split for item in decoder.feed(piece)]
        assert [i.body if isinstance(i, Frame) else i for i in items] == list(expected)


def test_a_message_survives_every_split() -> None:
    check(encode(MESSAGE) + encode({"a": 1}), MESSAGE, {"a": 1})


@pytest.mark.parametrize(
    "header",
    [
        b"content-length: 2\r\n\r\n",
        b"CONTENT-LENGTH:2\r\n\r\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length:   2  \r\n\r\n",
        b"Content-Length: 2\r\nX-Other: y\r\n\r\n",
    ],
)
def test_headers_in_any_spelling(header: bytes) -> None:
    check(header + b"{}" + encode([]), {}, [])


@pytest.mark.parametrize(
    ("stream", "fault"),
    [
        (b"Content-Length: 3\r\n\r\n{x}", FrameFault.BAD_JSON),
        (b"Content-Length: 2\r\n\r\n\xff\xfe", FrameFault.BAD_JSON),
        (b"Content-Length: 5000\r\n\r\n" + b"[" * 5000, FrameFault.TOO_LARGE),
        (b"Content-Length: -5\r\n\r\n", FrameFault.BAD_HEADER),
        (b"Content-Length: 99999999999999999999\r\n\r\n", FrameFault.BAD_HEADER),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n", FrameFault.BAD_HEADER),
        (b"X-Nothing: 1\r\n\r\n", FrameFault.BAD_HEADER),
    ],
)
def test_faults_do_not_end_the_stream(stream: bytes, fault: FrameFault) -> None:
    decoder = Decoder(max_body=1000)
    items = decoder.feed(stream + encode({"after": 1}))
    assert items == [fault, Frame({"after": 1})]


def test_nesting_beyond_the_parser_is_a_fault() -> None:
    body = b"[" * 200_000
    assert Decoder().feed(b"Content-Length: %d\r\n\r\n%b" % (len(body), body)) == [FrameFault.BAD_JSON]


def test_endless_rubbish_is_reported_and_bounded() -> None:
    decoder = Decoder()
    faults = [item for _ in range(100) for item in decoder.feed(b"x" * 1000)]
    assert set(faults) == {FrameFault.BAD_HEADER}
    assert decoder.feed(b"\r\n\r\n" + encode(MESSAGE))[-1] == Frame(MESSAGE)


def test_the_length_counts_bytes() -> None:
    header, _, body = encode(MESSAGE).partition(b"\r\n\r\n")
    assert header == b"Content-Length: %d" % len(body)
    assert json.loads(body) == MESSAGE
