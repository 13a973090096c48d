-- name: known_commands(tenant_ids, command_ids)
-- Those of the commands that were decided before, with their outcome, or that are deferred.
WITH wanted AS (
    SELECT * FROM unnest(:tenant_ids::uuid[], :command_ids::uuid[]) AS w (tenant_id, command_id)
)
SELECT o.tenant_id::text, o.command_id::text, o.digest, o.venue_id::text, o.status, o.version,
       o.errors::text AS errors, NULL AS deferred_id
FROM command_outcome AS o
JOIN wanted ON o.tenant_id = wanted.tenant_id AND o.command_id = wanted.command_id
UNION ALL
SELECT d.tenant_id::text, d.command_id::text, d.digest, d.venue_id::text, 'deferred', NULL, NULL,
       d.id::text
FROM deferred_command AS d
JOIN wanted ON d.tenant_id = wanted.tenant_id AND d.command_id = wanted.command_id;

-- name: insert_outcomes(tenant_ids, command_ids, types, digests, venue_ids, statuses, versions, errors, actor_ids, decided_at)!
-- What became of the commands, unless another transaction has decided one of them since.
INSERT INTO command_outcome (tenant_id, command_id, type, digest, venue_id, status, version,
                             errors, actor_id, decided_at)
SELECT tenant_id, command_id, type, digest, venue_id, status, version, errors, actor_id, :decided_at
FROM unnest(:tenant_ids::uuid[], :command_ids::uuid[], :types::text[], :digests::bytea[],
            :venue_ids::uuid[], :statuses::text[], :versions::integer[], :errors::jsonb[],
            :actor_ids::text[])
  AS new (tenant_id, command_id, type, digest, venue_id, status, version, errors, actor_id)
ON CONFLICT ON CONSTRAINT command_outcome_pkey DO NOTHING;

-- name: delete_old_outcomes(cutoff, most)!
-- Outcomes from before the cutoff, the oldest first.
DELETE FROM command_outcome
WHERE ctid = ANY (ARRAY(SELECT o.ctid
                        FROM command_outcome AS o
                        WHERE o.decided_at < :cutoff::timestamptz
                        ORDER BY o.decided_at
                        LIMIT :most
                        FOR UPDATE SKIP LOCKED));
