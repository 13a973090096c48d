DROP TABLE venue_settings;
