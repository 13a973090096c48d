-- name: look_up(tenant_ids, command_ids, venue_tenant_ids, venue_ids, slug_tenant_ids, bases)
-- Which of a batch's commands were decided before or are deferred; its venues, deleted ones too,
-- locked in key order so that two batches cannot deadlock, and for each whether somebody has changed
-- it since the statement began (`seen` is not read again when a lock had to be waited for); slugs in
-- use that are one of the bases, or a base with a number ('.' is the byte after '-'): each is looked
-- up by the index, for joined as a whole, all venues would be read for each batch.
WITH command AS (
    SELECT *
    FROM unnest(:tenant_ids::text::uuid[], :command_ids::text::uuid[]) AS w (tenant_id, command_id)
), seen AS MATERIALIZED (
    SELECT v.tenant_id, v.id, v.version
    FROM venue AS v
    JOIN unnest(:venue_tenant_ids::text::uuid[], :venue_ids::text::uuid[]) AS wanted (tenant_id, id)
      ON v.tenant_id = wanted.tenant_id AND v.id = wanted.id
), locked AS (
    SELECT v.*, v.version <> seen.version AS changed_since
    FROM seen JOIN venue AS v ON v.tenant_id = seen.tenant_id AND v.id = seen.id
    ORDER BY v.tenant_id, v.id
    FOR UPDATE OF v
), taken AS (
    SELECT DISTINCT wanted.tenant_id, near.slug
    FROM unnest(:slug_tenant_ids::text::uuid[], :bases::text::text[]) AS wanted (tenant_id, base)
    CROSS JOIN LATERAL (
        SELECT v.slug
        FROM venue AS v
        WHERE v.tenant_id = wanted.tenant_id AND v.deleted_at IS NULL
          AND v.slug >= wanted.base COLLATE "C" AND v.slug < (wanted.base || '.') COLLATE "C"
        OFFSET 0
    ) AS near
    WHERE substr(near.slug, length(wanted.base) + 1) ~ '^(-[0-9]+)?$'
)
SELECT 'command' AS kind, tenant_id::text, command_id::text AS id, o.version, o.status,
       o.venue_id::text, o.digest, o.errors::text, NULL AS deferred_id,
       NULL AS slug, NULL AS fields, NULL AS status_reason,
       NULL::timestamptz AS created_at, NULL::timestamptz AS updated_at,
       NULL::timestamptz AS deleted_at, false AS changed_since
FROM command_outcome AS o JOIN command USING (tenant_id, command_id)
UNION ALL
SELECT 'command', tenant_id::text, command_id::text, NULL, 'deferred', d.venue_id::text, d.digest,
       NULL, d.id::text, NULL, NULL, NULL, NULL, NULL, NULL, false
FROM deferred_command AS d JOIN command USING (tenant_id, command_id)
UNION ALL
SELECT 'slug', tenant_id::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       slug, NULL, NULL, NULL, NULL, NULL, false
FROM taken
UNION ALL
SELECT 'venue', tenant_id::text, id::text, version, status, NULL, NULL, NULL, NULL,
       slug, fields::text, status_reason, created_at, updated_at, deleted_at, changed_since
FROM locked;
