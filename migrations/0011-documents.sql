-- Documents of a venue: the current one of each kind; what was before it stands in the events.
-- depends: 0010-layouts

-- Kinds by their form and not by a list: a new one takes no migration. `expired` is no status to
-- keep, and whether a date lies in the past is for the rules, which know the day.
CREATE TABLE venue_document (
    tenant_id     uuid        NOT NULL,
    venue_id      uuid        NOT NULL,
    kind          text        COLLATE "C" NOT NULL,
    sha256        bytea       NOT NULL,
    expires_on    date,
    issued_on     date,
    issuer        text,
    number        text,
    name          text,
    media_type    text,
    url           text,
    status        text        NOT NULL,
    status_reason text,
    submitted_at  timestamptz NOT NULL,
    reviewed_at   timestamptz,
    CONSTRAINT venue_document_pkey PRIMARY KEY (tenant_id, venue_id, kind),
    CONSTRAINT venue_document_venue_fkey
        FOREIGN KEY (tenant_id, venue_id) REFERENCES venue (tenant_id, id),
    CONSTRAINT venue_document_kind_form CHECK (kind ~ '^[a-z0-9_]{1,50}$'),
    CONSTRAINT venue_document_sha256_size CHECK (octet_length(sha256) = 32),
    CONSTRAINT venue_document_issued_before_it_expires CHECK (issued_on <= expires_on),
    CONSTRAINT venue_document_taxpayer_unnumbered CHECK (kind NOT IN ('w8', 'w9') OR number IS NULL),
    CONSTRAINT venue_document_status_known CHECK (status IN ('submitted', 'approved', 'rejected')),
    CONSTRAINT venue_document_reviewed CHECK ((status = 'submitted') = (reviewed_at IS NULL)),
    CONSTRAINT venue_document_rejected_says_why
        CHECK (status <> 'rejected' OR status_reason IS NOT NULL)
);
