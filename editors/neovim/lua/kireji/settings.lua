---@meta
-- Made from the server's own table of settings by `python -m kireji.base.config_lua`; do not edit.

---@class kireji.Settings
---@field actions? kireji.Settings.actions
---@field alerts? kireji.Settings.alerts
---@field completion? kireji.Settings.completion
---@field gates? kireji.Settings.gates
---@field log? kireji.Settings.log

---@class kireji.Settings.actions
---@field context_tokens? integer How much context may go into the question of a code action, in tokens. Default: 12000.
---@field project_tokens? integer How much of what a project's files say of it may go into the question of a code action besides, in tokens. Default: 2000.
---@field request_ms? integer When a code action is given up, in milliseconds. Default: 60000.
---@field attempts? integer How often a code action may ask, until an answer is sound; each time with what was found wrong, and each is paid for. Default: 3.
---@field tests? boolean Whether the tests of what an action changes are run, in a sandbox; only ever in a workspace that you trust. Default: true.
---@field tests_ms? integer How long one run of the tests may take, in milliseconds. Default: 60000.

---@class kireji.Settings.alerts
---@field error_percent? number Which share of a day's requests may fail before that is said, in percent; 0 says nothing. Default: 20.0.
---@field p95_ms? integer How long 95 of 100 of a day's suggestions may take before that is said, in milliseconds; 0 says nothing. Default: 5000.
---@field usd_per_accepted? number What each accepted suggestion of a day may cost before that is said, in dollars; 0 says nothing. Default: 0.1.

---@class kireji.Settings.completion
---@field automatic? boolean Whether suggestions come while typing; if not, only when asked for. Default: true.
---@field deterministic? boolean Whether the pop-up also lists names and keywords; off for those who run another server for that. Default: true.
---@field max_file_bytes? integer Files larger than this get no suggestion, in bytes. Default: 400000.
---@field max_line_chars? integer Files with a line longer than this get no suggestion, in characters. Default: 10000.
---@field context_tokens? integer How much context may go into a question, in tokens. Default: 2000.
---@field recent_edits? boolean Whether what was changed lately in open files may go into a question, with what stood there before. Default: true.
---@field project_tokens? integer How much of what a project's files say of it (dependencies, rules) may go into a question besides, in tokens. Default: 1000.
---@field request_ms? integer When a request is given up, in milliseconds. Default: 8000.
---@field gather_ms? integer How long context is gathered before the question leaves, in milliseconds. Default: 50.
---@field prefetch? boolean Whether what comes next is asked for as soon as a suggestion was accepted, before the editor asks. Default: true.
---@field candidates? integer How many answers are asked for when you ask by a key; the soundest is shown first. Each is paid for. Default: 1.
---@field disabled_languages? string[] Languages that get no suggestion, by the editor's names for them. Default: none.

---@class kireji.Settings.gates
---@field automatic_ms? integer How long the gates may take while typing, in milliseconds. Default: 300.
---@field explicit_ms? integer How long the gates may take when asked by a key, in milliseconds. Default: 2000.
---@field show_unverified? boolean Whether an answer is shown, marked, when a gate could not judge it in time. Default: true.
---@field ask_again? boolean Whether an answer that was proved wrong is asked for once more, with what exists instead. Default: true.

---@class kireji.Settings.log
---@field level? 'debug'|'info'|'warning'|'error' How much is written to standard error. Default: info.
---@field format? 'text'|'json' Whether a log entry is a line for people or a JSON object, with the id of its request. Default: text.
