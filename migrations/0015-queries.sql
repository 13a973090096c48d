-- What became of a command is asked for by its id, whether it was decided, waits or is parked.
-- depends: 0014-history

CREATE INDEX parked_command_id ON parked_command (tenant_id, command_id);
