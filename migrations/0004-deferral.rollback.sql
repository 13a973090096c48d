DROP TABLE deferred_command;
DROP TABLE parked_audit;
DROP INDEX parked_command_open;
ALTER TABLE parked_command
    DROP COLUMN status,
    DROP COLUMN attempts,
    DROP COLUMN traceback,
    DROP COLUMN closed_at;
