CREATE TABLE proxied_orders (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    at             INTEGER NOT NULL,
    gateway        TEXT    NOT NULL CHECK (gateway <> ''),
    client_id      INTEGER NOT NULL,
    server_version INTEGER NOT NULL,
    act            TEXT    NOT NULL CHECK (act IN ('place', 'cancel', 'exercise', 'cancel_all')),
    order_id       INTEGER,
    order_ref      TEXT    NOT NULL,
    symbol         TEXT    NOT NULL,
    side           TEXT    NOT NULL,
    quantity       TEXT,
    order_type     TEXT    NOT NULL,
    perm_id        INTEGER
) STRICT;

CREATE TABLE proxied_outcomes (
    proxied_order INTEGER PRIMARY KEY REFERENCES proxied_orders (id),
    at            INTEGER NOT NULL,
    outcome       TEXT    NOT NULL CHECK (outcome IN ('acknowledged', 'not_sent', 'settled')),
    detail        TEXT    NOT NULL
) STRICT;

CREATE TRIGGER proxied_orders_stand BEFORE UPDATE ON proxied_orders
BEGIN SELECT RAISE(ABORT, 'what was recorded is never changed'); END;
CREATE TRIGGER proxied_orders_are_kept BEFORE DELETE ON proxied_orders
BEGIN SELECT RAISE(ABORT, 'what was recorded is never deleted'); END;
CREATE TRIGGER proxied_outcomes_stand BEFORE UPDATE ON proxied_outcomes
BEGIN SELECT RAISE(ABORT, 'what was recorded is never changed'); END;
CREATE TRIGGER proxied_outcomes_are_kept BEFORE DELETE ON proxied_outcomes
BEGIN SELECT RAISE(ABORT, 'what was recorded is never deleted'); END;
