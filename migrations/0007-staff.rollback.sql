DROP TRIGGER venue_staff_last_owner ON venue_staff;
DROP TRIGGER venue_staff_limit_for_back ON venue_staff;
DROP TRIGGER venue_staff_limit_for_new ON venue_staff;
DROP FUNCTION venue_staff_last_owner();
DROP FUNCTION venue_staff_limit();
ALTER TABLE venue_staff
    DROP CONSTRAINT venue_staff_removed_later,
    DROP CONSTRAINT venue_staff_user_short,
    DROP CONSTRAINT venue_staff_user_present,
    DROP COLUMN permissions;
