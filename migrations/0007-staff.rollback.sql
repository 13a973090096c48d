ALTER TABLE venue_staff
    DROP CONSTRAINT venue_staff_removed_later,
    DROP CONSTRAINT venue_staff_user_present,
    DROP COLUMN permissions;
