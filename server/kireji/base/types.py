"""The vocabulary of the engine: frozen data that every layer speaks. Over 300 lines: it is one page to look things up on.

Data only. No service, no tree-sitter, jedi or LSP object is reachable from here, so that a value can cross a process,
be compared in a test, or outlive the request that made it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from kireji.base.config_schema import Options


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range `[start, end)` of Python string offsets."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """One text as it was at one version. `lines` holds the offset at which each line starts (LSP line rules)."""

    uri: str
    path: str | None
    language: str
    version: int
    text: str = field(repr=False)
    lines: tuple[int, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder a document belongs to. `trusted` decides whether anything in it may be obeyed or executed.

    `version` is the lowest Python that its code is for, (3, 11); None when nobody says.
    """

    root: str | None = None
    trusted: bool = False
    python: str | None = None
    version: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RecentEdit:
    """Whole lines that took the place of others a while ago: `before` became `after`; either may be empty.

    `span` is where `after` stands in its document as the snapshot has it.
    """

    uri: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    span: Span


@dataclass(frozen=True, slots=True)
class Problem:
    """What a tool of the client's has said of a line: `row` is the line without its indentation, as it was then."""

    uri: str
    row: str = field(repr=False)
    message: str = field(repr=False)
    source: str = ""


@dataclass(frozen=True, slots=True)
class FailedTest:
    """How the last test failed, as the client tells it."""

    name: str
    output: str = field(repr=False)


class Trigger(Enum):
    """Who asked: the editor while typing, or the person by a key."""

    AUTOMATIC = "automatic"
    EXPLICIT = "explicit"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a request may see, taken synchronously when it arrived.

    `document` is what the engine reads. For a notebook's cell it is the cells of its language one below the other; the
    cell's own text then starts at `origin`, always at the start of a line. `paused` says that no suggestion is wanted now;
    `elsewhere` that the client can change the document above the cursor together with a suggestion. `recent_edits` are those
    of open texts, the newest last; `problems` and `failed_test` what the client has told of; `own_actions` is the folder of
    the user's own actions.
    """

    id: str
    document: Document
    open_documents: tuple[Document, ...] = ()
    workspace: Workspace = field(default_factory=Workspace)
    options: Options = field(default_factory=Options)
    trigger: Trigger = Trigger.AUTOMATIC
    taken_at: float = 0.0
    origin: int = 0
    paused: bool = False
    elsewhere: bool = True
    own_actions: str = ""
    recent_edits: tuple[RecentEdit, ...] = ()
    problems: tuple[Problem, ...] = ()
    failed_test: FailedTest | None = None


class Reason(Enum):
    """Why nothing is shown. Closed: a new reason is a decision, not a string."""

    # The site was not worth a question.
    PAUSED = "completion is paused"
    MANUAL = "automatic requests are off"
    LANGUAGE_OFF = "this language is switched off"
    IGNORED_FILE = "this file is never sent (keys, environment files, or what an ignore file excludes)"
    UNKNOWN_DOCUMENT = "the document is not open"
    TOO_LARGE = "the file is over the size limit"
    LONG_LINE = "a line is over the length limit"
    BINARY = "the file is not text"
    MID_WORD = "the cursor is inside a word"
    AFTER_CLOSER = "nothing to add after a lone closing bracket"
    SECRET_LINE = "the cursor's line holds a secret"
    # The question could not be asked or answered.
    CAP_REACHED = "the spending cap is reached"
    TOO_DEAR = "it would cost more than one request may"
    LEDGER_DOWN = "the ledger cannot be written, so nothing may be spent"
    KEY_REFUSED = "the model service refused the key"
    SPEND_LIMIT = "the spending limit of the account at the model service is reached"
    MISCONFIGURED = "the model service refused the endpoint, the model or the request"
    UNREACHABLE = "the model service cannot be reached"
    BROKEN_OFF = "the model service broke off before anything had come"
    OVERLOADED = "the model service is overloaded"
    RATE_LIMITED = "the model service limits the rate"
    REFUSED = "the model declined to answer"
    NO_INSTRUCTIONS = "the engine in use takes no instructions"
    TIMEOUT = "no answer by the deadline"
    PROTOCOL = "the model service sent something that is not its protocol"
    # The answer was not worth showing.
    NOTHING_TO_ADD = "the answer adds nothing"
    LOW_CONFIDENCE = "the local engine is not sure enough"
    INCOMPLETE = "the answer was cut off"
    TOO_LONG = "the answer did not fit into its length limit"
    INVALID = "a gate proved the answer wrong"
    OUT_OF_SCOPE = "the answer does not keep to what was asked"
    DECLINED = "the model declined and said why"
    ASKED = "the model asks back"
    UNVERIFIED = "a gate could not answer in time, and unverified answers are off"
    STALE = "the text changed meanwhile"
    UNABLE = "the editor cannot do what this needs"
    CANCELLED = "the request was cancelled"
    SUPERSEDED = "a newer request took its place"
    INTERNAL = "a bug in Kireji; the log has the details"


# While one of these holds, the model cannot answer, whatever it is asked.
TROUBLES = frozenset(
    {
        Reason.CAP_REACHED,
        Reason.LEDGER_DOWN,
        Reason.KEY_REFUSED,
        Reason.SPEND_LIMIT,
        Reason.MISCONFIGURED,
        Reason.UNREACHABLE,
        Reason.BROKEN_OFF,
        Reason.OVERLOADED,
        Reason.RATE_LIMITED,
        Reason.TIMEOUT,
        Reason.PROTOCOL,
    }
)


class Stage(Enum):
    """The rooms of the straight line, in order."""

    CLASSIFY = "classify"
    GATHER = "gather"
    RENDER = "render"
    RESERVE = "reserve"
    STREAM = "stream"
    TRIM = "trim"
    GATES = "gates"
    DELIVER = "deliver"


class SiteKind(Enum):
    """What the cursor stands in."""

    CODE = "code"
    COMMENT = "comment"
    STRING = "string"
    PROSE = "prose"


class Shape(Enum):
    """How much is wanted: the rest of one line, or a block."""

    LINE = "line"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Site:
    """A cursor, classified. `before` and `after` are the two halves of its line, without the line ending."""

    document: Document
    offset: int
    kind: SiteKind
    shape: Shape
    scope: Span
    indent: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Skip:
    """The cursor stands where no question is asked."""

    reason: Reason


class NameKind(Enum):
    """What a name stands for, as far as a list of names shows it."""

    CLASS = "class"
    CONSTANT = "constant"
    FUNCTION = "function"
    KEYWORD = "keyword"
    METHOD = "method"
    MODULE = "module"
    PARAMETER = "parameter"
    PROPERTY = "property"
    VARIABLE = "variable"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Name:
    """A name that may stand at a cursor, whole. `detail` is for people."""

    text: str
    kind: NameKind
    detail: str = ""


class ItemKind(Enum):
    """Where a piece of context comes from."""

    WINDOW_BEFORE = "before"
    WINDOW_AFTER = "after"
    SIGNATURE = "signature"
    OPEN_FILE = "open file"
    EDIT = "edit"
    PROJECT = "project"
    RULES = "rules"
    TEST = "test"
    HERE = "here"
    RELATED = "related"
    FACT = "fact"
    WISH = "wish"
    LESSON = "lesson"


# Both sides of the cursor.
WINDOW = frozenset({ItemKind.WINDOW_BEFORE, ItemKind.WINDOW_AFTER})


@dataclass(frozen=True, slots=True)
class ContextItem:
    """One piece of text that may go into the prompt. `why` is for people; `tokens` is an estimate.

    `passing` says that it may not be there at the next key: it stands behind what the service is asked to remember.
    """

    kind: ItemKind
    uri: str
    span: Span
    text: str = field(repr=False)
    score: float = 0.0
    tokens: int = 0
    why: str = ""
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """A piece of context that was left out, and why."""

    item: ContextItem
    why: str


@dataclass(frozen=True, slots=True)
class ContextPack:
    """What was gathered, before redaction. It cannot be rendered: only a RedactedPack can."""

    site: Site
    items: tuple[ContextItem, ...]
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class Redaction:
    """What was taken out, a secret or what does not show: the rule's name and where it stood. Never its text."""

    rule: str
    uri: str
    span: Span


@dataclass(frozen=True, slots=True)
class RedactedPack:
    """Context that may leave the machine. Built by `engine.context.redact` only (a test holds it to that)."""

    site: Site
    items: tuple[ContextItem, ...]
    dropped: tuple[Dropped, ...] = ()
    redactions: tuple[Redaction, ...] = ()
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """One text block of a prompt; `cache` asks the service to remember everything up to here."""

    text: str
    cache: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation."""

    role: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """What stands around a cursor, for a model that fills in the text between. `name` is the file's; `others` are parts of
    other files, each behind its file's name; `comment` begins a comment in the language, and is empty where nothing does."""

    name: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    others: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    comment: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is sent of it."""
        return (self.name, self.before, self.after, *(text for other in self.others for text in other))


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question in the answer contract. `tag` is this request's nonce tag; `stop` its closing form.

    Up to `thinking` tokens may be thought before the answer, which then has `max_tokens` all the same. With a `hole` there
    is neither contract nor message: the answer is the text at the cursor, and `stop` what may be said behind it. With a
    `schema`, in JSON, the answer is an object of that form, where the service can promise it, and stands in no tag.
    """

    model: str
    system: tuple[Block, ...]
    messages: tuple[Message, ...]
    tag: str
    stop: tuple[str, ...]
    max_tokens: int
    prefill: str = ""
    cacheable_prefix: str = field(default="", repr=False)
    fingerprint: str = ""
    thinking: int = 0
    hole: Hole | None = None
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What a provider gets: a remote model reads the prompt, the local engine the pack. `deadline` is monotonic seconds."""

    prompt: Prompt
    pack: RedactedPack
    deadline: float
    workspace: Workspace = field(default_factory=Workspace)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the service counted them."""

    input: int = 0
    output: int = 0
    cache_write: int = 0
    cache_read: int = 0


def sum_of(usages: Iterable[Usage]) -> Usage:
    """What several calls have used together."""
    total = Usage()
    for usage in usages:
        total = Usage(
            total.input + usage.input,
            total.output + usage.output,
            total.cache_write + usage.cache_write,
            total.cache_read + usage.cache_read,
        )
    return total


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the stream."""

    text: str


class EndReason(Enum):
    """How a stream ended. Only COMPLETE and STOP_SEQUENCE mean that the model had finished."""

    COMPLETE = "end_turn"
    STOP_SEQUENCE = "stop_sequence"
    MAX_TOKENS = "max_tokens"
    REFUSAL = "refusal"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class End:
    """The last event of a stream. `confidence` is set by engines that know theirs."""

    reason: EndReason
    usage: Usage = field(default_factory=Usage)
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class RawCompletion:
    """What was read of the stream, already cut. `cut_by` names the rule; times are seconds since the request left.

    `fault` says what broke the stream; the text then holds only what was whole before.
    """

    text: str
    cut_by: str
    complete: bool
    end: End | None
    first_token: float
    total: float
    chars_read: int = 0
    fault: Reason | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Replace `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Changes to one version of one document. Spans do not overlap and refer to the text before the edit."""

    uri: str
    version: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A suggestion that may be shown once it has a verdict. `repairs` names what was done to it."""

    id: str
    site: Site
    edit: Edit
    raw: RawCompletion
    repairs: tuple[str, ...] = ()

    @property
    def change(self) -> Change:
        """The change at the cursor; further changes (an added import) come after it."""
        return self.edit.changes[0]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A problem that some server has told the editor of. Its words are material, like the code that it is about."""

    span: Span
    message: str = field(repr=False)
    source: str = ""
    code: str = ""
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """What a person has pointed at, the problems that are known there, and what they said, if they said anything."""

    span: Span
    diagnostics: tuple[Diagnostic, ...] = ()
    instruction: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FileEdit:
    """The changes of one file, to the text that `document` shows. `version` is None where no editor has the file open: the
    text is the disk's then. `spans` of the changes do not overlap."""

    document: Document
    changes: tuple[Change, ...]
    version: int | None


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is to be created with this text. It must not exist yet, open or on the disk."""

    uri: str
    path: str
    language: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Note:
    """What a person is told about the change of one file before it is made. It quotes no source text.

    `needs_confirmation`: the editor asks before it makes the change, where it can.
    """

    uri: str
    label: str
    description: str = ""
    needs_confirmation: bool = False


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change over files, made as one or not at all; each file stands in it once."""

    edits: tuple[FileEdit, ...] = ()
    created: tuple[NewFile, ...] = ()
    notes: tuple[Note, ...] = ()


class Severity(Enum):
    """What a finding means for the candidate; `policy` decides, tools do not."""

    REJECT = "reject"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a gate found. `span` refers to the text with the candidate applied; `symbol` is what it is about."""

    gate: str
    code: str
    severity: Severity
    message: str
    span: Span
    symbol: str = ""


class GateState(Enum):
    """UNKNOWN is never PASS: a time-out or a missing tool is a state of its own."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GateResult:
    """What one gate said. `elapsed` in seconds; `note` says why the state is UNKNOWN."""

    gate: str
    state: GateState
    findings: tuple[Finding, ...] = ()
    elapsed: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all gates said together."""

    results: tuple[GateResult, ...]

    @property
    def state(self) -> GateState:
        """FAIL if any gate failed, else UNKNOWN if any could not tell, else PASS."""
        states = {r.state for r in self.results}
        return next((s for s in (GateState.FAIL, GateState.UNKNOWN) if s in states), GateState.PASS)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in gate order."""
        return tuple(f for r in self.results for f in r.findings)


@dataclass(frozen=True, slots=True)
class Report:
    """How a request went: seconds per stage, tokens, nano-dollars, gate results. Holds no source text.

    `trouble` says why the engine of this machine has answered in the model's stead. `reused`: nothing was asked, what was at
    hand was served. `spared` is how many tokens the model might still have said, at most, when its stream was closed.
    """

    stages: tuple[tuple[Stage, float], ...] = ()
    provider: str = ""
    model: str = ""
    prompt: str = ""
    usage: Usage = field(default_factory=Usage)
    cost: int = 0
    first_token: float = 0.0
    cut_by: str = ""
    gates: tuple[GateResult, ...] = ()
    redactions: tuple[Redaction, ...] = ()
    reused: bool = False
    spared: int = 0
    trouble: Reason | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """A suggestion that passed. `others` are further ones for the same place, less sound or just different."""

    candidate: Candidate
    verdict: Verdict
    report: Report = field(default_factory=Report)
    others: tuple[Offered, ...] = ()

    @property
    def reason(self) -> None:
        """Nothing speaks against it."""

    @property
    def stage(self) -> Stage:
        """It has passed them all."""
        return Stage.DELIVER


class Feedback(Enum):
    """What became of a suggestion that was shown."""

    ACCEPTED = "accepted"
    ACCEPTED_WORD = "a word accepted"
    ACCEPTED_LINE = "a line accepted"
    DISMISSED = "dismissed"
    LASTED_30_S = "accepted, and there after 30 seconds"
    LASTED_5_MIN = "accepted, and there after 5 minutes"
    UNDONE = "accepted, and gone within 5 minutes"


@dataclass(frozen=True, slots=True)
class Withheld:
    """No suggestion, and why."""

    reason: Reason
    stage: Stage
    detail: str = ""
    findings: tuple[Finding, ...] = ()
    report: Report = field(default_factory=Report)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What an action brings: a change over files that passed, a text for a person to read (Markdown), or both."""

    id: str
    changes: ChangeSet
    verdict: Verdict
    report: Report = field(default_factory=Report)
    text: str = field(default="", repr=False)

    @property
    def reason(self) -> None:
        """Nothing speaks against it."""

    @property
    def stage(self) -> Stage:
        """It has passed them all."""
        return Stage.DELIVER


Outcome = Offered | Withheld
ActionOutcome = Proposed | Withheld
