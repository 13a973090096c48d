-- A batch's events leave the outbox.
DELETE FROM outbox WHERE event_id = ANY ($1::uuid[])
