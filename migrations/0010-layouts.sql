-- Layouts: plans of a venue's seats and standing room.
-- depends: 0009-hours

-- No rule looks into the plan: PostgreSQL checks all of a table's rules at every update, and would
-- read hundreds of kilobytes to make a layout the default.
CREATE TABLE venue_layout (
    tenant_id  uuid    NOT NULL,
    venue_id   uuid    NOT NULL,
    layout_id  uuid    NOT NULL,
    name       text    NOT NULL,
    kind       text    NOT NULL,
    is_default boolean NOT NULL,
    seats      integer NOT NULL,
    standing   integer NOT NULL,
    accessible integer NOT NULL,
    companion  integer NOT NULL,
    plan       json    NOT NULL,
    CONSTRAINT venue_layout_pkey PRIMARY KEY (tenant_id, venue_id, layout_id),
    CONSTRAINT venue_layout_venue_fkey
        FOREIGN KEY (tenant_id, venue_id) REFERENCES venue (tenant_id, id),
    CONSTRAINT venue_layout_name_present
        CHECK (char_length(name) BETWEEN 1 AND 200 AND name ~ '\S'),
    CONSTRAINT venue_layout_kind_known CHECK (kind IN ('fixed', 'general_admission', 'mixed')),
    CONSTRAINT venue_layout_kind_fits
        CHECK ((kind <> 'fixed' OR standing = 0) AND (kind <> 'general_admission' OR seats = 0)),
    CONSTRAINT venue_layout_places_bounded
        CHECK (seats >= 0 AND standing >= 0 AND seats::bigint + standing BETWEEN 1 AND 200000),
    CONSTRAINT venue_layout_marked_among_seats
        CHECK (accessible BETWEEN 0 AND seats AND companion BETWEEN 0 AND seats)
);

-- Checked at the end of a statement, so that one statement hands the default from one to the other.
ALTER TABLE venue_layout ADD CONSTRAINT venue_layout_one_default
    EXCLUDE USING btree (tenant_id WITH =, venue_id WITH =) WHERE (is_default)
    DEFERRABLE INITIALLY IMMEDIATE;
