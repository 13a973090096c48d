-- Commands that wait for their time, and what operators do with the parked ones.
-- depends: 0003-parked

ALTER TABLE parked_command
    ADD COLUMN status    text        NOT NULL DEFAULT 'parked',
    ADD COLUMN attempts  integer     NOT NULL DEFAULT 0,
    ADD COLUMN traceback text,
    ADD COLUMN closed_at timestamptz,
    ADD CONSTRAINT parked_command_status_known
        CHECK (status IN ('parked', 'replaying', 'replayed', 'discarded')),
    ADD CONSTRAINT parked_command_closed
        CHECK ((closed_at IS NOT NULL) = (status IN ('replayed', 'discarded')));

CREATE INDEX parked_command_open ON parked_command (id) WHERE status = 'parked';

-- What was done with each parked command, by whom, and what came of it.
CREATE TABLE parked_audit (
    id        bigint      GENERATED ALWAYS AS IDENTITY,
    parked_id uuid        NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    by        text        NOT NULL,
    action    text        NOT NULL,
    note      text,
    detail    jsonb,
    CONSTRAINT parked_audit_pkey PRIMARY KEY (id),
    CONSTRAINT parked_audit_parked_fkey
        FOREIGN KEY (parked_id) REFERENCES parked_command (id) ON DELETE CASCADE,
    CONSTRAINT parked_audit_action_known
        CHECK (action IN ('replay', 'discard', 'finished', 'parked again', 'deferred'))
);

CREATE INDEX parked_audit_parked ON parked_audit (parked_id);

-- Whole commands until they run: asked for later, failed and to be tried again, or replayed. Whoever
-- takes one moves its `due_at` ahead, so that it comes again if the process dies; the row goes in
-- the transaction of the command's outcome. One with a digest claims its command id.
CREATE TABLE deferred_command (
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    tenant_id  uuid,
    command_id uuid,
    venue_id   uuid,
    origin     jsonb,
    digest     bytea,
    body       bytea       NOT NULL,
    properties jsonb       NOT NULL,
    first_seen timestamptz NOT NULL,
    due_at     timestamptz NOT NULL,
    takes      integer     NOT NULL DEFAULT 0,
    attempts   integer     NOT NULL DEFAULT 0,
    error      text,
    parked_id  uuid,
    CONSTRAINT deferred_command_pkey PRIMARY KEY (id),
    CONSTRAINT deferred_command_parked_fkey FOREIGN KEY (parked_id) REFERENCES parked_command (id),
    CONSTRAINT deferred_command_claims
        CHECK ((digest IS NULL) = (command_id IS NULL) AND (digest IS NULL) = (origin IS NULL)),
    CONSTRAINT deferred_command_comes_from
        CHECK (digest IS NOT NULL OR parked_id IS NOT NULL)
);

CREATE UNIQUE INDEX deferred_command_id_unique ON deferred_command (tenant_id, command_id);
CREATE INDEX deferred_command_due ON deferred_command (due_at);
