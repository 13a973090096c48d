DROP TABLE venue_document;
