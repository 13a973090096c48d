-- name: keep_hash_key(token, key_id)!
-- The key of the hashes, sealed, unless there is one already.
INSERT INTO secret_key (name, token, key_id) VALUES ('hash', :token, :key_id)
ON CONFLICT ON CONSTRAINT secret_key_pkey DO NOTHING;

-- name: hash_key()^
-- The key of the hashes, sealed.
SELECT token, key_id FROM secret_key WHERE name = 'hash';

-- name: sealed_by_key()
-- How much is sealed with which key; without a key what an earlier version kept as it came.
SELECT kept, key_id, count(*) AS count
FROM (SELECT 'parked commands' AS kept, key_id FROM parked_command
      UNION ALL
      SELECT 'edits of parked commands', key_id FROM parked_audit WHERE body IS NOT NULL
      UNION ALL
      SELECT 'deferred commands', key_id FROM deferred_command
      UNION ALL
      SELECT 'credentials', key_id FROM venue_integration
      UNION ALL
      SELECT 'keys of hashes', key_id FROM secret_key) AS sealed
GROUP BY kept, key_id
ORDER BY kept, key_id;

-- name: stale_parked(key_id, after, most)
-- Parked commands that are sealed with another key than the given one, in the order of their ids.
SELECT id::text, body AS token, key_id, hash
FROM parked_command
WHERE key_id IS DISTINCT FROM :key_id AND id > :after::uuid
ORDER BY id
LIMIT :most
FOR UPDATE;

-- name: reseal_parked(ids, tokens, key_id, hashes)!
-- Parked commands with the same body, sealed anew.
UPDATE parked_command AS p
SET body = new.token, key_id = :key_id, hash = new.hash
FROM unnest(:ids::uuid[], :tokens::bytea[], :hashes::bytea[]) AS new (id, token, hash)
WHERE p.id = new.id;

-- name: stale_edits(key_id, after, most)
-- Edits of parked commands that are sealed with another key than the given one.
SELECT id, body AS token, key_id, NULL::bytea AS hash
FROM parked_audit
WHERE body IS NOT NULL AND key_id IS DISTINCT FROM :key_id AND id > :after::bigint
ORDER BY id
LIMIT :most
FOR UPDATE;

-- name: reseal_edits(ids, tokens, key_id, hashes)!
-- Edits of parked commands, sealed anew.
UPDATE parked_audit AS p
SET body = new.token, key_id = :key_id
FROM unnest(:ids::bigint[], :tokens::bytea[], :hashes::bytea[]) AS new (id, token, hash)
WHERE p.id = new.id;

-- name: stale_deferred(key_id, after, most)
-- Deferred commands that are sealed with another key than the given one.
SELECT id::text, body AS token, key_id, NULL::bytea AS hash
FROM deferred_command
WHERE key_id IS DISTINCT FROM :key_id AND id > :after::uuid
ORDER BY id
LIMIT :most
FOR UPDATE;

-- name: reseal_deferred(ids, tokens, key_id, hashes)!
-- Deferred commands with the same body, sealed anew.
UPDATE deferred_command AS d
SET body = new.token, key_id = :key_id
FROM unnest(:ids::uuid[], :tokens::bytea[], :hashes::bytea[]) AS new (id, token, hash)
WHERE d.id = new.id;

-- name: stale_credentials(key_id, after, most)
-- Credentials that are sealed with another key than the given one.
SELECT id::text, credentials AS token, key_id, NULL::bytea AS hash
FROM venue_integration
WHERE key_id IS DISTINCT FROM :key_id AND id > :after::uuid
ORDER BY id
LIMIT :most
FOR UPDATE;

-- name: reseal_credentials(ids, tokens, key_id, hashes)!
-- The same credentials, sealed anew.
UPDATE venue_integration AS i
SET credentials = new.token, key_id = :key_id
FROM unnest(:ids::uuid[], :tokens::bytea[], :hashes::bytea[]) AS new (id, token, hash)
WHERE i.id = new.id;

-- name: stale_keys(key_id, after, most)
-- The key of the hashes, where it is sealed with another key than the given one.
SELECT name AS id, token, key_id, NULL::bytea AS hash
FROM secret_key
WHERE key_id IS DISTINCT FROM :key_id AND name > :after
ORDER BY name
LIMIT :most
FOR UPDATE;

-- name: reseal_keys(ids, tokens, key_id, hashes)!
-- The same key of the hashes, sealed anew.
UPDATE secret_key AS k
SET token = new.token, key_id = :key_id
FROM unnest(:ids::text[], :tokens::bytea[], :hashes::bytea[]) AS new (name, token, hash)
WHERE k.name = new.name;
