-- Messages that could not be understood, kept whole until an operator deals with them.
-- depends: 0002-events

CREATE TABLE parked_command (
    id           uuid        NOT NULL,
    hash         bytea       NOT NULL,
    reason       text        NOT NULL,
    errors       jsonb       NOT NULL,
    body         bytea       NOT NULL,
    properties   jsonb       NOT NULL,
    tenant_id    uuid,
    command_id   uuid,
    command_type text,
    first_seen   timestamptz NOT NULL,
    last_seen    timestamptz NOT NULL,
    times_seen   integer     NOT NULL,
    CONSTRAINT parked_command_pkey PRIMARY KEY (id),
    CONSTRAINT parked_command_hash_unique UNIQUE (hash),
    CONSTRAINT parked_command_seen CHECK (times_seen >= 1 AND last_seen >= first_seen)
);

CREATE INDEX parked_command_last_seen ON parked_command (last_seen DESC);
