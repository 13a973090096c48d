DROP TABLE worker_presence;
DROP TABLE partitioning;
