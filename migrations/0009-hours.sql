-- When a venue is open, in its own time zone: no row, no hours.
-- depends: 0008-settings

CREATE TABLE venue_hours (
    tenant_id  uuid        NOT NULL,
    venue_id   uuid        NOT NULL,
    weekly     json        NOT NULL,
    exceptions json        NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT venue_hours_pkey PRIMARY KEY (tenant_id, venue_id),
    CONSTRAINT venue_hours_venue_fkey
        FOREIGN KEY (tenant_id, venue_id) REFERENCES venue (tenant_id, id),
    CONSTRAINT venue_hours_some
        CHECK (weekly::text <> '[]' OR exceptions::text <> '[]'),
    CONSTRAINT venue_hours_weekly_few
        CHECK (CASE json_typeof(weekly)
               WHEN 'array' THEN json_array_length(weekly) <= 50 ELSE false END),
    CONSTRAINT venue_hours_exceptions_few
        CHECK (CASE json_typeof(exceptions)
               WHEN 'array' THEN json_array_length(exceptions) <= 366 ELSE false END),
    CONSTRAINT venue_hours_weekly_form
        CHECK (NOT jsonb_path_exists(weekly::jsonb, '$[*] ? (!(
            (@.day_of_week == "monday" || @.day_of_week == "tuesday"
             || @.day_of_week == "wednesday" || @.day_of_week == "thursday"
             || @.day_of_week == "friday" || @.day_of_week == "saturday"
             || @.day_of_week == "sunday")
            && @.opens like_regex "^([01][0-9]|2[0-3]):[0-5][0-9]$"
            && @.closes like_regex "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"))')),
    CONSTRAINT venue_hours_exceptions_form
        CHECK (NOT jsonb_path_exists(exceptions::jsonb, '$[*] ? (!(
            @.date like_regex "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
            && (@.closed == true && !exists(@.hours)
                || exists(@.hours[0]) && !exists(@.closed)
                   && !exists(@.hours[*] ? (!(
                       @.opens like_regex "^([01][0-9]|2[0-3]):[0-5][0-9]$"
                       && @.closes like_regex "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"))))))'))
);
