-- Whether the venue's id was ever used, the version of the venue that has it, and the tenant's slugs
-- around the one that it would get.
SELECT EXISTS (SELECT FROM venue WHERE tenant_id = $1 AND id = $2) AS id_used,
       (SELECT version FROM venue
        WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL) AS version,
       ARRAY(SELECT slug FROM venue
             WHERE tenant_id = $1 AND deleted_at IS NULL
               AND slug >= $3::text COLLATE "C" AND slug < ($3::text || '.') COLLATE "C") AS slugs
