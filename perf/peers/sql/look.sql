-- Whether the venue's id was ever used, the version of the venue that has it, and the tenant's slugs
-- around the one that it would get. Plans are made while the table is empty, when the index of slugs
-- looks as good for ids as their own: so the venue is looked up deleted or not, which only its own has,
-- and slugs in order.
SELECT known.id IS NOT NULL AS id_used,
       CASE WHEN known.deleted_at IS NULL THEN known.version END AS version,
       ARRAY(SELECT slug FROM venue
             WHERE tenant_id = $1 AND deleted_at IS NULL
               AND slug >= $3::text COLLATE "C" AND slug < ($3::text || '.') COLLATE "C"
             ORDER BY slug) AS slugs
FROM (SELECT) AS given LEFT JOIN venue AS known ON known.tenant_id = $1 AND known.id = $2
