DROP TABLE venue_hours;
