CREATE TABLE commissions (
    exec_id  TEXT    PRIMARY KEY,
    amount   TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;

CREATE TABLE explanations (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    gateway   TEXT    NOT NULL,
    client_id INTEGER NOT NULL,
    account   TEXT    NOT NULL,
    symbol    TEXT    NOT NULL,
    quantity  TEXT    NOT NULL,
    reason    TEXT    NOT NULL CHECK (reason <> '')
) STRICT;

CREATE TABLE events (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    gateway   TEXT    NOT NULL,
    client_id INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    detail    TEXT    NOT NULL
) STRICT;

CREATE INDEX events_by_time ON events (at);
CREATE INDEX intents_by_symbol ON intents (symbol, id);
CREATE INDEX executions_by_time ON executions (at);

CREATE TRIGGER transitions_stand BEFORE UPDATE ON transitions
BEGIN SELECT RAISE(ABORT, 'what was recorded is never changed'); END;
CREATE TRIGGER transitions_are_kept BEFORE DELETE ON transitions
BEGIN SELECT RAISE(ABORT, 'what was recorded is never deleted'); END;
CREATE TRIGGER intents_are_kept BEFORE DELETE ON intents
BEGIN SELECT RAISE(ABORT, 'what was recorded is never deleted'); END;
CREATE TRIGGER executions_stand BEFORE UPDATE ON executions
BEGIN SELECT RAISE(ABORT, 'what was recorded is never changed'); END;
CREATE TRIGGER executions_are_kept BEFORE DELETE ON executions
BEGIN SELECT RAISE(ABORT, 'what was recorded is never deleted'); END;
CREATE TRIGGER commissions_stand BEFORE UPDATE ON commissions
BEGIN SELECT RAISE(ABORT, 'what was recorded is never changed'); END;
CREATE TRIGGER commissions_are_kept BEFORE DELETE ON commissions
BEGIN SELECT RAISE(ABORT, 'what was recorded is never deleted'); END;
CREATE TRIGGER explanations_stand BEFORE UPDATE ON explanations
BEGIN SELECT RAISE(ABORT, 'what was recorded is never changed'); END;
CREATE TRIGGER explanations_are_kept BEFORE DELETE ON explanations
BEGIN SELECT RAISE(ABORT, 'what was recorded is never deleted'); END;
CREATE TRIGGER events_stand BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'what was recorded is never changed'); END;
CREATE TRIGGER events_are_kept BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'what was recorded is never deleted'); END;

CREATE TABLE holdings (
    gateway   TEXT    NOT NULL,
    client_id INTEGER NOT NULL,
    account   TEXT    NOT NULL,
    symbol    TEXT    NOT NULL,
    position  TEXT    NOT NULL,
    cash      TEXT    NOT NULL,
    PRIMARY KEY (gateway, client_id, account, symbol)
) STRICT, WITHOUT ROWID;
