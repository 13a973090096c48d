-- name: write(at, venue_tenant_ids, venue_ids, loaded_versions, versions, statuses, slugs, fields, status_reasons, deleted_ats, command_tenant_ids, command_ids, command_types, digests, command_venue_ids, results, command_versions, errors, command_actor_ids, event_ids, event_tenant_ids, event_venue_ids, event_versions, event_types, event_command_ids, event_actor_ids, bodies)^
-- What a batch has come to, in one round trip. Venues: those that were loaded, unless someone has
-- changed them since, and new ones, unless someone has used their id since. What became of commands,
-- unless another transaction has decided one since. Events and, in the same order, their places in the
-- outbox. Returns how many of the first two were written, the places, and for each whether an event
-- of the same venue waited there before. That is looked up once a venue: once a row would pass over
-- the rows of this very statement each time. As the first of a range, which only the index over
-- venues gives in that order: asked for with equality, all of the outbox might be read.
WITH given AS (
    SELECT *
    FROM unnest(:venue_tenant_ids::text::uuid[], :venue_ids::text::uuid[],
                :loaded_versions::text::integer[], :versions::text::integer[],
                :statuses::text::text[], :slugs::text::text[], :fields::json[],
                :status_reasons::text::text[], :deleted_ats::text::timestamptz[])
      AS v (tenant_id, id, loaded_version, version, status, slug, fields, status_reason,
            deleted_at)
), changed AS (
    UPDATE venue AS v
    SET version = g.version, status = g.status, slug = g.slug, fields = g.fields,
        status_reason = g.status_reason, updated_at = :at, deleted_at = g.deleted_at
    FROM given AS g
    CROSS JOIN LATERAL (
        SELECT w.ctid AS place
        FROM venue AS w
        WHERE w.tenant_id = g.tenant_id AND w.id = g.id
        OFFSET 0
    ) AS near
    WHERE v.ctid = near.place AND v.version = g.loaded_version
    RETURNING v.id
), created AS (
    INSERT INTO venue (tenant_id, id, version, status, slug, fields, status_reason, created_at,
                       updated_at, deleted_at)
    SELECT tenant_id, id, version, status, slug, fields, status_reason, :at, :at, deleted_at
    FROM given
    WHERE loaded_version IS NULL
    ON CONFLICT ON CONSTRAINT venue_pkey DO NOTHING
    RETURNING id
), decided AS (
    INSERT INTO command_outcome (tenant_id, command_id, type, digest, venue_id, status, version,
                                 errors, actor_id, decided_at)
    SELECT *, :at::timestamptz
    FROM unnest(:command_tenant_ids::text::uuid[], :command_ids::text::uuid[],
                :command_types::text::text[], :digests::bytea[], :command_venue_ids::text::uuid[],
                :results::text::text[], :command_versions::text::integer[],
                :errors::text::jsonb[], :command_actor_ids::text::text[])
    ON CONFLICT ON CONSTRAINT command_outcome_pkey DO NOTHING
    RETURNING command_id
), new AS (
    SELECT *
    FROM unnest(:event_ids::text::uuid[], :event_tenant_ids::text::uuid[],
                :event_venue_ids::text::uuid[], :event_versions::text::integer[],
                :event_types::text::text[], :event_command_ids::text::uuid[],
                :event_actor_ids::text::text[], :bodies::text[])
      WITH ORDINALITY
      AS e (id, tenant_id, venue_id, venue_version, type, command_id, actor_id, body, nth)
), waiting AS MATERIALIZED (
    SELECT v.tenant_id, v.venue_id
    FROM (SELECT DISTINCT tenant_id, venue_id FROM new) AS v
    CROSS JOIN LATERAL (
        SELECT o.tenant_id, o.venue_id
        FROM outbox AS o
        WHERE (o.tenant_id, o.venue_id) >= (v.tenant_id, v.venue_id)
          AND (o.tenant_id, o.venue_id) <= (v.tenant_id, v.venue_id)
        ORDER BY o.tenant_id, o.venue_id, o.position
        LIMIT 1
    ) AS next
), kept AS (
    INSERT INTO venue_event (id, tenant_id, venue_id, venue_version, type, command_id, actor_id,
                             body, occurred_at)
    SELECT id, tenant_id, venue_id, venue_version, type, command_id, actor_id, body, :at
    FROM new
), queued AS (
    INSERT INTO outbox (event_id, tenant_id, venue_id)
    SELECT id, tenant_id, venue_id FROM new ORDER BY nth
    RETURNING position, (tenant_id, venue_id) IN (SELECT * FROM waiting) AS follows
)
SELECT (SELECT count(*) FROM changed) + (SELECT count(*) FROM created) AS venues,
       (SELECT count(*) FROM decided) AS decided,
       ARRAY(SELECT position FROM queued ORDER BY position) AS positions,
       ARRAY(SELECT follows FROM queued ORDER BY position) AS follow;
