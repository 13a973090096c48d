-- name: delete_old_outcomes(cutoff, most)!
-- Outcomes from before the cutoff, the oldest first.
DELETE FROM command_outcome
WHERE ctid = ANY (ARRAY(SELECT o.ctid
                        FROM command_outcome AS o
                        WHERE o.decided_at < :cutoff::timestamptz
                        ORDER BY o.decided_at
                        LIMIT :most
                        FOR UPDATE SKIP LOCKED));
