-- name: look_up(tenant_ids, command_ids, venue_tenant_ids, venue_ids, slug_tenant_ids, bases)
-- Which of a batch's commands were decided before or are deferred; its venues, deleted ones too,
-- locked in key order so that two batches cannot deadlock; and slugs in use that are one of the bases,
-- or a base with a number ('.' is the byte after '-'). `OFFSET 0` has each looked up by its index
-- (decision 15).
WITH command AS (
    SELECT *
    FROM unnest(:tenant_ids::text::uuid[], :command_ids::text::uuid[]) AS w (tenant_id, command_id)
), locked AS (
    SELECT near.*
    FROM (SELECT *
          FROM unnest(:venue_tenant_ids::text::uuid[], :venue_ids::text::uuid[])
            AS given (tenant_id, id)
          ORDER BY tenant_id, id) AS wanted
    CROSS JOIN LATERAL (
        SELECT v.*
        FROM venue AS v
        WHERE v.tenant_id = wanted.tenant_id AND v.id = wanted.id
        OFFSET 0
        FOR UPDATE
    ) AS near
), taken AS (
    SELECT DISTINCT wanted.tenant_id, near.slug
    FROM unnest(:slug_tenant_ids::text::uuid[], :bases::text::text[]) AS wanted (tenant_id, base)
    CROSS JOIN LATERAL (
        SELECT v.slug
        FROM venue AS v
        WHERE v.tenant_id = wanted.tenant_id AND v.deleted_at IS NULL
          AND v.slug >= wanted.base COLLATE "C" AND v.slug < (wanted.base || '.') COLLATE "C"
        ORDER BY v.slug  -- so that no index but that of slugs will do
        OFFSET 0
    ) AS near
    WHERE substr(near.slug, length(wanted.base) + 1) ~ '^(-[0-9]+)?$'
)
SELECT 'command' AS kind, tenant_id::text, command_id::text AS id, o.version, o.status,
       o.venue_id::text, o.digest, o.errors::text, NULL AS deferred_id,
       NULL AS slug, NULL AS fields, NULL AS status_reason,
       NULL::timestamptz AS created_at, NULL::timestamptz AS updated_at,
       NULL::timestamptz AS deleted_at
FROM command
CROSS JOIN LATERAL (
    SELECT version, status, venue_id, digest, errors
    FROM command_outcome AS known
    WHERE known.tenant_id = command.tenant_id AND known.command_id = command.command_id
    OFFSET 0
) AS o
UNION ALL
SELECT 'command', tenant_id::text, command_id::text, NULL, 'deferred', d.venue_id::text, d.digest,
       NULL, d.id::text, NULL, NULL, NULL, NULL, NULL, NULL
FROM command
CROSS JOIN LATERAL (
    SELECT id, venue_id, digest
    FROM deferred_command AS waiting
    WHERE waiting.tenant_id = command.tenant_id AND waiting.command_id = command.command_id
    OFFSET 0
) AS d
UNION ALL
SELECT 'slug', tenant_id::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       slug, NULL, NULL, NULL, NULL, NULL
FROM taken
UNION ALL
SELECT 'venue', tenant_id::text, id::text, version, status, NULL, NULL, NULL, NULL,
       slug, fields::text, status_reason, created_at, updated_at, deleted_at
FROM locked;
