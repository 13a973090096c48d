-- name: park(ids, hashes, reasons, errors, bodies, properties, tenant_ids, command_ids, command_types, times_seen, attempts, tracebacks, seen_at, key_id)
-- Keep messages whole; one that is parked already counts as seen again. Tells which are new.
INSERT INTO parked_command AS p (id, hash, reason, errors, body, properties, tenant_id, command_id,
                                 command_type, first_seen, last_seen, times_seen, attempts,
                                 traceback, key_id)
SELECT id, hash, reason, errors, body, properties, tenant_id, command_id, command_type,
       :seen_at, :seen_at, times_seen, attempts, traceback, :key_id
FROM unnest(:ids::uuid[], :hashes::bytea[], :reasons::text[], :errors::jsonb[], :bodies::bytea[],
            :properties::jsonb[], :tenant_ids::uuid[], :command_ids::uuid[], :command_types::text[],
            :times_seen::integer[], :attempts::integer[], :tracebacks::text[])
  AS new (id, hash, reason, errors, body, properties, tenant_id, command_id, command_type,
          times_seen, attempts, traceback)
ON CONFLICT ON CONSTRAINT parked_command_hash_unique
DO UPDATE SET last_seen = greatest(p.last_seen, excluded.last_seen),
              times_seen = p.times_seen + excluded.times_seen,
              -- One that was dealt with and comes again has to be dealt with again.
              status = CASE p.status WHEN 'replaying' THEN p.status ELSE 'parked' END,
              closed_at = NULL
RETURNING hash, xmax = 0 AS is_new;

-- name: seal_old_parked(digests, hashes, bodies, key_id)!
-- Those of the messages that an earlier version has parked as they came are known by the keyed hash
-- from now on, and sealed.
UPDATE parked_command AS p
SET hash = new.hash, body = new.body, key_id = :key_id
FROM unnest(:digests::bytea[], :hashes::bytea[], :bodies::bytea[]) AS new (digest, hash, body)
WHERE p.hash = ANY (:digests::bytea[]) AND p.hash = new.digest AND p.key_id IS NULL;

-- name: list_parked(status, reason, type, tenant_id, since, ids, most)
-- The parked commands that fit what is given, the last seen first.
SELECT id::text, status, reason, errors::text AS errors, tenant_id::text, command_id::text,
       command_type, first_seen, last_seen, times_seen, attempts
FROM parked_command
WHERE (:status::text IS NULL OR status = :status)
  AND (:reason::text IS NULL OR reason = :reason)
  AND (:type::text IS NULL OR command_type = :type)
  AND (:tenant_id::uuid IS NULL OR tenant_id = :tenant_id)
  AND (:since::timestamptz IS NULL OR last_seen >= :since)
  AND (:ids::uuid[] IS NULL OR id = ANY (:ids))
ORDER BY last_seen DESC, id
LIMIT :most;

-- name: show_parked(id)^
-- One parked command, whole.
SELECT id::text, status, reason, errors::text AS errors, body, key_id, properties::text AS properties,
       tenant_id::text, command_id::text, command_type, first_seen, last_seen, times_seen, attempts,
       closed_at, traceback
FROM parked_command
WHERE id = :id::uuid;

-- name: parked_history(id)
-- What was done with one parked command, the first first.
SELECT at, by, action, note, detail::text AS detail
FROM parked_audit
WHERE parked_id = :id::uuid
ORDER BY id;

-- name: choose_parked(status, reason, type, tenant_id, since, ids, after, most)
-- Those that fit and wait for an operator, in the order they came, after the given id; locked.
SELECT id::text
FROM parked_command
WHERE (:status::text IS NULL OR status = :status)
  AND (:reason::text IS NULL OR reason = :reason)
  AND (:type::text IS NULL OR command_type = :type)
  AND (:tenant_id::uuid IS NULL OR tenant_id = :tenant_id)
  AND (:since::timestamptz IS NULL OR last_seen >= :since)
  AND (:ids::uuid[] IS NULL OR id = ANY (:ids))
  AND status = 'parked' AND id > :after::uuid
ORDER BY id
LIMIT :most
FOR UPDATE;

-- name: replay_parked(ids, body, key_id, by, note)!
-- Parked commands become due at once, in the order they came, with another body if one is given.
WITH chosen AS (
    UPDATE parked_command SET status = 'replaying' WHERE id = ANY (:ids::uuid[])
    RETURNING id, body, key_id, properties, first_seen
), audited AS (
    INSERT INTO parked_audit (parked_id, by, action, note, body, key_id)
    SELECT id, :by, 'replay', :note::text, :body::bytea, :key_id::text
    FROM chosen
)
INSERT INTO deferred_command (parked_id, body, key_id, properties, first_seen, due_at)
SELECT id, coalesce(:body::bytea, body), CASE WHEN :body::bytea IS NULL THEN key_id ELSE :key_id END,
       properties, first_seen,
       now() + interval '1 microsecond' * row_number() OVER (ORDER BY id)
FROM chosen;

-- name: discard_parked(ids, by, note)!
-- Parked commands that nobody will replay.
WITH chosen AS (
    UPDATE parked_command SET status = 'discarded', closed_at = now()
    WHERE id = ANY (:ids::uuid[])
    RETURNING id
)
INSERT INTO parked_audit (parked_id, by, action, note)
SELECT id, :by, 'discard', :note::text FROM chosen;

-- name: reveal_parked(id, by, note)!
-- Somebody was shown a body as it came.
INSERT INTO parked_audit (parked_id, by, action, note) VALUES (:id::uuid, :by, 'reveal', :note);

-- name: parked_by_reason()
-- How many commands are parked, by reason.
SELECT reason, count(*) AS parked FROM parked_command WHERE status = 'parked'
GROUP BY reason;

-- name: finish_replays(ids, actions, results, reasons, errors, attempts, tracebacks, now)!
-- What came of replays, with a line for each in the audit.
WITH done AS (
    SELECT *
    FROM unnest(:ids::uuid[], :actions::text[], :results::text[], :reasons::text[],
                :errors::jsonb[], :attempts::integer[], :tracebacks::text[])
      AS r (id, action, result, reason, errors, attempts, traceback)
), audited AS (
    INSERT INTO parked_audit (parked_id, by, action, detail)
    SELECT id, 'venue-worker', action, jsonb_build_object('result', result, 'errors', errors)
    FROM done
)
UPDATE parked_command AS p
SET status = CASE done.action WHEN 'finished' THEN 'replayed'
                              WHEN 'deferred' THEN 'replaying' ELSE 'parked' END,
    closed_at = CASE done.action WHEN 'finished' THEN :now::timestamptz END,
    reason = coalesce(done.reason, p.reason),
    errors = CASE WHEN done.reason IS NULL THEN p.errors ELSE done.errors END,
    attempts = CASE WHEN done.reason IS NULL THEN p.attempts ELSE done.attempts END,
    traceback = CASE WHEN done.reason IS NULL THEN p.traceback ELSE done.traceback END,
    last_seen = greatest(p.last_seen, :now::timestamptz),
    times_seen = p.times_seen + (done.action = 'parked again')::integer
FROM done
WHERE p.id = ANY (:ids::uuid[]) AND p.id = done.id;

-- name: delete_closed_parked(cutoff, most)!
-- Commands that were replayed or discarded before the cutoff, with their audit, the oldest first.
DELETE FROM parked_command
WHERE id = ANY (
    ARRAY(SELECT p.id
          FROM parked_command AS p
          WHERE p.closed_at < :cutoff::timestamptz
            AND NOT EXISTS (SELECT FROM deferred_command AS d WHERE d.parked_id = p.id OFFSET 0)
          ORDER BY p.closed_at
          LIMIT :most
          FOR UPDATE SKIP LOCKED));
