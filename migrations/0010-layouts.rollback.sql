DROP TABLE venue_layout;
