-- All rows of a command that was not decided before, and the place of its event in the outbox; of one
-- that was decided before, nothing.
WITH claimed AS (
    INSERT INTO command_outcome (tenant_id, command_id, type, digest, venue_id, status, version,
                                 errors, decided_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT ON CONSTRAINT command_outcome_pkey DO NOTHING
    RETURNING tenant_id, venue_id, command_id, decided_at
), created AS (
    INSERT INTO venue (tenant_id, id, version, status, slug, fields, created_at, updated_at)
    SELECT tenant_id, venue_id, 1, 'pending', $10::text, $11::json, decided_at, decided_at
    FROM claimed WHERE $10::text IS NOT NULL
), kept AS (
    INSERT INTO venue_event (id, tenant_id, venue_id, venue_version, type, command_id, body,
                             occurred_at)
    SELECT $12::uuid, tenant_id, venue_id,
           CASE WHEN $10::text IS NOT NULL THEN $7::integer END, $13::text, command_id, $14::text, decided_at
    FROM claimed
    RETURNING id, tenant_id, venue_id
)
INSERT INTO outbox (event_id, tenant_id, venue_id)
SELECT id, tenant_id, venue_id FROM kept
RETURNING position
