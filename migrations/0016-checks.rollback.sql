ALTER TABLE venue
    DROP CONSTRAINT venue_slug_form,
    DROP CONSTRAINT venue_name_present,
    DROP CONSTRAINT venue_country_form,
    DROP CONSTRAINT venue_capacity_fits,
    ADD CONSTRAINT venue_slug_form CHECK (slug ~ '^[a-z0-9-]{1,80}$'),
    ADD CONSTRAINT venue_name_present
        CHECK (fields ->> 'name' IS NOT NULL
               AND char_length(fields ->> 'name') BETWEEN 1 AND 200
               AND fields ->> 'name' ~ '\S'),
    ADD CONSTRAINT venue_country_form
        CHECK (fields #>> '{address,country}' IS NOT NULL
               AND fields #>> '{address,country}' ~ '^[A-Z]{2}$'),
    ADD CONSTRAINT venue_capacity_fits
        CHECK (fields #> '{capacity,max}' IS NULL
               OR ((fields #>> '{capacity,max}')::bigint >= 1
                   AND coalesce((fields #>> '{capacity,seated}')::bigint, 0)
                       + coalesce((fields #>> '{capacity,standing}')::bigint, 0)
                       + coalesce((fields #>> '{capacity,vip}')::bigint, 0)
                       <= (fields #>> '{capacity,max}')::bigint));

DROP FUNCTION venue_capacity_fits(json);
