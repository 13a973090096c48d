-- Permissions of a person beyond those of the role, and what a staff has to be.
-- depends: 0006-retention

ALTER TABLE venue_staff
    ADD COLUMN permissions text NOT NULL DEFAULT '',
    ADD CONSTRAINT venue_staff_permissions_form
        CHECK (permissions ~ '^([a-z_]+:([a-z_]+|\*)( [a-z_]+:([a-z_]+|\*))*)?$'),
    ADD CONSTRAINT venue_staff_permissions_few
        CHECK (cardinality(string_to_array(permissions, ' ')) <= 50),
    ADD CONSTRAINT venue_staff_user_present CHECK (user_id ~ '\S'),
    ADD CONSTRAINT venue_staff_user_short CHECK (char_length(user_id) <= 256),
    ADD CONSTRAINT venue_staff_removed_later CHECK (removed_at >= added_at);

-- At most 50 at a time. Counted at the end of a transaction, when somebody has come or come back. An
-- owner's coming alone makes nobody count: a new venue's first owner comes with the venue, and making
-- venues is not to cost more for it.
CREATE FUNCTION venue_staff_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM venue_staff AS s
               WHERE s.tenant_id = NEW.tenant_id AND s.venue_id = NEW.venue_id
                 AND s.removed_at IS NULL
               OFFSET 50) THEN
        RAISE check_violation USING
            MESSAGE = 'a venue has more than 50 people on its staff',
            CONSTRAINT = 'venue_staff_limit', TABLE = 'venue_staff';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER venue_staff_limit_for_new AFTER INSERT ON venue_staff
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.role <> 'owner' AND NEW.removed_at IS NULL)
    EXECUTE FUNCTION venue_staff_limit();

CREATE CONSTRAINT TRIGGER venue_staff_limit_for_back AFTER UPDATE OF removed_at ON venue_staff
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.removed_at IS NOT NULL AND NEW.removed_at IS NULL)
    EXECUTE FUNCTION venue_staff_limit();

-- Whoever had an owner keeps one. Checked at the end of a transaction too, so that an owner may hand
-- over to another in any order, and for former owners alone, so that new people cost nothing.
CREATE FUNCTION venue_staff_last_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM venue_staff AS s
                   WHERE s.tenant_id = OLD.tenant_id AND s.venue_id = OLD.venue_id
                     AND s.role = 'owner' AND s.removed_at IS NULL) THEN
        RAISE check_violation USING
            MESSAGE = 'a venue has lost its last owner',
            CONSTRAINT = 'venue_staff_last_owner', TABLE = 'venue_staff';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER venue_staff_last_owner
    AFTER UPDATE OF role, removed_at ON venue_staff
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    WHEN (OLD.role = 'owner' AND OLD.removed_at IS NULL
          AND (NEW.role <> 'owner' OR NEW.removed_at IS NOT NULL))
    EXECUTE FUNCTION venue_staff_last_owner();
