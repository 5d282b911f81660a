"""The schema of the state file, as steps that are only ever appended: a released step is never edited."""

from __future__ import annotations

Migration = tuple[str, ...]

MIGRATIONS: tuple[Migration, ...] = (
    (
        # One row per model call, from its reservation on, so that a call can neither lack a row nor have two.
        """CREATE TABLE calls (
            id TEXT PRIMARY KEY,
            at REAL NOT NULL,
            day TEXT NOT NULL,
            request TEXT NOT NULL,
            feature TEXT NOT NULL,
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            outcome TEXT NOT NULL,
            nano INTEGER NOT NULL CHECK (nano >= 0),
            input INTEGER NOT NULL DEFAULT 0,
            output INTEGER NOT NULL DEFAULT 0,
            cache_write INTEGER NOT NULL DEFAULT 0,
            cache_read INTEGER NOT NULL DEFAULT 0
        )""",
        "CREATE INDEX calls_by_day ON calls (day, outcome, nano)",
        "CREATE INDEX calls_reserved ON calls (at) WHERE outcome = 'reserved'",
        """CREATE TABLE outcomes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at REAL NOT NULL,
            request TEXT NOT NULL,
            feature TEXT NOT NULL,
            reason TEXT NOT NULL,
            stage TEXT NOT NULL,
            ms REAL NOT NULL,
            provider TEXT NOT NULL
        )""",
    ),
    (
        # What became of what was shown; `about` is the suggestion's id, which begins with its request's.
        """CREATE TABLE feedback (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at REAL NOT NULL,
            about TEXT NOT NULL,
            what TEXT NOT NULL
        )""",
    ),
    (
        # How an answer came about. `gates` and `repairs` are JSON: states, codes, spans and times, no word of the text.
        "ALTER TABLE outcomes ADD COLUMN about TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE outcomes ADD COLUMN language TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE outcomes ADD COLUMN model TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE outcomes ADD COLUMN gates TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE outcomes ADD COLUMN repairs TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE outcomes ADD COLUMN reused INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE outcomes ADD COLUMN nano INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE outcomes ADD COLUMN output INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE outcomes ADD COLUMN spared INTEGER NOT NULL DEFAULT 0",
    ),
    (
        # Who has reserved, so that what a dead process left behind is found at once, and what it had reserved.
        "ALTER TABLE calls ADD COLUMN pid INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE calls ADD COLUMN started TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE calls ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX calls_by_request ON calls (request, nano)",
        # What each day has cost, reservations included. The triggers keep it in the very transaction that changes a call.
        "CREATE TABLE days (day TEXT PRIMARY KEY, nano INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO days (day, nano) SELECT day, sum(nano) FROM calls GROUP BY day",
        """CREATE TRIGGER call_added AFTER INSERT ON calls BEGIN
            INSERT INTO days (day, nano) VALUES (new.day, new.nano)
                ON CONFLICT (day) DO UPDATE SET nano = nano + excluded.nano;
        END""",
        """CREATE TRIGGER call_changed AFTER UPDATE OF nano ON calls BEGIN
            UPDATE days SET nano = nano - old.nano + new.nano WHERE day = new.day;
        END""",
        """CREATE TRIGGER call_removed AFTER DELETE ON calls BEGIN
            UPDATE days SET nano = nano - old.nano WHERE day = old.day;
        END""",
        # What a person is told of the caps, once a day whatever the number of editors.
        """CREATE TABLE notices (
            day TEXT NOT NULL,
            text TEXT NOT NULL,
            told INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (day, text)
        ) WITHOUT ROWID""",
    ),
    (
        # The audit, empty unless it is switched on: see trail.py, whose digests cover all columns but the last.
        """CREATE TABLE trail (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            request TEXT NOT NULL,
            about TEXT NOT NULL,
            user TEXT NOT NULL,
            file TEXT NOT NULL,
            language TEXT NOT NULL,
            feature TEXT NOT NULL,
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            prompt TEXT NOT NULL,
            version TEXT NOT NULL,
            reason TEXT NOT NULL,
            gates TEXT NOT NULL,
            repairs TEXT NOT NULL,
            nano INTEGER NOT NULL,
            lines TEXT NOT NULL,
            text TEXT NOT NULL,
            chain TEXT NOT NULL
        )""",
        "CREATE TABLE trail_head (salt TEXT NOT NULL, last INTEGER NOT NULL, chain TEXT NOT NULL)",
        "INSERT INTO trail_head (salt, last, chain) VALUES (lower(hex(randomblob(32))), 0, '')",
    ),
    ("ALTER TABLE outcomes ADD COLUMN trouble TEXT NOT NULL DEFAULT ''",),
)
