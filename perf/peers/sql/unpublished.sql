-- The event of a command that was decided before, if it is not published yet.
SELECT o.position, e.id::text, e.type, e.venue_id::text, e.body
FROM outbox AS o JOIN venue_event AS e ON e.id = o.event_id
WHERE o.tenant_id = $1 AND o.venue_id = $2 AND e.command_id = $3
