-- name: integrations(tenant_ids, venue_ids)
-- What the venues are connected to; the credentials are not read.
SELECT i.tenant_id::text, i.venue_id::text, i.kind, i.config::text AS config,
       i.credential_names::text AS credential_names, i.connected_at
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[]) AS wanted (tenant_id, venue_id)
CROSS JOIN LATERAL (
    SELECT *
    FROM venue_integration AS near
    WHERE near.tenant_id = wanted.tenant_id AND near.venue_id = wanted.venue_id
    OFFSET 0
) AS i;

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
-- Integrations that are no more. By their ids: a row's place may change meanwhile, as a key's rotation
-- writes its credentials anew without its venue's lock.
DELETE FROM venue_integration
WHERE id = ANY (
    ARRAY(SELECT near.id
          FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :kinds::text[])
            AS gone (tenant_id, venue_id, kind)
          CROSS JOIN LATERAL (
              SELECT i.id
              FROM venue_integration AS i
              WHERE i.tenant_id = gone.tenant_id AND i.venue_id = gone.venue_id
                AND i.kind = gone.kind
              OFFSET 0
          ) AS near));
