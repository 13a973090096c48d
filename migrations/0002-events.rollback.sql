DROP TABLE outbox;
DROP TABLE venue_event;
