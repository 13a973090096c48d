DROP TABLE parked_command;
