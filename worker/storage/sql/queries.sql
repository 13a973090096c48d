-- name: read_venue(tenant_id, id)^
-- One venue, deleted or not, as it stands.
SELECT v.id::text, v.version, v.status, v.slug, v.fields::text AS fields, v.status_reason,
       v.created_at, v.updated_at, v.deleted_at
FROM venue AS v
WHERE v.tenant_id = :tenant_id::uuid AND v.id = :id::uuid;

-- name: read_layout(tenant_id, venue_id, layout_id)^
-- One layout with its plan, and a mark that is another once the plan is.
SELECT l.layout_id::text, l.name, l.kind, l.is_default, l.seats, l.standing, l.accessible,
       l.companion, l.plan::text AS plan, md5(l.plan::text) AS mark
FROM venue_layout AS l
WHERE l.tenant_id = :tenant_id::uuid AND l.venue_id = :venue_id::uuid
  AND l.layout_id = :layout_id::uuid;

-- name: read_changes(tenant_id, venue_id, since, below)
-- The changes of a venue to a range of versions, the newest first.
SELECT venue_version AS version, type, occurred_at AS time, actor_id, command_id::text, changed,
       item, reason
FROM venue_change
WHERE tenant_id = :tenant_id::uuid AND venue_id = :venue_id::uuid
  AND venue_version >= :since::integer AND venue_version < :below::integer
ORDER BY venue_version DESC;

-- name: read_command(tenant_id, command_id)^
-- What is known of a command: its outcome, else that it waits (a replay, too), else that it is
-- parked, last seen. One that was replayed is not parked: its outcome tells, as long as it is kept.
SELECT known.*
FROM (
    SELECT 1 AS rank, o.command_id::text, o.type, o.status, o.venue_id::text, o.version,
           o.errors::text AS errors, o.actor_id, o.decided_at, NULL::timestamptz AS due_at,
           NULL::timestamptz AS parked_at, NULL::timestamptz AS discarded_at
    FROM command_outcome AS o
    WHERE o.tenant_id = :tenant_id::uuid AND o.command_id = :command_id::uuid
    UNION ALL
    SELECT 2, d.command_id::text, d.origin ->> 'type', 'deferred', d.venue_id::text, NULL, NULL,
           d.origin ->> 'actor_id', NULL, d.due_at, NULL, NULL
    FROM deferred_command AS d
    WHERE d.tenant_id = :tenant_id::uuid AND d.command_id = :command_id::uuid
    UNION ALL
    SELECT 3, p.command_id::text, p.command_type, 'deferred', NULL, NULL, NULL, NULL, NULL,
           d.due_at, NULL, NULL
    FROM parked_command AS p
    JOIN deferred_command AS d ON d.parked_id = p.id
    WHERE p.tenant_id = :tenant_id::uuid AND p.command_id = :command_id::uuid
      AND p.status = 'replaying'
    UNION ALL
    SELECT 4, p.command_id::text, p.command_type, 'parked', NULL, NULL, p.errors::text, NULL, NULL,
           NULL, p.last_seen, CASE WHEN p.status = 'discarded' THEN p.closed_at END
    FROM parked_command AS p
    WHERE p.tenant_id = :tenant_id::uuid AND p.command_id = :command_id::uuid
      AND p.status IN ('parked', 'discarded')
) AS known
ORDER BY known.rank, known.parked_at DESC
LIMIT 1;
