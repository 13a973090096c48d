DROP TABLE suspect_command;
DROP TABLE worker_presence;
DROP TABLE partitioning;
