"""What a secret looks like: vendors' formats as data, and finding them in a text.

Every format opens with a literal, so that a text without it costs one substring search. Replaces nothing: `redact.py`
does. Names of settings that tell a secret (`password = …`) are in `telling.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kireji.base.types import Span
from kireji.engine.context.telling import telling_literals


@dataclass(frozen=True, slots=True)
class Hit:
    """A secret's format and where it stands."""

    rule: str
    span: Span


@dataclass(frozen=True, slots=True)
class _Format:
    """`pattern` begins with `literal`; the secret is its first group, or all of it."""

    name: str
    literal: str
    pattern: re.Pattern[str]


def find_secrets(text: str) -> tuple[Hit, ...]:
    """All secrets in a text, in order, overlaps joined under the name of the first. 10 ms per 32 KB at most."""
    hits = sorted(_raw(text), key=lambda hit: (hit.span.start, -hit.span.end))
    joined: list[Hit] = []
    for hit in hits:
        if joined and hit.span.start < joined[-1].span.end:
            last = joined[-1]
            joined[-1] = Hit(last.rule, Span(last.span.start, max(last.span.end, hit.span.end)))
        else:
            joined.append(hit)
    return tuple(joined)


def private_keys(text: str) -> tuple[Span, ...]:
    """Where blocks of private key material stand, whole or cut off at either end of the text."""
    return tuple(hit.span for hit in _private_keys(text))


def literals() -> Iterator[str]:
    """With what the formats open."""
    return (form.literal for form in _FORMATS)


_RUN = re.compile(r"[A-Za-z0-9_+/=.~%$@:&?-]{15,}+")


def _raw(text: str) -> Iterator[Hit]:
    # Every format is one run of at least this length, without blanks or quotes: most of a text need not be searched.
    runs = "\n".join(_RUN.findall(text))
    for form in _FORMATS:
        if form.literal in runs:
            for match in form.pattern.finditer(text):
                yield Hit(form.name, Span(*match.span(1 if match.re.groups else 0)))
    yield from _private_keys(text)
    for start, end in _urls(text):
        yield Hit("url-password", Span(start, end))
    for start, end in telling_literals(text):
        yield Hit("secret-literal", Span(start, end))


# Key material as it stands in files, and in source: quoted, joined by `+`, with written-out line ends, quoted by `>` or
# `#`.
_GLUE = r"(?:\\[nr]|[\s\"'`+\\,;#*>|()-])*+"
_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    rf"(?:{_GLUE}(?:Proc-Type|DEK-Info|Version|Comment|Hash): [^\n\\]*)*+"
    rf"{_GLUE}(?=[A-Za-z0-9+/=]{{16}})(?:[A-Za-z0-9+/=]++(?!\s*[(=.:\[])(?:\\[nr]|[\s\"'`+\\,;#*>|])*+)++"
    r"(?:-----END [A-Z0-9 ]{0,40}-----)?"
)
_PEM_END = re.compile(r"-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_PEM_LINE = re.compile(r"[\s\"'`+#*>|]*+=?[A-Za-z0-9+/=]{4,}+(?:\\[nr]|[\s\"'`+,;])*+")
_PUTTY = re.compile(r"Private-Lines: \d+\s*\n((?:[A-Za-z0-9+/=]{16,}\s*\n?)+)")


def _private_keys(text: str) -> Iterator[Hit]:
    if "PRIVATE KEY" in text:
        ends = set()
        for match in _PEM.finditer(text):
            ends.add(match.end())
            stop = len(match[0].rstrip(" \t\r\n\"'`+\\,;#*>|"))
            yield Hit("private-key", Span(match.start(), match.start() + stop))
        for match in _PEM_END.finditer(text):
            if match.end() not in ends and (start := _block_start(text, match.start())) < match.start():
                yield Hit("private-key", Span(start, match.end()))
    if "Private-Lines: " in text:
        for match in _PUTTY.finditer(text):
            yield Hit("private-key", Span(match.start(1), match.end(1) - 1))


def _block_start(text: str, end: int) -> int:
    """Where the key material starts that ends at `end`, when its opening line is not in the text."""
    start = end
    while start > 0:
        line = text.rfind("\n", 0, start - 1) + 1
        if not _PEM_LINE.fullmatch(text, line, start):
            break
        start = line
    return start


_URL = re.compile(r"://[^\s:/@\"'`<>{}$%\[\]()]{0,80}:([^\s/@\"'`<>{}\[\]()|]{4,200})@[A-Za-z0-9\[]")
_URL_PLACEHOLDER = re.compile(
    r"(?i)[*x.]+|pass(?:w(?:or)?d)?|pw|pwd|secret|token|tiger|user|username|key|apikey|api_key|changeme|example|test|my\w*|your\w*|some\w*|foo|bar|baz|guest|"
    r"(?:user|db|the|a)?_?-?pass(?:w(?:or)?d)?\d?|%\w|\$.*|%.*%|redacted.*"
)


def _urls(text: str) -> Iterator[tuple[int, int]]:
    if "://" in text:
        for match in _URL.finditer(text):
            if not _URL_PLACEHOLDER.fullmatch(match[1]):
                yield match.span(1)


# name | literals it may open with | the rest, as an expression. A group marks the secret where the opening is no part
# of it.
_TABLE = r"""
aws-access-key-id        | AKIA ASIA ABIA ACCA                   | (?![A-Z0-9]*EXAMPLE)[A-Z0-9]{16}(?![A-Za-z0-9])
aws-bedrock-key          | ABSK bedrock-api-key-                 | [A-Za-z0-9+/]{80,}={0,2}
aws-mws-token            | amzn.mws.                             | [0-9a-f-]{36}
github-token             | ghp_ gho_ ghu_ ghs_ ghr_              | [A-Za-z0-9_.-]{30,}
github-fine-grained      | github_pat_                           | [A-Za-z0-9_]{22,}
gitlab-token             | glpat- gldt- glrt- glptt- glcbt- glsoat- glft- glimt- glagent- gloas- | [A-Za-z0-9_.-]{20,}
gitlab-runner            | GR1348941 glffct-                           | [A-Za-z0-9_-]{20,}
bitbucket-token          | ATBB                                  | [A-Za-z0-9_=-]{28,}
atlassian-token          | ATATT3 ATCTT3                         | [A-Za-z0-9_=-]{40,}
anthropic-key            | sk-ant-                               | [A-Za-z0-9_-]{20,}
openrouter-key           | sk-or-v1-                             | [0-9a-f]{40,}
openai-key               | sk-proj- sk-svcacct- sk-admin- sk-None- | [A-Za-z0-9_-]{20,}
openai-key               | sk-                                   | [A-Za-z0-9]{20,}(?![A-Za-z0-9_-])
google-api-key           | AIza                                  | [A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])
google-oauth-secret      | GOCSPX-                               | [A-Za-z0-9_-]{20,}
google-access-token      | ya29.                                 | [A-Za-z0-9_-]{20,}
google-refresh-token     | 1//0                                  | [A-Za-z0-9_-]{30,}
slack-token              | xoxb- xoxa- xoxp- xoxr- xoxs- xoxo- xoxc- xoxd- xoxe- xapp- | [A-Za-z0-9%-]{10,}
slack-token              | xoxe.xoxp- xoxe.xoxb-                 | [A-Za-z0-9%-]{10,}
slack-webhook            | hooks.slack.com/                      | ((?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,})
stripe-key               | sk_live_ sk_test_ rk_live_ rk_test_ sk_org_ | [A-Za-z0-9]{16,}
stripe-webhook-secret    | whsec_                                | [A-Za-z0-9+/=]{24,}
npm-token                | npm_                                  | [A-Za-z0-9]{36}(?![A-Za-z0-9])
npm-auth-token           | _authToken=                           | ([A-Za-z0-9_-]{20,})
pypi-token               | pypi-AgE                              | [A-Za-z0-9_-]{40,}
rubygems-key             | rubygems_                             | [0-9a-f]{40,}
crates-token             | cio                                   | [A-Za-z0-9]{32}(?![A-Za-z0-9_])
nuget-key                | oy2                                   | [a-z0-9]{43}(?![a-z0-9])
clojars-token            | CLOJARS_                              | [a-z0-9]{50,}
packagist-token          | packagist_                            | [a-z]{3}_[0-9a-f]{40,}
docker-token             | dckr_pat_ dckr_oat_                   | [A-Za-z0-9_-]{20,}
huggingface-token        | hf_ api_org_                          | [A-Za-z0-9]{34,}(?![A-Za-z0-9_])
replicate-token          | r8_                                   | [A-Za-z0-9]{37}(?![A-Za-z0-9_])
groq-key                 | gsk_                                  | [A-Za-z0-9]{48,}
perplexity-key           | pplx-                                 | [A-Za-z0-9]{40,}
xai-key                  | xai-                                  | [A-Za-z0-9]{70,}
nvidia-key               | nvapi-                                | [A-Za-z0-9_-]{50,}
langchain-key            | lsv2_pt_ lsv2_sk_ ls__                | [0-9a-f]{32}[A-Za-z0-9_]*
tavily-key               | tvly-                                 | (?:dev-|prod-)?[A-Za-z0-9]{28,}
pinecone-key             | pcsk_                                 | [A-Za-z0-9_]{40,}
jina-key                 | jina_                                 | [A-Za-z0-9_-]{50,}
fireworks-key            | fw_                                   | [A-Za-z0-9]{24}(?![A-Za-z0-9_])
wandb-key                | wandb_v1_                             | [A-Za-z0-9_]{30,}
sendgrid-key             | SG.                                   | [A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{30,}
mailgun-key              | key-                                  | [0-9a-f]{32}(?![0-9a-f])
brevo-key                | xkeysib- xsmtpsib-                    | [0-9a-f]{60,}-[A-Za-z0-9]{16}
resend-key               | re_                                   | [A-Za-z0-9]{8}_[A-Za-z0-9]{24}(?![A-Za-z0-9_])
twilio-key               | SK                                    | [0-9a-f]{32}(?![A-Za-z0-9_])
digitalocean-token       | dop_v1_ doo_v1_ dor_v1_               | [0-9a-f]{60,}
heroku-key               | HRKU-                                 | [A-Za-z0-9_-]{30,}
fly-token                | fm1_ fm2_ fo1_ fm1r_ fm2r_            | [A-Za-z0-9+/=_,-]{40,}
vercel-token             | vcp_ vck_ vci_ vca_ vcr_              | [A-Za-z0-9]{24,}
netlify-token            | nfp_ nfc_ nfo_ nfu_ nfb_              | [A-Za-z0-9_]{36,}
render-key               | rnd_                                  | [A-Za-z0-9]{28,}(?![A-Za-z0-9_])
cloudflare-origin-key    | v1.0-                                 | [0-9a-f]{24}-[0-9a-f]{100,}
databricks-token         | dapi                                  | [0-9a-f]{32}(?:-\d)?(?![0-9a-f])
planetscale-token        | pscale_tkn_ pscale_pw_ pscale_oauth_  | [A-Za-z0-9_.=-]{30,}
supabase-key             | sbp_ sb_secret_                       | [A-Za-z0-9_-]{20,}
neon-key                 | napi_                                 | [A-Za-z0-9]{40,}
vault-token              | hvs. hvb. hvr.                        | [A-Za-z0-9_-]{24,}
terraform-token          | .atlasv1.                             | [A-Za-z0-9_=-]{50,}
pulumi-token             | pul-                                  | [0-9a-f]{40}(?![0-9a-f])
doppler-token            | dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. | [A-Za-z0-9_.-]{40,}
onepassword-token        | ops_eyJ                               | [A-Za-z0-9+/=_-]{100,}
age-secret-key           | AGE-SECRET-KEY-1                      | [0-9A-Z]{50,}
tailscale-key            | tskey- tskey-auth- tskey-api- tskey-client- | [A-Za-z0-9]{8,}-[A-Za-z0-9]{16,}
infracost-key            | ico-                                  | [A-Za-z0-9]{32}(?![A-Za-z0-9_-])
newrelic-key             | NRAK- NRJS- NRII- NRRA- NRAL-         | [A-Za-z0-9_-]{19,}
grafana-token            | glc_eyJ glsa_                         | [A-Za-z0-9+/=_-]{32,}
sentry-token             | sntrys_eyJ sntryu_                    | [A-Za-z0-9+/=_-]{40,}
honeycomb-key            | hcaik_ hcbik_ hcalk_ hcxik_           | [A-Za-z0-9]{26,}
dynatrace-token          | dt0c01. dt0s01. dt0s02. dt0s16.       | [A-Z0-9]{8,24}\.[A-Z0-9]{64}
posthog-key              | phx_ phs_                             | [A-Za-z0-9]{40,}
sonarqube-token          | squ_ sqp_ sqa_                        | [0-9a-f]{40}(?![0-9a-f])
circleci-token           | CCIPAT_ CCIPRJ_                       | [A-Za-z0-9_]{40,}
buildkite-token          | bkua_ bkct_                           | [0-9a-f]{40}
jfrog-token              | AKCp                                  | [A-Za-z0-9]{60,}
shopify-token            | shpat_ shpca_ shppa_ shpss_           | [0-9a-fA-F]{32}
square-token             | sq0atp- sq0csp- sq0idb-               | [A-Za-z0-9_-]{22,}
square-token             | EAAA                                  | [A-Za-z0-9_-]{60}(?![A-Za-z0-9_-])
facebook-token           | EAACEdEose0cBA EAAG EAAB EAAC         | [A-Za-z0-9]{100,}
braintree-token          | access_token$                         | (?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}
razorpay-key             | rzp_live_ rzp_test_                   | [A-Za-z0-9]{14}(?![A-Za-z0-9])
plaid-token              | access-production- access-development- access-sandbox- | [0-9a-f]{8}-[0-9a-f-]{27}
flutterwave-key          | FLWSECK- FLWSECK_TEST-                | [A-Za-z0-9-]{12,}
linear-key               | lin_api_ lin_oauth_                   | [A-Za-z0-9]{32,}
notion-token             | ntn_                                  | [A-Za-z0-9]{40,}
notion-token             | secret_                               | [A-Za-z0-9]{43}(?![A-Za-z0-9_])
airtable-token           | pat                                   | [A-Za-z0-9]{14}\.[0-9a-f]{64}
figma-token              | figd_ figu_ figo_                     | [A-Za-z0-9_-]{36,}
dropbox-token            | sl.u. sl.                             | [A-Za-z0-9_-]{60,}
postman-key              | PMAK- PMAT-                           | [A-Za-z0-9-]{26,}
discord-webhook          | discord.com/api/webhooks/ discordapp.com/api/webhooks/ | (\d{10,}/[A-Za-z0-9_-]{40,})
teams-webhook            | .webhook.office.com/                  | (webhookb2/[A-Za-z0-9@/-]{40,})
telegram-token           | :AA                                   | [A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])
twitter-bearer           | AAAAAAAAAAAAAAAAAAAAA                 | [A-Za-z0-9%]{40,}
contentful-token         | CFPAT-                                | [A-Za-z0-9_-]{40,}
mapbox-secret            | sk.eyJ                                | [A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}
readme-key               | rdme_                                 | [a-z0-9]{60,}
prefect-key              | pnu_ pnb_                             | [A-Za-z0-9]{36}(?![A-Za-z0-9])
typeform-token           | tfp_                                  | [A-Za-z0-9_.=-]{40,}
hubspot-token            | pat-na1- pat-na2- pat-na3- pat-eu1- pat-ap1- | [0-9a-f]{8}-[0-9a-f-]{27}
shippo-token             | shippo_live_ shippo_test_             | [0-9a-f]{40}
easypost-key             | EZAK EZTK                             | [A-Za-z0-9]{54}(?![A-Za-z0-9])
duffel-token             | duffel_live_ duffel_test_             | [A-Za-z0-9_=-]{40,}
frameio-token            | fio-u-                                | [A-Za-z0-9_=-]{50,}
alibaba-key-id           | LTAI                                  | [A-Za-z0-9]{16,24}(?![A-Za-z0-9])
tencent-key-id           | AKID                                  | [A-Za-z0-9]{32}(?![A-Za-z0-9])
yandex-key               | AQVN y0_                              | [A-Za-z0-9_-]{35,}
azure-storage-key        | AccountKey= SharedAccessKey=          | ([A-Za-z0-9+/]{40,}={0,2})
azure-client-secret      | 8Q~ 7Q~                               | [A-Za-z0-9_.~-]{31,}
azure-sas                | &sig= ?sig=                           | ([A-Za-z0-9%/+=]{40,})
jwt                      | eyJ                 | [A-Za-z0-9_-]{8,1000}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}
"""

# These stand inside a longer word by their nature, so what precedes them is part of the secret or free.
_INNER = frozenset({".atlasv1.", "8Q~", "7Q~", ":AA", "&sig=", "?sig=", ".webhook.office.com/"})


def _format(name: str, literal: str, rest: str) -> _Format:
    # The look-behind comes after the literal, so that the search itself is one for a fixed string.
    whole = "" if literal in _INNER or not literal[0].isalnum() else rf"(?<![A-Za-z0-9_]{re.escape(literal)})"
    return _Format(name, literal, re.compile(re.escape(literal) + whole + rest))


def _formats() -> Iterator[_Format]:
    for row in _TABLE.strip().splitlines():
        name, literals, rest = (cell.strip() for cell in row.split("|", 2))
        for literal in literals.split():
            yield _format(name, literal, rest)


_FORMATS = tuple(_formats())
