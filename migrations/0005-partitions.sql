-- How commands are partitioned, and the workers that share the partitions.
-- depends: 0004-deferral

-- One row. While a change is under way, `partitions` is the old number and `target` the new one;
-- each phase says which queues may be consumed, and no other.
CREATE TABLE partitioning (
    only_row   boolean     NOT NULL DEFAULT true,
    partitions integer     NOT NULL DEFAULT 1,
    target     integer,
    phase      text        NOT NULL DEFAULT 'steady',
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT partitioning_pkey PRIMARY KEY (only_row),
    CONSTRAINT partitioning_one_row CHECK (only_row),
    CONSTRAINT partitioning_partitions_range CHECK (partitions BETWEEN 1 AND 64),
    CONSTRAINT partitioning_target_range CHECK (target BETWEEN 1 AND 64),
    CONSTRAINT partitioning_phase_known
        CHECK (phase IN ('steady', 'draining', 'emptied', 'switching', 'held', 'settled')),
    CONSTRAINT partitioning_target_while_changing CHECK ((phase = 'steady') = (target IS NULL))
);

INSERT INTO partitioning DEFAULT VALUES;

-- Who is there: written every second and worth nothing after a crash, so not logged.
CREATE UNLOGGED TABLE worker_presence (
    worker_id uuid        NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT now(),
    seen_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT worker_presence_pkey PRIMARY KEY (worker_id)
);

-- The command that each queue's consumer handles alone, because its delivery count shows repeated
-- crashes. A process that dies of it leaves the row as it is.
CREATE UNLOGGED TABLE suspect_command (
    queue    text    NOT NULL,
    hash     bytea   NOT NULL,
    attempts integer NOT NULL,
    CONSTRAINT suspect_command_pkey PRIMARY KEY (queue),
    CONSTRAINT suspect_command_attempted CHECK (attempts >= 1)
);
