CREATE TABLE order_ids (
    gateway    TEXT    NOT NULL,
    client_id  INTEGER NOT NULL,
    high_water INTEGER NOT NULL CHECK (high_water >= 0),
    PRIMARY KEY (gateway, client_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER order_ids_never_fall BEFORE UPDATE ON order_ids WHEN NEW.high_water < OLD.high_water
BEGIN SELECT RAISE(ABORT, 'an order-id high-water mark never falls'); END;

CREATE TRIGGER order_ids_are_kept BEFORE DELETE ON order_ids
BEGIN SELECT RAISE(ABORT, 'an order-id high-water mark is never forgotten'); END;

CREATE TABLE intents (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    order_ref   TEXT    NOT NULL UNIQUE,
    symbol      TEXT    NOT NULL,
    side        TEXT    NOT NULL,
    quantity    TEXT    NOT NULL,
    order_type  TEXT    NOT NULL,
    limit_price TEXT,
    stop_price  TEXT,
    strategy    TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    gateway     TEXT,
    client_id   INTEGER,
    order_id    INTEGER,
    state       TEXT    NOT NULL,
    code        INTEGER,
    text        TEXT,
    since       INTEGER,
    CHECK ((gateway IS NULL) = (order_id IS NULL) AND (client_id IS NULL) = (order_id IS NULL)),
    UNIQUE (gateway, client_id, order_id)
) STRICT;

CREATE INDEX intents_by_time ON intents (created_at);
CREATE INDEX intents_open ON intents (id)
    WHERE state IN ('intended', 'sent', 'acknowledged', 'partially_filled', 'in_doubt');

CREATE TABLE transitions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    intent     INTEGER NOT NULL REFERENCES intents (id),
    at         INTEGER NOT NULL,
    from_state TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    code       INTEGER,
    text       TEXT,
    since      INTEGER,
    message    TEXT    NOT NULL,
    perm_id    INTEGER,
    exec_id    TEXT
) STRICT;

CREATE INDEX transitions_of_intent ON transitions (intent, id);

CREATE TABLE executions (
    exec_id     TEXT    PRIMARY KEY,
    exec_family TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    intent      INTEGER REFERENCES intents (id),
    perm_id     INTEGER NOT NULL,
    account     TEXT    NOT NULL,
    symbol      TEXT    NOT NULL,
    side        TEXT    NOT NULL,
    quantity    TEXT    NOT NULL,
    price       TEXT    NOT NULL,
    at          INTEGER NOT NULL
) STRICT;

CREATE INDEX executions_of_family ON executions (exec_family, revision);
CREATE INDEX executions_of_intent ON executions (intent);
