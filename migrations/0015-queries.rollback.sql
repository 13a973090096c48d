DROP INDEX parked_command_id;
