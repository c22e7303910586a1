-- A journal of schema version 2, as its program left it.
PRAGMA foreign_keys = OFF;
PRAGMA application_id = 1199000178;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE commissions (
    exec_id  TEXT    PRIMARY KEY,
    amount   TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
INSERT INTO "commissions" VALUES('00.a.01.01','1.05','USD',1793000003000000);
CREATE TABLE events (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    gateway   TEXT    NOT NULL,
    client_id INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    detail    TEXT    NOT NULL
) STRICT;
INSERT INTO "events" VALUES(1,1793000000000000,'127.0.0.1:4002',7,'session_ready','server version 178');
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
INSERT INTO "executions" VALUES('00.a.01.01','00.a.01',1,1,1002003,'DU9000001','AAPL','BUY','4','187.15',1793000003000000);
INSERT INTO "executions" VALUES('00.b.01.01','00.b.01',1,1,1002003,'DU9000001','AAPL','BUY','7','187.15',1793000003000000);
INSERT INTO "executions" VALUES('00.b.01.02','00.b.01',2,1,1002003,'DU9000001','AAPL','BUY','6','187.15',1793000003000000);
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
INSERT INTO "explanations" VALUES(1,1793000006000000,'127.0.0.1:4002',7,'DU9000001','AAPL','3','bought by hand');
CREATE TABLE holdings (
    gateway   TEXT    NOT NULL,
    client_id INTEGER NOT NULL,
    account   TEXT    NOT NULL,
    symbol    TEXT    NOT NULL,
    position  TEXT    NOT NULL,
    cash      TEXT    NOT NULL,
    PRIMARY KEY (gateway, client_id, account, symbol)
) STRICT, WITHOUT ROWID;
INSERT INTO "holdings" VALUES('127.0.0.1:4002',7,'DU9000001','AAPL','13','-1871.5');
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
INSERT INTO "intents" VALUES(1,'gw-7-1-1','AAPL','BUY','10','MKT',NULL,NULL,'cross','it''s time',1793000000000000,'127.0.0.1:4002',7,42,'filled',NULL,NULL,NULL);
INSERT INTO "intents" VALUES(2,'gw-7-1-2','AAPL','BUY','10','STP LMT','1.2','1.10','cross','it''s time',1793000000000000,'127.0.0.1:4002',7,43,'in_doubt',NULL,NULL,1793000005000000);
INSERT INTO "intents" VALUES(3,'gw-7-1-3','AAPL','BUY','10','LMT','1.2',NULL,'cross','it''s time',1793000000000000,'127.0.0.1:4002',7,44,'rejected',201,'Order rejected - reason:no',NULL);
INSERT INTO "intents" VALUES(4,'gw-7-1-4','AAPL','BUY','10','MKT',NULL,NULL,'cross','it''s time',1793000000000000,NULL,NULL,NULL,'intended',NULL,NULL,NULL);
CREATE TABLE order_ids (
    gateway    TEXT    NOT NULL,
    client_id  INTEGER NOT NULL,
    high_water INTEGER NOT NULL CHECK (high_water >= 0),
    PRIMARY KEY (gateway, client_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "order_ids" VALUES('127.0.0.1:4002',7,44);
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
INSERT INTO "transitions" VALUES(1,1,1793000001000000,'intended','sent',NULL,NULL,NULL,'x',1002003,NULL);
INSERT INTO "transitions" VALUES(2,1,1793000002000000,'sent','acknowledged',NULL,NULL,NULL,'x',1002003,NULL);
INSERT INTO "transitions" VALUES(3,1,1793000004000000,'acknowledged','filled',NULL,NULL,NULL,'x',1002003,NULL);
INSERT INTO "transitions" VALUES(4,2,1793000001000000,'intended','sent',NULL,NULL,NULL,'x',1002003,NULL);
INSERT INTO "transitions" VALUES(5,2,1793000005000000,'sent','in_doubt',NULL,NULL,1793000005000000,'x',1002003,NULL);
INSERT INTO "transitions" VALUES(6,3,1793000001000000,'intended','sent',NULL,NULL,NULL,'x',1002003,NULL);
INSERT INTO "transitions" VALUES(7,3,1793000005000000,'sent','rejected',201,'Order rejected - reason:no',NULL,'x',1002003,NULL);
CREATE TRIGGER order_ids_never_fall BEFORE UPDATE ON order_ids WHEN NEW.high_water < OLD.high_water
BEGIN SELECT RAISE(ABORT, 'an order-id high-water mark never falls'); END;
CREATE TRIGGER order_ids_are_kept BEFORE DELETE ON order_ids
BEGIN SELECT RAISE(ABORT, 'an order-id high-water mark is never forgotten'); END;
CREATE INDEX intents_by_time ON intents (created_at);
CREATE INDEX intents_open ON intents (id)
    WHERE state IN ('intended', 'sent', 'acknowledged', 'partially_filled', 'in_doubt');
CREATE INDEX transitions_of_intent ON transitions (intent, id);
CREATE INDEX executions_of_family ON executions (exec_family, revision);
CREATE INDEX executions_of_intent ON executions (intent);
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('intents',4);
INSERT INTO "sqlite_sequence" VALUES('transitions',7);
INSERT INTO "sqlite_sequence" VALUES('explanations',1);
INSERT INTO "sqlite_sequence" VALUES('events',1);
COMMIT;
