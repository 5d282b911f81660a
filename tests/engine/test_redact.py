"""Secrets do not leave: every format, wherever it stands.

Samples are made at run time, so that no scanner trips on this file.
"""

from __future__ import annotations

import ast
import json
import random
import string
from itertools import islice
from pathlib import Path

import pytest

import kireji
from bench.secrets import hostile, milliseconds, slowest, sources
from kireji.base.text import line_at, line_span, make_document
from kireji.base.types import ContextItem, ContextPack, Document, Dropped, ItemKind, Shape, Site, SiteKind, Span
from kireji.engine.context.redact import redact, site_is_secret
from kireji.engine.context.secrets import find_secrets

HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits
BASE62 = string.ascii_letters + string.digits
BASE64 = BASE62 + "+/"
UUID = "8-4-4-4-12"

# name of the format, what it opens with, then (length, alphabet) or literal pieces in turn
SAMPLES: list[tuple[str, tuple[str | tuple[int, str], ...]]] = [
    ("aws-access-key-id", ("AKIA", (16, UPPER))),
    ("aws-access-key-id", ("ASIA", (16, UPPER))),
    ("aws-bedrock-key", ("ABSK", (109, BASE64))),
    ("aws-mws-token", ("amzn.mws.", UUID)),
    ("github-token", ("ghp_", (36, BASE62))),
    ("github-token", ("gho_", (36, BASE62))),
    ("github-token", ("ghu_", (36, BASE62))),
    ("github-token", ("ghs_", (36, BASE62))),
    ("github-token", ("ghr_", (36, BASE62))),
    ("github-fine-grained", ("github_pat_", (22, BASE62), "_", (59, BASE62))),
    ("gitlab-token", ("glpat-", (20, BASE62))),
    ("gitlab-token", ("gldt-", (20, BASE62))),
    ("gitlab-token", ("glrt-", (20, BASE62))),
    ("gitlab-runner", ("GR1348941", (20, BASE62))),
    ("bitbucket-token", ("ATBB", (32, BASE62))),
    ("atlassian-token", ("ATATT3", (180, BASE62))),
    ("anthropic-key", ("sk-ant-", "api03-", (95, BASE62))),
    ("openrouter-key", ("sk-or-v1-", (64, HEX))),
    ("openai-key", ("sk-", (48, BASE62))),
    ("openai-key", ("sk-proj-", (80, BASE62 + "_-"))),
    ("openai-key", ("sk-svcacct-", (60, BASE62))),
    ("google-api-key", ("AIza", (35, BASE62))),
    ("google-oauth-secret", ("GOCSPX-", (28, BASE62))),
    ("google-access-token", ("ya29.", (60, BASE62))),
    ("google-refresh-token", ("1//0", (60, BASE62))),
    ("slack-token", ("xoxb-", (12, string.digits), "-", (12, string.digits), "-", (24, BASE62))),
    ("slack-token", ("xoxp-", (12, string.digits), "-", (32, HEX))),
    ("slack-token", ("xapp-", "1-", (11, UPPER), "-", (13, string.digits), "-", (64, HEX))),
    ("slack-webhook", ("hooks.slack.com/", "services/T", (8, UPPER), "/B", (8, UPPER), "/", (24, BASE62))),
    ("stripe-key", ("sk_live_", (24, BASE62))),
    ("stripe-key", ("rk_live_", (24, BASE62))),
    ("stripe-key", ("sk_test_", (24, BASE62))),
    ("stripe-webhook-secret", ("whsec_", (32, BASE62))),
    ("npm-token", ("npm_", (36, BASE62))),
    ("npm-auth-token", ("_authToken=", (36, BASE62))),
    ("pypi-token", ("pypi-AgE", "IcHlwaS5vcmc", (80, BASE62))),
    ("rubygems-key", ("rubygems_", (48, HEX))),
    ("crates-token", ("cio", (32, BASE62))),
    ("nuget-key", ("oy2", (43, LOWER))),
    ("clojars-token", ("CLOJARS_", (60, LOWER))),
    ("packagist-token", ("packagist_", "uut_", (68, HEX))),
    ("docker-token", ("dckr_pat_", (27, BASE62))),
    ("huggingface-token", ("hf_", (34, BASE62))),
    ("replicate-token", ("r8_", (37, BASE62))),
    ("groq-key", ("gsk_", (52, BASE62))),
    ("perplexity-key", ("pplx-", (48, BASE62))),
    ("xai-key", ("xai-", (80, BASE62))),
    ("nvidia-key", ("nvapi-", (64, BASE62))),
    ("langchain-key", ("lsv2_pt_", (32, HEX), "_", (10, HEX))),
    ("tavily-key", ("tvly-", (32, BASE62))),
    ("pinecone-key", ("pcsk_", (60, BASE62))),
    ("jina-key", ("jina_", (60, BASE62))),
    ("fireworks-key", ("fw_", (24, BASE62))),
    ("wandb-key", ("wandb_v1_", (40, BASE62))),
    ("sendgrid-key", ("SG.", (22, BASE62), ".", (43, BASE62))),
    ("mailgun-key", ("key-", (32, HEX))),
    ("brevo-key", ("xkeysib-", (64, HEX), "-", (16, BASE62))),
    ("resend-key", ("re_", (8, BASE62), "_", (24, BASE62))),
    ("twilio-key", ("SK", (32, HEX))),
    ("digitalocean-token", ("dop_v1_", (64, HEX))),
    ("heroku-key", ("HRKU-", "AA", (58, BASE62))),
    ("fly-token", ("fm2_", (100, BASE64))),
    ("vercel-token", ("vcp_", (40, BASE62))),
    ("netlify-token", ("nfp_", (36, BASE62))),
    ("render-key", ("rnd_", (32, BASE62))),
    ("cloudflare-origin-key", ("v1.0-", (24, HEX), "-", (146, HEX))),
    ("databricks-token", ("dapi", (32, HEX))),
    ("planetscale-token", ("pscale_tkn_", (43, BASE62))),
    ("supabase-key", ("sbp_", (40, HEX))),
    ("neon-key", ("napi_", (64, LOWER))),
    ("vault-token", ("hvs.", (95, BASE62))),
    ("terraform-token", (".atlasv1.", (67, BASE62))),
    ("pulumi-token", ("pul-", (40, HEX))),
    ("doppler-token", ("dp.pt.", (43, BASE62))),
    ("onepassword-token", ("ops_eyJ", (200, BASE62))),
    ("age-secret-key", ("AGE-SECRET-KEY-1", (58, UPPER))),
    ("tailscale-key", ("tskey-", "auth-", (12, BASE62), "-", (32, BASE62))),
    ("infracost-key", ("ico-", (32, BASE62))),
    ("newrelic-key", ("NRAK-", (27, UPPER))),
    ("grafana-token", ("glsa_", (32, BASE62), "_", (8, HEX))),
    ("sentry-token", ("sntryu_", (64, HEX))),
    ("honeycomb-key", ("hcaik_", (58, LOWER))),
    ("dynatrace-token", ("dt0c01.", (24, UPPER), ".", (64, UPPER))),
    ("posthog-key", ("phx_", (43, BASE62))),
    ("sonarqube-token", ("squ_", (40, HEX))),
    ("circleci-token", ("CCIPAT_", (22, BASE62), "_", (40, HEX))),
    ("buildkite-token", ("bkua_", (40, HEX))),
    ("jfrog-token", ("AKCp", (69, BASE62))),
    ("shopify-token", ("shpat_", (32, HEX))),
    ("square-token", ("sq0atp-", (22, BASE62))),
    ("facebook-token", ("EAAB", (180, BASE62))),
    ("braintree-token", ("access_token$", "production$", (16, LOWER), "$", (32, HEX))),
    ("razorpay-key", ("rzp_live_", (14, BASE62))),
    ("plaid-token", ("access-production-", UUID)),
    ("flutterwave-key", ("FLWSECK-", (32, HEX), "-X")),
    ("linear-key", ("lin_api_", (40, BASE62))),
    ("notion-token", ("ntn_", (46, BASE62))),
    ("airtable-token", ("pat", (14, BASE62), ".", (64, HEX))),
    ("figma-token", ("figd_", (40, BASE62))),
    ("dropbox-token", ("sl.", (140, BASE62))),
    ("postman-key", ("PMAK-", (24, HEX), "-", (34, HEX))),
    ("discord-webhook", ("discord.com/api/webhooks/", (18, string.digits), "/", (68, BASE62))),
    ("telegram-token", (":AA", (33, BASE62))),
    ("contentful-token", ("CFPAT-", (43, BASE62))),
    ("mapbox-secret", ("sk.eyJ", (60, BASE62), ".", (22, BASE62))),
    ("readme-key", ("rdme_", (70, LOWER))),
    ("prefect-key", ("pnu_", (36, BASE62))),
    ("typeform-token", ("tfp_", (59, BASE62))),
    ("hubspot-token", ("pat-na1-", UUID)),
    ("shippo-token", ("shippo_live_", (40, HEX))),
    ("easypost-key", ("EZAK", (54, BASE62))),
    ("duffel-token", ("duffel_live_", (43, BASE62))),
    ("frameio-token", ("fio-u-", (64, BASE62))),
    ("alibaba-key-id", ("LTAI", (20, BASE62))),
    ("tencent-key-id", ("AKID", (32, BASE62))),
    ("yandex-key", ("AQVN", (38, BASE62))),
    ("azure-storage-key", ("AccountKey=", (86, BASE64), "==")),
    ("azure-client-secret", ("8Q~", (34, BASE62))),
    ("azure-sas", ("&sig=", (43, BASE62), "%3D")),
    ("jwt", ("eyJ", (20, BASE62), ".eyJ", (60, BASE62), ".", (43, BASE62))),
]


def make(pieces: tuple[str | tuple[int, str], ...], seed: str) -> str:
    """A sample of a format, the same each time."""
    dice = random.Random(seed)
    text = ""
    for piece in pieces:
        if piece == UUID:
            text += "-".join("".join(dice.choice(HEX) for _ in range(n)) for n in (8, 4, 4, 4, 12))
        else:
            text += piece if isinstance(piece, str) else "".join(dice.choice(piece[1]) for _ in range(piece[0]))
    return text


PLACES = {
    "code": 'client = connect("{}")\n',
    "keyword": "run(value='{}', retries=3)\n",
    "comment": "# used to be {} until spring\n",
    "shell": "export NAME={}\n",
    "json": '{{"name": "{}"}}\n',
    "notebook": '"source": ["connect(\\"{}\\")\\n"]\n',
}


def make_site(marked: str) -> Site:
    """A site at `$0`."""
    offset = marked.index("$0")
    document = make_document("file:///w/main.py", "/w/main.py", "python", 1, marked.replace("$0", "", 1))
    line = line_span(document.text, document.lines, line_at(document.lines, offset))
    before, after = document.text[line.start : offset], document.text[offset : line.end]
    return Site(document, offset, SiteKind.CODE, Shape.LINE, Span(0, len(document.text)), "", before, after)


def window(site: Site) -> tuple[ContextItem, ContextItem]:
    text, offset, uri = site.document.text, site.offset, site.document.uri
    return (
        ContextItem(ItemKind.WINDOW_BEFORE, uri, Span(0, offset), text[:offset]),
        ContextItem(ItemKind.WINDOW_AFTER, uri, Span(offset, len(text)), text[offset:]),
    )


def check_redacted(site: Site, items: tuple[ContextItem, ...], secret: str, rule: str) -> None:
    """No piece of eight characters of the secret is left anywhere, lines keep their number, and the rule is named."""
    pack = redact(ContextPack(site, items), ())
    assert len(pack.items) == len(items)
    left = "\n".join(item.text for item in pack.items)
    longest = max(secret.split("\n"), key=len)
    assert not any(longest[i : i + 8] in left for i in range(len(longest) - 7))
    assert [i.text.count("\n") for i in pack.items] == [i.text.count("\n") for i in items]
    assert rule in {r.rule for r in pack.redactions}
    assert f"<redacted:{rule}>" in left


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", range(len(SAMPLES)))
def test_every_format_in_every_place(number: int, place: str) -> None:
    rule, pieces = SAMPLES[number]
    sample = make(pieces, f"{number}{place}")
    line = PLACES[place].format(f"123456789{sample}" if rule == "telegram-token" else sample)
    site = make_site(f"import x\n{line}$0\nx.run()\n")
    # Where the opening is no secret (a host, a parameter's name), it may stay.
    secret = sample.removeprefix(str(pieces[0])) if rule != "jwt" else sample
    check_redacted(site, window(site), secret, rule)


def _named(rule: str, line: str) -> str:
    """The rule that speaks for the place: a longer hit around it may come first."""
    hits = {hit.rule for hit in find_secrets(line)}
    assert hits, line
    return rule if rule in hits else hits.pop()


def test_the_table_is_long_enough() -> None:
    assert len({rule for rule, _ in SAMPLES}) >= 60


def test_in_another_file_and_in_dropped_items() -> None:
    secret = make(("ghp_", (36, BASE62)), "other")
    site = make_site("x = 1\n$0\n")
    other = ContextItem(ItemKind.SIGNATURE, "file:///w/other.py", Span(0, 50), f'TOKEN = "{secret}"')
    opened = ContextItem(ItemKind.OPEN_FILE, "file:///w/tab.py", Span(9, 59), f"# {secret}")
    pack = redact(ContextPack(site, (other, opened, *window(site)), (Dropped(other, "over"),)), ())
    assert secret not in repr(pack.items) + "".join(i.text for i in pack.items)
    assert [d.item.text for d in pack.dropped] == [""]
    assert [(r.uri, r.span.start) for r in pack.redactions] == [(other.uri, 9), (opened.uri, 11)]


def test_a_file_that_is_never_read_is_never_sent() -> None:
    site = make_site("x$0")
    item = ContextItem(ItemKind.OPEN_FILE, "file:///w/a%20b/.env.local", Span(0, 3), "A=b")
    pack = redact(ContextPack(site, (item, *window(site))), ())
    assert [i.kind for i in pack.items] == [ItemKind.WINDOW_BEFORE, ItemKind.WINDOW_AFTER]
    assert [(d.why, d.item.text) for d in pack.dropped] == [("never read", "")]


LITERALS = {
    "AWS_SESSION_TOKEN=" + "FwoGZXIvYXdzEJr" + "9Kq2Lx7Tz4" * 60: "9Kq2Lx7Tz4" * 60,
    "a_very_long_name_of_a_setting_that_holds_a_token_for_the_service = 'aB3dE5gH7jK9mN1pQ3'": "aB3dE5gH7jK9mN1pQ3",
    'password = "Tr0ub4dor&3"': "Tr0ub4dor&3",
    "DB_PASSWORD: 'kT9#mPq2'": "kT9#mPq2",
    'aws_secret_access_key = "'
    + "wJalr"
    + 'XUtnFEMI/K7MDENG/bPxRfiCYz9Qm2Ls7Xv"': "XUtnFEMI/K7MDENG/bPxRfiCYz9Qm2Ls7Xv",
    "AWS_SECRET_ACCESS_KEY=" + "wJalr" + "XUtnFEMI/K7MDENG/bPxRfiCYz9Qm2Ls7Xv": "XUtnFEMI/K7MDENG/bPxRfiCYz9Qm2Ls7Xv",
    '"api_key": "9f8e7d6c5b4a39281706f5e4d3c2b1a0"': "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    'const apiKey: string = "aB3dE5gH7jK9mN1pQ3"': "aB3dE5gH7jK9mN1pQ3",
    'SecretKey := "aB3dE5gH7jK9mN1pQ3"': "aB3dE5gH7jK9mN1pQ3",
    'os.environ["API_TOKEN"] = "aB3dE5gH7jK9mN1pQ3"': "aB3dE5gH7jK9mN1pQ3",
    'set_password("Xk29!vLmQpz")': "Xk29!vLmQpz",
    'headers["Authorization"] = "Bearer 8f2c1b7de49a4f50a6a1c3d9"': "8f2c1b7de49a4f50a6a1c3d9",
    '"password = \\"Xk29vLmQpz\\"\\n",': "Xk29vLmQpz",
    'dsn = "Server=db;Password=Xy7!kL9pQ2;Timeout=3"': "Xy7!kL9pQ2",
    'url = "postgres://admin:s3cr3tP4ss@db.internal:5432/app"': "s3cr3tP4ss",
    "client_secret: Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==": "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==",
    'secret = (\n    "aB3dE5gH7jK9mN1pQ3"\n)': "aB3dE5gH7jK9mN1pQ3",
}


@pytest.mark.parametrize("line", LITERALS)
def test_literals_of_telling_names(line: str) -> None:
    site = make_site(f"a = 1\n{line}\n$0\n")
    check_redacted(site, window(site), LITERALS[line], _named("secret-literal", line))


CLEAN = """
"output_token": "StreamDescription.Shards[-1].ShardId2"
SALT_CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
token: "0x2dc3685cA34163952CF4A5395b0039c00DFa851D"
"ChangePassword": "arn:aws:iam::aws:policy/IAMUserChangePassword"
password = "changeme"
password = "your-password-here"
password = os.environ["DB_PASSWORD"]
password = "${DB_PASSWORD}"
password = "{{ vault_password }}"
password = getpass("Password: ")
password_field = "password_confirmation"
token = get_token("abc")
token: str = field(default="access_token")
TOKEN_URL = "https://example.com/oauth/token"
secret_name = "projects/app/secrets/db-password"
api_key = "YOUR_API_KEY_HERE"
api_key = config.api_key
"tokenizer": "BertTokenizerFast"
if token == "identifier_or_keyword":
TOKEN_TYPES = {"token": "string_literal_with_prefix"}
url = "http://user:password@host/"
url = "https://example.com:8080/@scope/name"
url = f"https://{user}:{password}@{host}"
sk-this-is-a-css-class-name-of-some-kind
commit = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
id = "123e4567-e89b-12d3-a456-426614174000"
if "-----BEGIN RSA PRIVATE KEY-----" in text: return parse_private_key_from_the_text(text)
-----BEGIN CERTIFICATE-----
digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
integrity = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk
"""


@pytest.mark.parametrize("line", CLEAN.strip().splitlines())
def test_clean_lines_stay_as_they_are(line: str) -> None:
    assert find_secrets(f"a = 1\n{line}\nb = 2\n") == ()


def pem(kind: str = "RSA ", lines: int = 12) -> str:
    body = [make(((64, BASE64),), f"{kind}{i}") for i in range(lines)]
    return "\n".join([f"-----BEGIN {kind}PRIVATE KEY-----", *body, "QmFzZTY0==", f"-----END {kind}PRIVATE KEY-----"])


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "DSA "])
def test_private_key_whole(kind: str) -> None:
    site = make_site(f'KEY = """{pem(kind)}"""\n$0\n')
    check_redacted(site, window(site), pem(kind), "private-key")
    assert redact(ContextPack(site, window(site)), ()).items[0].text.endswith('"""\n')


def test_private_key_as_source() -> None:
    quoted = pem().replace("\n", '\\n"\n    "')
    joined = pem().replace("\n", '\\n" +\n    "')
    single = pem().replace("\n", "\\n")
    for text in (quoted, joined, single):
        site = make_site(f'KEY = (\n    "{text}"\n)\nother = 1\n$0\n')
        check_redacted(site, window(site), text, "private-key")
        assert "other = 1" in redact(ContextPack(site, window(site)), ()).items[0].text


def test_private_key_cut_off_at_either_end_of_the_window() -> None:
    text = f"a = 1\n{pem()}\nb = 2\n"
    lines = text.split("\n")
    site = make_site(text + "$0")
    for start in range(1, 16):
        for end in range(start + 1, 17):
            part = "\n".join(lines[start:end])
            at = text.index(part)
            item = ContextItem(ItemKind.WINDOW_BEFORE, site.document.uri, Span(at, at + len(part)), part)
            left = redact(ContextPack(site, (item,)), ()).items[0].text
            assert not any(line in left for line in pem().split("\n")[1:-1]), (start, end)
            # The same without the document to look at, where either end of the key is there.
            elsewhere = ContextItem(ItemKind.OPEN_FILE, "file:///w/other.py", Span(0, len(part)), part)
            if "PRIVATE KEY" in part and end - start > 1:
                left = redact(ContextPack(site, (elsewhere,)), ()).items[0].text
                assert not any(line in left for line in pem().split("\n")[1:-2]), (start, end)


def test_a_secret_with_the_cursor_inside_is_seen_whole() -> None:
    secret = make(("ghp_", (36, BASE62)), "split")
    for at in range(1, len(secret)):
        site = make_site(f'x = "{secret[:at]}$0{secret[at:]}"\n')
        pack = redact(ContextPack(site, window(site)), ())
        assert [i.text for i in pack.items] == ['x = "<redacted:github-token>', '<redacted:github-token>"\n']
        assert site_is_secret(site)


SECRET_SITES = {
    "before": ("a\nx = '{}'; $0\nb\n", True),
    "after": ("a\n$0x = '{}'\nb\n", True),
    "the line above": ("x = '{}'\n$0\n", False),
    "the line below": ("$0\nx = '{}'\n", False),
    "far": ("x = '{}'\n" + "y = 1\n" * 2000 + "$0\n", False),
}


@pytest.mark.parametrize("name", SECRET_SITES)
def test_site_is_secret(name: str) -> None:
    text, expected = SECRET_SITES[name]
    assert site_is_secret(make_site(text.format(make(("npm_", (36, BASE62)), name)))) is expected


def test_site_within_a_private_key_is_secret() -> None:
    lines = ["a = 1", *pem(lines=90).split("\n"), "b = 2"]
    marked = [make_site("\n".join([*lines[:i], "$0" + lines[i], *lines[i + 1 :]])) for i in range(len(lines))]
    assert [site_is_secret(site) for site in marked] == [False] + [True] * (len(lines) - 2) + [False]


def test_line_ends_are_kept() -> None:
    text = pem().replace("\n", "\r\n")
    site = make_site(f"a\r\n{text}\r\nb\r\n$0")
    left = redact(ContextPack(site, window(site)), ()).items[0].text
    assert left == "a\r\n<redacted:private-key>" + "\r\n" * 14 + "\r\nb\r\n"


def test_hostile_text_takes_no_longer_than_other_text() -> None:
    """A tenth of what `make bench-context` tries. What a loaded machine adds is allowed for; a pattern that tries each length
    anew takes ten times as long."""
    took, text = slowest(islice(hostile(), None, None, 10))
    assert took < 40, repr(text[:60])


@pytest.mark.parametrize("text", ["token = 'aA1", "pwd=", "-eyJ", "-----BEGIN PRIVATE KEY-----\n", "A" * 63 + "\n"])
def test_hostile_text_takes_time_by_its_length(text: str) -> None:
    """Four times the text takes about four times the time; a quadratic pattern would take sixteen times as long."""
    short = text * (32_768 // len(text))
    assert milliseconds(short * 4) < 10 * milliseconds(short) + 20


def test_clean_files_are_left_as_they_are() -> None:
    """A part of what `make bench-context` reads: of its files, one in a thousand may have a hit."""
    files = list(islice(sources([Path(json.__file__).parents[1]]), None, 500))
    found = [path.name for path, text in files if find_secrets(text)]
    assert len(files) == 500
    assert len(found) <= 1, found


def test_only_redact_makes_a_redacted_pack() -> None:
    """Whoever renders takes a RedactedPack, and this is the only door to one; `replace` keeps what it is."""
    package = Path(kireji.__file__).parent
    makers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _called(node) == "RedactedPack"
    }
    assert makers == {"engine/context/redact.py"}


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def test_documents_stay_as_they_are() -> None:
    site = make_site("x = 1\n$0\n")
    pack = redact(ContextPack(site, window(site)), ())
    assert isinstance(site.document, Document) and pack.items == window(site) and pack.redactions == ()
