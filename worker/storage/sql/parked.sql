-- name: park(ids, hashes, reasons, errors, bodies, properties, tenant_ids, command_ids, command_types, times_seen, seen_at)
-- Keep messages whole; one that is parked already counts as seen again. Tells which are new.
INSERT INTO parked_command AS p (id, hash, reason, errors, body, properties, tenant_id, command_id,
                                 command_type, first_seen, last_seen, times_seen)
SELECT id, hash, reason, errors, body, properties, tenant_id, command_id, command_type,
       :seen_at, :seen_at, times_seen
FROM unnest(:ids::uuid[], :hashes::bytea[], :reasons::text[], :errors::jsonb[], :bodies::bytea[],
            :properties::jsonb[], :tenant_ids::uuid[], :command_ids::uuid[], :command_types::text[],
            :times_seen::integer[])
  AS new (id, hash, reason, errors, body, properties, tenant_id, command_id, command_type,
          times_seen)
ON CONFLICT ON CONSTRAINT parked_command_hash_unique
DO UPDATE SET last_seen = greatest(p.last_seen, excluded.last_seen), 
              times_seen = p.times_seen + excluded.times_seen
RETURNING hash, xmax = 0 AS is_new;

-- name: list_parked(most)
-- The parked commands, the last seen first.
SELECT id::text, reason, errors::text AS errors, tenant_id::text, command_id::text, command_type,
       octet_length(body) AS bytes, first_seen, last_seen, times_seen
FROM parked_command
ORDER BY last_seen DESC, id
LIMIT :most;

-- name: show_parked(id)^
-- One parked command, whole.
SELECT id::text, reason, errors::text AS errors, body, properties::text AS properties,
       tenant_id::text, command_id::text, command_type, first_seen, last_seen, times_seen
FROM parked_command
WHERE id = :id::uuid;

-- name: parked_by_reason()
-- How many commands are parked, by reason.
SELECT reason, count(*) AS parked FROM parked_command GROUP BY reason;
