-- name: look_up(tenant_ids, command_ids, venue_tenant_ids, venue_ids)
-- Which of a batch's commands were decided before or are deferred; and its venues, deleted ones too,
-- locked in key order so that two batches cannot deadlock.
WITH command AS (
    SELECT *
    FROM unnest(:tenant_ids::text::uuid[], :command_ids::text::uuid[]) AS w (tenant_id, command_id)
), locked AS (
    SELECT v.*
    FROM venue AS v
    JOIN unnest(:venue_tenant_ids::text::uuid[], :venue_ids::text::uuid[]) AS wanted (tenant_id, id)
      ON v.tenant_id = wanted.tenant_id AND v.id = wanted.id
    ORDER BY v.tenant_id, v.id
    FOR UPDATE OF v
)
SELECT 'command' AS kind, tenant_id::text, command_id::text AS id, o.version, o.status,
       o.venue_id::text, o.digest, o.errors::text, NULL AS deferred_id,
       NULL AS slug, NULL AS fields, NULL AS status_reason,
       NULL::timestamptz AS created_at, NULL::timestamptz AS updated_at,
       NULL::timestamptz AS deleted_at
FROM command_outcome AS o JOIN command USING (tenant_id, command_id)
UNION ALL
SELECT 'command', tenant_id::text, command_id::text, NULL, 'deferred', d.venue_id::text, d.digest,
       NULL, d.id::text, NULL, NULL, NULL, NULL, NULL, NULL
FROM deferred_command AS d JOIN command USING (tenant_id, command_id)
UNION ALL
SELECT 'venue', tenant_id::text, id::text, version, status, NULL, NULL, NULL, NULL,
       slug, fields::text, status_reason, created_at, updated_at, deleted_at
FROM locked;
