"""Behind a company's proxy, with its certificates: by the usual variables of the environment, in both dialects."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.chat_api import ChatApi
from support.company import HOST, Authority, Proxy, authority
from support.messages_api import MessagesApi, script
from support.serving import Served, serving

URI = "file:///project/shop.py"
TEXT = "def total(prices: list[int]) -> int:\n    return \n"


def claude() -> MessagesApi:
    return MessagesApi(script("return sum(prices)"), key="sk-ant-behind-the-proxy")


def own() -> MessagesApi:
    return ChatApi(script("sum(prices)"), key="sk-own-behind-the-proxy")


async def suggested(served: Served) -> list[str]:
    """What is suggested behind the `return`."""
    await served.client.initialize()
    served.client.open(URI, TEXT)
    place = {"textDocument": {"uri": URI}, "position": {"line": 1, "character": 11}}
    found: Any = await served.client.request("textDocument/inlineCompletion", place | {"context": {"triggerKind": 1}})
    return [item["insertText"] for item in (found["items"] if isinstance(found, dict) else found)]


def at(api: MessagesApi, host: str) -> dict[str, Any]:
    """The environment that leads to an API by another name for it."""
    return {name: value.replace(api.url, f"https://{host}") for name, value in api.environment.items()}


def hashed(certificate: Path, folder: Path) -> Path:
    """A folder with the certificate under the name by which OpenSSL looks for it."""
    folder.mkdir()
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl here, which alone knows that name")
    command = [program, "x509", "-hash", "-noout", "-in", str(certificate)]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    shutil.copy(certificate, folder / f"{name}.0")
    return folder


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("company"))


@pytest.mark.parametrize("dialect", [claude, own])
async def test_all_goes_through_the_proxy_which_reads_nothing(
    tmp_path: Path, company: Authority, dialect: Callable[[], MessagesApi]
) -> None:
    api = dialect()
    api.tls = company.server
    async with api, Proxy(api.port) as proxy:
        environment = at(api, HOST) | {"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(company.certificate)}
        async with serving(tmp_path, None, **environment) as served:
            assert await suggested(served) == ["sum(prices)"]
        assert proxy.asked == [f"{HOST}:443"]
        assert b"behind-the-proxy" not in proxy.seen and b"prices" not in proxy.seen


async def test_no_proxy_means_none(tmp_path: Path, company: Authority) -> None:
    api = claude()
    api.tls = company.server
    async with api, Proxy(api.port) as proxy:
        environment = at(api, f"localhost:{api.port}")
        environment |= {"HTTPS_PROXY": proxy.url, "NO_PROXY": "localhost", "SSL_CERT_FILE": str(company.certificate)}
        async with serving(tmp_path, None, **environment) as served:
            assert await suggested(served) == ["sum(prices)"]
        assert proxy.asked == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="nothing here names a certificate by its hash")
async def test_certificates_may_lie_in_a_folder(tmp_path: Path, company: Authority) -> None:
    folder = hashed(company.certificate, tmp_path / "certificates")
    api = claude()
    api.tls = company.server
    async with api:
        environment = at(api, f"localhost:{api.port}") | {"SSL_CERT_DIR": str(folder)}
        async with serving(tmp_path, None, **environment) as served:
            assert await suggested(served) == ["sum(prices)"]


@pytest.mark.parametrize("dialect", [claude, own])
async def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    tmp_path: Path, company: Authority, dialect: Callable[[], MessagesApi]
) -> None:
    api = dialect()
    api.tls = company.server
    async with api:
        async with serving(tmp_path, None, **at(api, f"localhost:{api.port}")) as served:
            assert await suggested(served) == []
            await served.client.shutdown()
            await served.process.wait()
        assert api.asked == []
    with closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as store:
        assert store.execute("SELECT DISTINCT reason FROM outcomes").fetchall() == [("UNREACHABLE",)]


@pytest.mark.parametrize("dialect", [claude, own])
async def test_what_is_not_encrypted_goes_through_no_proxy(tmp_path: Path, dialect: Callable[[], MessagesApi]) -> None:
    api = dialect()
    async with api, Proxy(api.port) as proxy:
        environment: dict[str, Any] = {"HTTP_PROXY": proxy.url, "ALL_PROXY": proxy.url}
        async with serving(tmp_path, api, **environment) as served:
            assert await suggested(served) == ["sum(prices)"]
        assert proxy.asked == []
