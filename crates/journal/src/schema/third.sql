CREATE TABLE halts (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    kind   TEXT    NOT NULL CHECK (kind IN ('halt', 'resume')),
    reason TEXT    NOT NULL CHECK (reason <> ''),
    by     TEXT    NOT NULL CHECK (by <> ''),
    scope  TEXT    CHECK ((scope IS NULL) = (kind = 'resume'))
) STRICT;

CREATE TRIGGER halts_stand BEFORE UPDATE ON halts
BEGIN SELECT RAISE(ABORT, 'what was recorded is never changed'); END;
CREATE TRIGGER halts_are_kept BEFORE DELETE ON halts
BEGIN SELECT RAISE(ABORT, 'what was recorded is never deleted'); END;
