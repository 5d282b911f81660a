"""Every setting, once: its type, default, bounds, names and meaning. Parsing, sources and docs tables derive from here.

Two groups, kept apart by type. `Protected` settings (key, endpoint, model, money, executables, trust) come only from
the environment, the command line or the user's own file; `Options` may also come from the editor. This module reads
nothing. Over 300 lines: it is one table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from kireji.base.setting import Kind, about, described


class ProviderChoice(Enum):
    """Which engine answers. AUTO means: the model when there is a key, else the local engine."""

    AUTO = "auto"
    ANTHROPIC = "anthropic"
    GATEWAY = "gateway"
    BEDROCK = "bedrock"
    VERTEX = "vertex"
    OPENAI_COMPATIBLE = "openai-compatible"
    LOCAL = "local"


class LogFormat(Enum):
    """How it is written: a line for people, or an object for programs."""

    TEXT = "text"
    JSON = "json"


class LogLevel(Enum):
    """How much is written to standard error."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Protected:
    """Settings that matter for safety. Never read from the workspace or from the editor.

    `trusted` is the user's list of folders; ask `config.is_trusted`, not this field. An empty `base_url` means that the
    address given was refused: no remote model may be asked.
    """

    api_key: str | None = field(
        default=None,
        repr=False,
        metadata=about(
            Kind.KEY,
            "The key of the model service. Never taken from the command line, where other users could read it.",
            key="model.api_key",
            env="ANTHROPIC_API_KEY",
            aliases=("key", "token", "auth_token", "anthropic_auth_token", "secret", "headers", "custom_headers"),
        ),
    )
    key_file: str | None = field(
        default="",
        metadata=about(
            Kind.FILE,
            "The file in which `kireji key set` keeps the key, for you alone, in place of `key` beside your settings file.",
            key="model.key_file",
            env="KIREJI_KEY_FILE",
            closed=None,
            then="no key is taken from a file",
            aliases=("token_file",),
        ),
    )
    base_url: str = field(
        default="https://api.anthropic.com",
        metadata=about(
            Kind.ENDPOINT,
            "The address of the model service: https, or http on this machine.",
            key="model.base_url",
            env="ANTHROPIC_BASE_URL",
            closed="",
            then="no remote model is asked until it is corrected",
            aliases=("endpoint", "url", "host", "api_base", "api_url", "server", "proxy"),
        ),
    )
    provider: ProviderChoice = field(
        default=ProviderChoice.AUTO,
        metadata=about(
            Kind.CHOICE,
            "Who answers: Claude (at Anthropic, behind a gateway, in Amazon Bedrock or Google Vertex), a server of your own, "
            "or the local engine; auto is Claude at Anthropic when there is a key, else local.",
            key="model.provider",
            env="KIREJI_PROVIDER",
            closed=ProviderChoice.LOCAL,
            then="only the local engine answers until it is corrected",
            aliases=("backend", "engine"),
        ),
    )
    server_url: str = field(
        default="",
        metadata=about(
            Kind.SERVER,
            "The address of a server of your own, up to where `/completions` follows (`http://127.0.0.1:8000/v1`); of a gateway, "
            "up to where `/v1/messages` does; for Bedrock and Vertex only where it is not the region's.",
            key="model.server_url",
            env="KIREJI_SERVER_URL",
            closed="",
            then="no server is asked until it is corrected",
            aliases=("server_base", "openai_base_url", "openai_api_base"),
        ),
    )
    server_key: str | None = field(
        default=None,
        repr=False,
        metadata=about(
            Kind.KEY,
            "The key of that server or gateway, or the token for Bedrock or Vertex. Anthropic's key is never sent there.",
            key="model.server_key",
            env="KIREJI_SERVER_KEY",
            aliases=("openai_key", "hf_token"),
        ),
    )
    auth_header: str = field(
        default="",
        metadata=about(
            Kind.NAME,
            "The header in which a gateway wants its key; without one, it is sent as a bearer token.",
            key="model.auth_header",
            env="KIREJI_AUTH_HEADER",
            aliases=("gateway_header", "key_header"),
        ),
    )
    region: str = field(
        default="",
        metadata=about(
            Kind.NAME,
            "The region of Amazon Bedrock or Google Vertex, where they are asked.",
            key="model.region",
            env="KIREJI_REGION",
            aliases=("aws_region", "cloud_ml_region", "location"),
        ),
    )
    project: str = field(
        default="",
        metadata=about(
            Kind.NAME,
            "The project at Google that Vertex is asked for.",
            key="model.project",
            env="KIREJI_PROJECT",
            aliases=("project_id", "anthropic_vertex_project_id"),
        ),
    )
    plain_http: bool = field(
        default=False,
        metadata=about(
            Kind.SWITCH,
            "Whether a server of your own may be asked over plain http at an address of a private network, where others "
            "may listen.",
            key="model.plain_http",
            closed=False,
            then="only https and this machine are allowed",
            aliases=("allow_http", "insecure"),
        ),
    )
    fim: str = field(
        default="auto",
        metadata=about(
            Kind.TEMPLATE,
            "How that server's model fills in the text at the cursor: by its name (auto), not at all but by the answer contract "
            "(off), by a template that the server has itself (suffix), or by the one that is given.",
            key="model.fim",
            env="KIREJI_FIM",
            aliases=("fim_template", "template"),
        ),
    )
    input_usd: float = field(
        default=0.0,
        metadata=about(
            Kind.NUMBER,
            "What a million tokens that are sent to that server cost, in dollars.",
            key="model.input_usd",
            env="KIREJI_INPUT_USD",
            closed=1_000.0,
            then="1000 is assumed",
            high=1_000,
            aliases=("input_price",),
        ),
    )
    output_usd: float = field(
        default=0.0,
        metadata=about(
            Kind.NUMBER,
            "What a million tokens that it answers cost, in dollars.",
            key="model.output_usd",
            env="KIREJI_OUTPUT_USD",
            closed=1_000.0,
            then="1000 is assumed",
            high=1_000,
            aliases=("output_price",),
        ),
    )
    model: str = field(
        default="claude-haiku-5-5",
        metadata=about(
            Kind.NAME,
            "The model that completes what is typed, and that is asked for all else for which no other is named.",
            key="model.name",
            env="KIREJI_MODEL",
            aliases=("model_id", "anthropic_model"),
        ),
    )
    action_model: str = field(
        default="",
        metadata=about(
            Kind.NAME,
            "The model that is asked for code actions; without one, that of `model.name`.",
            key="model.actions",
            env="KIREJI_ACTION_MODEL",
            aliases=("actions_model",),
        ),
    )
    planning_model: str = field(
        default="",
        metadata=about(
            Kind.NAME,
            "The model that plans changes of several places; without one, `claude-sonnet-5-5` where Claude is asked.",
            key="model.planning",
            env="KIREJI_PLANNING_MODEL",
            aliases=("planner", "plan_model", "planner_model"),
        ),
    )
    stronger_model: str = field(
        default="",
        metadata=about(
            Kind.NAME,
            "The model that is asked for an action that was proved wrong twice; without one, the same model may think first.",
            key="model.stronger",
            env="KIREJI_STRONGER_MODEL",
            aliases=("escalation", "escalation_model"),
        ),
    )
    thinking_tokens: int = field(
        default=4_000,
        metadata=about(
            Kind.WHOLE,
            "How much a model may think about a plan or an action that was proved wrong twice, in tokens, each paid for; 0: never.",
            key="model.thinking_tokens",
            env="KIREJI_THINKING_TOKENS",
            closed=0,
            then="it does not think",
            high=32_000,
            aliases=("thinking", "thinking_budget", "budget_tokens"),
        ),
    )
    connect_ms: int = field(
        default=2_000,
        metadata=about(
            Kind.WHOLE,
            "How long a connection to the model service may take, in milliseconds.",
            key="model.connect_ms",
            env="KIREJI_CONNECT_MS",
            low=10,
            high=30_000,
        ),
    )
    silence_ms: int = field(
        default=4_000,
        metadata=about(
            Kind.WHOLE,
            "How long a model may say nothing before it is taken for stuck, in milliseconds.",
            key="model.silence_ms",
            env="KIREJI_SILENCE_MS",
            low=10,
            high=300_000,
        ),
    )
    cool_down_ms: int = field(
        default=5_000,
        metadata=about(
            Kind.WHOLE,
            "How long a model service that has failed five times is left alone before it is tried again, in milliseconds. "
            "Each time that it fails again doubles it, up to twelve times as long.",
            key="model.cool_down_ms",
            env="KIREJI_COOL_DOWN_MS",
            low=10,
            high=600_000,
        ),
    )
    daily_cap_usd: float = field(
        default=5.0,
        metadata=about(
            Kind.NUMBER,
            "The most that may be spent in one calendar day, in dollars, by all editors together.",
            key="money.daily_cap_usd",
            env="KIREJI_DAILY_CAP_USD",
            closed=0.0,
            then="nothing is spent until it is corrected",
            high=10_000,
            aliases=("cap", "daily_cap", "cap_usd", "budget", "daily_budget", "limit", "spend_cap", "money"),
        ),
    )
    monthly_cap_usd: float = field(
        default=50.0,
        metadata=about(
            Kind.NUMBER,
            "The most that may be spent in one calendar month, in dollars, by all editors together.",
            key="money.monthly_cap_usd",
            env="KIREJI_MONTHLY_CAP_USD",
            closed=0.0,
            then="nothing is spent until it is corrected",
            high=100_000,
            aliases=("monthly_cap", "monthly_budget"),
        ),
    )
    action_cap_usd: float = field(
        default=1.0,
        metadata=about(
            Kind.NUMBER,
            "The most that one request may cost with all its questions, in dollars: a code action, a completion.",
            key="money.action_cap_usd",
            env="KIREJI_ACTION_CAP_USD",
            closed=0.0,
            then="nothing is spent until it is corrected",
            high=1_000,
            aliases=("action_cap", "action_budget", "request_cap"),
        ),
    )
    audit: bool = field(
        default=False,
        metadata=about(
            Kind.SWITCH,
            "Whether a trail is kept of what was asked, shown, accepted and undone, for those who must show one.",
            key="audit.kept",
            env="KIREJI_AUDIT",
            closed=True,
            then="it is kept until it is corrected",
            aliases=("trail",),
        ),
    )
    audit_names: bool = field(
        default=False,
        metadata=about(
            Kind.SWITCH,
            "Whether the trail names files; if not, they are told apart by digests.",
            key="audit.names",
            env="KIREJI_AUDIT_NAMES",
            closed=False,
            then="it does not",
        ),
    )
    audit_text: bool = field(
        default=False,
        metadata=about(
            Kind.SWITCH,
            "Whether the trail holds what was shown, with recognised secrets taken out.",
            key="audit.text",
            env="KIREJI_AUDIT_TEXT",
            closed=False,
            then="it does not",
        ),
    )
    audit_days: int = field(
        default=365,
        metadata=about(
            Kind.WHOLE,
            "For how many days the trail is kept.",
            key="audit.days",
            env="KIREJI_AUDIT_DAYS",
            low=1,
            high=36_500,
            closed=36_500,
            then="nothing of it is removed until it is corrected",
        ),
    )
    prometheus_file: str | None = field(
        default=None,
        metadata=about(
            Kind.FILE,
            "A file in which today's figures are kept for a collector, in Prometheus' text format.",
            key="export.prometheus",
            env="KIREJI_PROMETHEUS_FILE",
            closed=None,
            then="none is written",
            aliases=("metrics_file",),
        ),
    )
    otlp_endpoint: str = field(
        default="",
        metadata=about(
            Kind.ENDPOINT,
            "Where OpenTelemetry spans of requests are sent, without text (OTLP over HTTP); needs `kireji[otel]`.",
            key="export.otlp",
            env="KIREJI_OTLP_ENDPOINT",
            closed="",
            then="none are sent",
            aliases=("otlp", "otel", "telemetry"),
        ),
    )
    ruff: str | None = field(
        default=None,
        metadata=about(
            Kind.EXECUTABLE,
            "The ruff to run in place of the one that Kireji was installed with.",
            key="tools.ruff",
            env="KIREJI_RUFF",
            aliases=("ruff_path", "command", "path", "executable", "tools"),
        ),
    )
    ty: str | None = field(
        default=None,
        metadata=about(
            Kind.EXECUTABLE,
            "The ty to run in place of the one that Kireji was installed with.",
            key="tools.ty",
            env="KIREJI_TY",
            aliases=("ty_path",),
        ),
    )
    python: str | None = field(
        default=None,
        metadata=about(
            Kind.EXECUTABLE,
            "The interpreter whose packages the code is checked against; else, if trusted, the workspace's .venv.",
            key="tools.python",
            env="KIREJI_PYTHON",
            aliases=("python_path", "interpreter", "interpreter_path", "default_interpreter_path", "venv"),
        ),
    )
    servers: tuple[str, ...] = field(
        default=(),
        metadata=about(
            Kind.SERVERS,
            "Language servers that judge suggestions in their languages, in place of what Kireji would run there.",
            key="tools.servers",
            closed=(),
            then="none of them is run",
            aliases=("language_servers", "lsp", "server_command"),
        ),
    )
    trust_all: bool = field(
        default=False,
        metadata=about(
            Kind.SWITCH,
            "Whether every workspace is trusted while this process runs.",
            env="KIREJI_TRUST",
            closed=False,
            then="no workspace is trusted by it",
            aliases=("trust",),
        ),
    )
    trusted: tuple[str, ...] = field(
        default=(),
        metadata=about(
            Kind.FOLDERS,
            "Folders that are trusted, with all that is in them.",
            key="trust.folders",
            closed=(),
            then="no folder is trusted until it is corrected",
            aliases=("trusted_folders", "trust_folders", "folders", "trusted_workspaces"),
        ),
    )
    actions_dir: str = field(
        default="",
        metadata=about(
            Kind.FOLDER,
            "The folder of your own code actions, in place of `actions` beside your settings file.",
            key="actions.folder",
            env="KIREJI_ACTIONS",
            aliases=("actions_folder", "own_actions", "prompts"),
        ),
    )
    state_dir: str = field(
        default="",
        metadata=about(
            Kind.FOLDER,
            "Where the ledger is kept, in place of the user's state folder.",
            env="KIREJI_STATE",
            aliases=("state", "state_folder", "data_dir", "ledger", "config", "kireji_config", "config_file"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of taste. An editor may change them while the server runs."""

    automatic: bool = field(
        default=True,
        metadata=about(
            Kind.SWITCH,
            "Whether suggestions come while typing; if not, only when asked for.",
            key="completion.automatic",
            env="KIREJI_AUTOMATIC",
        ),
    )
    deterministic: bool = field(
        default=True,
        metadata=about(
            Kind.SWITCH,
            "Whether the pop-up also lists names and keywords; off for those who run another server for that.",
            key="completion.deterministic",
            env="KIREJI_DETERMINISTIC",
        ),
    )
    max_file_bytes: int = field(
        default=400_000,
        metadata=about(
            Kind.WHOLE,
            "Files larger than this get no suggestion, in bytes.",
            key="completion.max_file_bytes",
            env="KIREJI_MAX_FILE_BYTES",
            low=1_000,
            high=2_000_000,
        ),
    )
    max_line_chars: int = field(
        default=10_000,
        metadata=about(
            Kind.WHOLE,
            "Files with a line longer than this get no suggestion, in characters.",
            key="completion.max_line_chars",
            env="KIREJI_MAX_LINE_CHARS",
            low=100,
            high=100_000,
        ),
    )
    context_tokens: int = field(
        default=2_000,
        metadata=about(
            Kind.WHOLE,
            "How much context may go into a question, in tokens.",
            key="completion.context_tokens",
            env="KIREJI_CONTEXT_TOKENS",
            low=100,
            high=20_000,
        ),
    )
    recent_edits: bool = field(
        default=True,
        metadata=about(
            Kind.SWITCH,
            "Whether what was changed lately in open files may go into a question, with what stood there before.",
            key="completion.recent_edits",
            env="KIREJI_RECENT_EDITS",
        ),
    )
    project_tokens: int = field(
        default=1_000,
        metadata=about(
            Kind.WHOLE,
            "How much of what a project's files say of it (dependencies, rules) may go into a question besides, in tokens.",
            key="completion.project_tokens",
            env="KIREJI_PROJECT_TOKENS",
            low=0,
            high=10_000,
        ),
    )
    request_ms: int = field(
        default=8_000,
        metadata=about(
            Kind.WHOLE,
            "When a request is given up, in milliseconds.",
            key="completion.request_ms",
            env="KIREJI_REQUEST_MS",
            low=100,
            high=60_000,
        ),
    )
    action_context_tokens: int = field(
        default=12_000,
        metadata=about(
            Kind.WHOLE,
            "How much context may go into the question of a code action, in tokens.",
            key="actions.context_tokens",
            env="KIREJI_ACTIONS_CONTEXT_TOKENS",
            low=1_000,
            high=100_000,
        ),
    )
    action_project_tokens: int = field(
        default=2_000,
        metadata=about(
            Kind.WHOLE,
            "How much of what a project's files say of it may go into the question of a code action besides, in tokens.",
            key="actions.project_tokens",
            env="KIREJI_ACTIONS_PROJECT_TOKENS",
            low=0,
            high=20_000,
        ),
    )
    action_request_ms: int = field(
        default=60_000,
        metadata=about(
            Kind.WHOLE,
            "When a code action is given up, in milliseconds.",
            key="actions.request_ms",
            env="KIREJI_ACTIONS_REQUEST_MS",
            low=1_000,
            high=600_000,
        ),
    )
    action_attempts: int = field(
        default=3,
        metadata=about(
            Kind.WHOLE,
            "How often a code action may ask, until an answer is sound; each time with what was found wrong, and each is paid for.",
            key="actions.attempts",
            env="KIREJI_ACTIONS_ATTEMPTS",
            low=1,
            high=3,
        ),
    )
    action_tests: bool = field(
        default=True,
        metadata=about(
            Kind.SWITCH,
            "Whether the tests of what an action changes are run, in a sandbox; only ever in a workspace that you trust.",
            key="actions.tests",
            env="KIREJI_ACTIONS_TESTS",
        ),
    )
    action_tests_ms: int = field(
        default=60_000,
        metadata=about(
            Kind.WHOLE,
            "How long one run of the tests may take, in milliseconds.",
            key="actions.tests_ms",
            env="KIREJI_ACTIONS_TESTS_MS",
            low=500,
            high=600_000,
        ),
    )
    gather_ms: int = field(
        default=50,
        metadata=about(
            Kind.WHOLE,
            "How long context is gathered before the question leaves, in milliseconds.",
            key="completion.gather_ms",
            env="KIREJI_GATHER_MS",
            low=1,
            high=5_000,
        ),
    )
    gates_automatic_ms: int = field(
        default=300,
        metadata=about(
            Kind.WHOLE,
            "How long the gates may take while typing, in milliseconds.",
            key="gates.automatic_ms",
            env="KIREJI_GATES_AUTOMATIC_MS",
            low=10,
            high=10_000,
        ),
    )
    gates_explicit_ms: int = field(
        default=2_000,
        metadata=about(
            Kind.WHOLE,
            "How long the gates may take when asked by a key, in milliseconds.",
            key="gates.explicit_ms",
            env="KIREJI_GATES_EXPLICIT_MS",
            low=10,
            high=60_000,
        ),
    )
    show_unverified: bool = field(
        default=True,
        metadata=about(
            Kind.SWITCH,
            "Whether an answer is shown, marked, when a gate could not judge it in time.",
            key="gates.show_unverified",
            env="KIREJI_SHOW_UNVERIFIED",
        ),
    )
    prefetch: bool = field(
        default=True,
        metadata=about(
            Kind.SWITCH,
            "Whether what comes next is asked for as soon as a suggestion was accepted, before the editor asks.",
            key="completion.prefetch",
            env="KIREJI_PREFETCH",
        ),
    )
    candidates: int = field(
        default=1,
        metadata=about(
            Kind.WHOLE,
            "How many answers are asked for when you ask by a key; the soundest is shown first. Each is paid for.",
            key="completion.candidates",
            env="KIREJI_CANDIDATES",
            low=1,
            high=3,
        ),
    )
    ask_again: bool = field(
        default=True,
        metadata=about(
            Kind.SWITCH,
            "Whether an answer that was proved wrong is asked for once more, with what exists instead.",
            key="gates.ask_again",
            env="KIREJI_ASK_AGAIN",
        ),
    )
    disabled_languages: tuple[str, ...] = field(
        default=(),
        metadata=about(
            Kind.WORDS,
            "Languages that get no suggestion, by the editor's names for them.",
            key="completion.disabled_languages",
            env="KIREJI_DISABLED_LANGUAGES",
        ),
    )
    log_level: LogLevel = field(
        default=LogLevel.INFO,
        metadata=about(Kind.CHOICE, "How much is written to standard error.", key="log.level", env="KIREJI_LOG"),
    )
    log_format: LogFormat = field(
        default=LogFormat.TEXT,
        metadata=about(
            Kind.CHOICE,
            "Whether a log entry is a line for people or a JSON object, with the id of its request.",
            key="log.format",
            env="KIREJI_LOG_FORMAT",
        ),
    )
    alert_error_percent: float = field(
        default=20.0,
        metadata=about(
            Kind.NUMBER,
            "Which share of a day's requests may fail before that is said, in percent; 0 says nothing.",
            key="alerts.error_percent",
            env="KIREJI_ALERT_ERROR_PERCENT",
            high=100,
        ),
    )
    alert_p95_ms: int = field(
        default=5_000,
        metadata=about(
            Kind.WHOLE,
            "How long 95 of 100 of a day's suggestions may take before that is said, in milliseconds; 0 says nothing.",
            key="alerts.p95_ms",
            env="KIREJI_ALERT_P95_MS",
            high=600_000,
        ),
    )
    alert_usd_per_accepted: float = field(
        default=0.1,
        metadata=about(
            Kind.NUMBER,
            "What each accepted suggestion of a day may cost before that is said, in dollars; 0 says nothing.",
            key="alerts.usd_per_accepted",
            env="KIREJI_ALERT_USD_PER_ACCEPTED",
            high=1_000,
        ),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration as one frozen value, with what was wrong with it, one line each."""

    protected: Protected = field(default_factory=Protected)
    options: Options = field(default_factory=Options)
    problems: tuple[str, ...] = ()


PROTECTED = described(Protected)
OPTIONS = described(Options)
