-- name: documents(tenant_ids, venue_ids)
-- The current documents of the given venues.
SELECT d.tenant_id::text, d.venue_id::text, d.kind, encode(d.sha256, 'hex') AS sha256, d.expires_on,
       d.issued_on, d.issuer, d.number, d.name, d.media_type, d.url, d.status, d.status_reason,
       d.submitted_at, d.reviewed_at
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[]) AS wanted (tenant_id, venue_id)
CROSS JOIN LATERAL (
    SELECT *
    FROM venue_document AS near
    WHERE near.tenant_id = wanted.tenant_id AND near.venue_id = wanted.venue_id
    OFFSET 0
) AS d;

-- name: put_documents(tenant_ids, venue_ids, kinds, digests, expiries, issues, issuers, numbers, names, media_types, urls, statuses, status_reasons, submitted_ats, reviewed_ats)!
-- Documents as they are now, whether they are new, replaced or reviewed.
INSERT INTO venue_document AS d (tenant_id, venue_id, kind, sha256, expires_on, issued_on, issuer,
                                 number, name, media_type, url, status, status_reason, submitted_at,
                                 reviewed_at)
SELECT *
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :kinds::text[], :digests::bytea[],
            :expiries::date[], :issues::date[], :issuers::text[], :numbers::text[], :names::text[],
            :media_types::text[], :urls::text[], :statuses::text[], :status_reasons::text[],
            :submitted_ats::timestamptz[], :reviewed_ats::timestamptz[])
ON CONFLICT ON CONSTRAINT venue_document_pkey DO UPDATE
SET sha256 = excluded.sha256, expires_on = excluded.expires_on, issued_on = excluded.issued_on,
    issuer = excluded.issuer, number = excluded.number, name = excluded.name,
    media_type = excluded.media_type, url = excluded.url, status = excluded.status,
    status_reason = excluded.status_reason, submitted_at = excluded.submitted_at,
    reviewed_at = excluded.reviewed_at;
