-- What is sealed cannot be read without this column's word for its key, and stays sealed.
ALTER TABLE parked_audit
    DROP CONSTRAINT parked_audit_action_known,
    DROP COLUMN key_id,
    DROP COLUMN body;
DELETE FROM parked_audit WHERE action = 'reveal';
ALTER TABLE parked_audit
    ADD CONSTRAINT parked_audit_action_known
        CHECK (action IN ('replay', 'discard', 'finished', 'parked again', 'deferred'));
ALTER TABLE deferred_command DROP COLUMN key_id;
ALTER TABLE parked_command DROP COLUMN key_id;
DROP TABLE secret_key;
