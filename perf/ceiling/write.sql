-- All rows of a batch of venue.create, in one statement and with it one transaction. No ON CONFLICT: a
-- command that comes again breaks the inbox's key and ends the ceiling.
WITH new AS (
    SELECT *
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::json[], $6::text[])
      WITH ORDINALITY AS n (tenant, command, venue, event, fields, body, nth)
), outcomes AS (
    INSERT INTO command_outcome (tenant_id, command_id, type, digest, venue_id, status, version,
                                 decided_at)
    SELECT tenant, command, 'venue.create', uuid_send(command) || uuid_send(venue), venue, 'applied',
           1, now()
    FROM new
), venues AS (
    INSERT INTO venue (tenant_id, id, version, status, slug, fields, created_at, updated_at)
    SELECT tenant, venue, 1, 'pending', right(venue::text, 28), fields, now(), now() FROM new
), events AS (
    INSERT INTO venue_event (id, tenant_id, venue_id, venue_version, type, command_id, occurred_at,
                             body)
    SELECT event, tenant, venue, 1, 'venue.created', command, now(), body FROM new
)
INSERT INTO outbox (event_id, tenant_id, venue_id)
SELECT event, tenant, venue FROM new ORDER BY nth
