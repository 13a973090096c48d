-- Permissions of a person beyond those of the role, and what the staff has to be.
-- depends: 0006-retention

ALTER TABLE venue_staff
    ADD COLUMN permissions text NOT NULL DEFAULT '',
    ADD CONSTRAINT venue_staff_permissions_form
        CHECK (permissions ~ '^([a-z_]+:([a-z_]+|\*)( [a-z_]+:([a-z_]+|\*))*)?$'),
    ADD CONSTRAINT venue_staff_user_present CHECK (user_id ~ '\S'),
    ADD CONSTRAINT venue_staff_removed_later CHECK (removed_at >= added_at);
