-- name: integrations(tenant_ids, venue_ids)
-- What the venues are connected to; the credentials are not read.
SELECT i.tenant_id::text, i.venue_id::text, i.kind, i.config::text AS config,
       i.credential_names::text AS credential_names, i.connected_at
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[]) AS wanted (tenant_id, venue_id)
JOIN venue_integration AS i
  ON i.tenant_id = wanted.tenant_id AND i.venue_id = wanted.venue_id;

-- name: put_integrations(tenant_ids, venue_ids, kinds, configs, credential_names, credentials, key_ids, connected_ats)!
-- Integrations as they are now, new or in place of those of the same kind.
INSERT INTO venue_integration (tenant_id, venue_id, kind, config, credential_names, credentials,
                               key_id, connected_at)
SELECT *
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :kinds::text[], :configs::json[],
            :credential_names::json[], :credentials::bytea[], :key_ids::text[],
            :connected_ats::timestamptz[])
ON CONFLICT ON CONSTRAINT venue_integration_pkey DO UPDATE
SET config = excluded.config, credential_names = excluded.credential_names,
    credentials = excluded.credentials, key_id = excluded.key_id,
    connected_at = excluded.connected_at;

-- name: remove_integrations(tenant_ids, venue_ids, kinds)!
-- Integrations that are no more.
DELETE FROM venue_integration AS i
USING unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :kinds::text[])
  AS gone (tenant_id, venue_id, kind)
WHERE i.tenant_id = gone.tenant_id AND i.venue_id = gone.venue_id AND i.kind = gone.kind;
