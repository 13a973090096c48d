-- A confirmed event leaves the outbox.
DELETE FROM outbox WHERE position = $1
