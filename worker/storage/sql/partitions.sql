-- name: read_partitioning()^
-- How commands are partitioned now.
SELECT partitions, target, phase FROM partitioning;

-- name: keep_partitioning()^
-- The same, and it stays so until the transaction ends.
SELECT partitions, target, phase FROM partitioning FOR SHARE;

-- name: advance_partitioning(old_phase, phase, partitions, target)!
-- Go from one phase to another, unless somebody else has done so.
UPDATE partitioning
SET phase = :phase, partitions = :partitions, target = :target, changed_at = now()
WHERE phase = :old_phase;

-- name: try_to_change_partitioning()$
-- Whether nobody else is changing the partitions; we are, until the transaction ends.
SELECT pg_try_advisory_xact_lock(hashtext('venue-worker'), hashtext('partitioning'));

-- name: note_presence(worker_id)!
-- This worker is there.
INSERT INTO worker_presence (worker_id) VALUES (:worker_id)
ON CONFLICT (worker_id) DO UPDATE SET seen_at = now();

-- name: shared_clock()$
-- Seconds, by the clock that all workers share; small enough for a consumer's priority.
SELECT extract(epoch FROM now() - timestamptz '2026-01-01 00:00:00+00')::integer;

-- name: forget_presence(worker_id)!
-- This worker leaves.
DELETE FROM worker_presence WHERE worker_id = :worker_id;

-- name: forget_absent(seconds)!
-- Workers that have not been seen for so long are gone.
DELETE FROM worker_presence WHERE seen_at < now() - make_interval(secs => :seconds);

-- name: present_workers(seconds)
-- Workers seen lately, in the order they came.
SELECT worker_id::text FROM worker_presence
WHERE seen_at >= now() - make_interval(secs => :seconds)
ORDER BY joined_at, worker_id;
