DROP TABLE venue_integration;
