-- The events: each as it is published, and a row for each that is not published yet.
-- depends: 0001-venues

CREATE TABLE venue_event (
    id            uuid        NOT NULL,
    tenant_id     uuid        NOT NULL,
    venue_id      uuid        NOT NULL,
    venue_version integer,
    type          text        NOT NULL,
    command_id    uuid        NOT NULL,
    actor_id      text,
    occurred_at   timestamptz NOT NULL,
    body          text        NOT NULL,
    CONSTRAINT venue_event_pkey PRIMARY KEY (id),
    CONSTRAINT venue_event_version_positive CHECK (venue_version >= 1),
    CONSTRAINT venue_event_versioned
        CHECK ((venue_version IS NULL) = (type LIKE 'venue.command.%'))
);

CREATE UNIQUE INDEX venue_event_version_unique
    ON venue_event (tenant_id, venue_id, venue_version) WHERE venue_version IS NOT NULL;

-- Positions grow within a venue, since whoever adds to a venue's holds its row; across venues
-- they are no order of commits, and nothing may be concluded from them.
CREATE TABLE outbox (
    position   bigint      GENERATED ALWAYS AS IDENTITY,
    event_id   uuid        NOT NULL,
    tenant_id  uuid        NOT NULL,
    venue_id   uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts   integer     NOT NULL DEFAULT 0,
    retry_at   timestamptz,
    CONSTRAINT outbox_pkey PRIMARY KEY (position),
    CONSTRAINT outbox_event_fkey FOREIGN KEY (event_id) REFERENCES venue_event (id)
);

CREATE INDEX outbox_venue ON outbox (tenant_id, venue_id, position);
