-- name: take_due(doubtful, most, again_seconds, key_ids)
-- Commands whose time has come, the longest due first, taken for so many seconds, twice as long each
-- time. Doubtful are those that were taken three times before and never finished: perhaps one of
-- them ends the process.
WITH due AS (
    SELECT id, due_at
    FROM deferred_command
    WHERE due_at <= now() AND (takes >= 3) = :doubtful::boolean
      AND (key_id IS NULL OR key_id = ANY (:key_ids::text[]))
    ORDER BY due_at
    LIMIT :most
    FOR UPDATE SKIP LOCKED
)
UPDATE deferred_command AS d
SET takes = d.takes + 1, due_at = now() + make_interval(secs => :again_seconds) * power(2, d.takes)
FROM due
WHERE d.id = ANY (ARRAY(SELECT id FROM due)) AND d.id = due.id
RETURNING d.id::text, d.body, d.key_id, d.properties::text AS properties, d.takes, d.attempts,
          d.digest IS NOT NULL AS waited, d.parked_id::text, due.due_at;

-- name: defer(tenant_ids, command_ids, venue_ids, origins, digests, bodies, properties, due_ats, attempts, errors, seen_at, key_id)!
-- Keep commands whole until they are due, unless another transaction has deferred one of them since.
INSERT INTO deferred_command (tenant_id, command_id, venue_id, origin, digest, body, properties,
                              due_at, attempts, error, first_seen, key_id)
SELECT tenant_id, command_id, venue_id, origin, digest, body, properties, due_at, attempts, error,
       :seen_at, :key_id
FROM unnest(:tenant_ids::uuid[], :command_ids::uuid[], :venue_ids::uuid[], :origins::jsonb[],
            :digests::bytea[], :bodies::bytea[], :properties::jsonb[], :due_ats::timestamptz[],
            :attempts::integer[], :errors::text[])
  AS new (tenant_id, command_id, venue_id, origin, digest, body, properties, due_at, attempts, error)
ON CONFLICT (tenant_id, command_id) DO NOTHING;

-- name: defer_again(ids, tenant_ids, command_ids, venue_ids, origins, digests, due_ats, attempts, errors)!
-- Commands that were taken and have to wait again, for the reasons given.
UPDATE deferred_command AS d
SET tenant_id = c.tenant_id, command_id = c.command_id, venue_id = c.venue_id, origin = c.origin,
    digest = c.digest, due_at = c.due_at, attempts = c.attempts, error = c.error, takes = 0
FROM unnest(:ids::uuid[], :tenant_ids::uuid[], :command_ids::uuid[], :venue_ids::uuid[],
            :origins::jsonb[], :digests::bytea[], :due_ats::timestamptz[], :attempts::integer[],
            :errors::text[])
  AS c (id, tenant_id, command_id, venue_id, origin, digest, due_at, attempts, error)
WHERE d.id = ANY (:ids::uuid[]) AND d.id = c.id;

-- name: lock_taken(ids, takes)
-- Those of the commands that nobody else has taken since, locked.
SELECT d.id::text
FROM (SELECT *
      FROM unnest(:ids::uuid[], :takes::integer[]) AS given (id, takes)
      ORDER BY id) AS mine
CROSS JOIN LATERAL (
    SELECT id
    FROM deferred_command AS near
    WHERE near.id = mine.id AND near.takes = mine.takes
    OFFSET 0
    FOR UPDATE
) AS d;

-- name: finish_deferred(ids)!
-- Commands that wait no more.
DELETE FROM deferred_command WHERE id = ANY (:ids::uuid[]);

-- name: lock_waiting(tenant_ids, command_ids)
-- Those of the commands that are deferred, locked in the order of `lock_taken`.
SELECT d.id::text, d.tenant_id::text, d.command_id::text, d.origin::text AS origin, d.digest,
       d.properties::text AS properties, d.parked_id::text
FROM (SELECT near.id
      FROM unnest(:tenant_ids::uuid[], :command_ids::uuid[]) AS wanted (tenant_id, command_id)
      CROSS JOIN LATERAL (
          SELECT id
          FROM deferred_command AS waiting
          WHERE waiting.tenant_id = wanted.tenant_id AND waiting.command_id = wanted.command_id
          OFFSET 0
      ) AS near
      ORDER BY near.id) AS found
CROSS JOIN LATERAL (
    SELECT *
    FROM deferred_command AS one
    WHERE one.id = found.id
    OFFSET 0
    FOR UPDATE
) AS d;

-- name: deferred_figures()^
-- How many commands wait, and since how many seconds the longest overdue one is due.
SELECT count(*) AS waiting,
       coalesce(extract(epoch FROM now() - min(due_at)), 0)::float8 AS overdue_seconds
FROM deferred_command;
