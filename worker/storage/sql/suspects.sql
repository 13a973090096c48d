-- name: attempt_suspect(queue, hash)$
-- This command of the queue is about to be handled alone; how often that was begun.
INSERT INTO suspect_command AS s (queue, hash, attempts) VALUES (:queue, :hash, 1)
ON CONFLICT (queue) DO UPDATE
SET hash = excluded.hash,
    attempts = CASE WHEN s.hash = excluded.hash THEN s.attempts + 1 ELSE 1 END
RETURNING attempts;

-- name: clear_suspect(queue)!
-- Nobody has died of the queue's last suspect.
DELETE FROM suspect_command WHERE queue = :queue;
