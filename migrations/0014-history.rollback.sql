-- What events told that were deleted is lost with it.
DROP VIEW venue_change;
DROP TRIGGER venue_event_leaves_its_line ON venue_event;
DROP FUNCTION venue_event_leaves_its_line();
DROP TABLE venue_history;
DROP FUNCTION venue_event_told(text);
