DROP TABLE command_outcome;
DROP TABLE venue_staff;
DROP TABLE venue;
