-- What is kept whole is encrypted, and says which key opens it.
-- depends: 0011-documents

-- The key of the hashes by which sealed things are compared, itself sealed.
CREATE TABLE secret_key (
    name   text  NOT NULL,
    token  bytea NOT NULL,
    key_id text  NOT NULL,
    CONSTRAINT secret_key_pkey PRIMARY KEY (name),
    CONSTRAINT secret_key_known CHECK (name = 'hash')
);

-- Without a key: kept as it came, by an earlier version; `venue-worker secrets rotate` seals it.
ALTER TABLE parked_command ADD COLUMN key_id text;
ALTER TABLE deferred_command ADD COLUMN key_id text;

-- The body that a replay was given in place of the parked one.
ALTER TABLE parked_audit ADD COLUMN body bytea, ADD COLUMN key_id text;
UPDATE parked_audit
SET body = decode(detail ->> 'body_base64', 'base64'), detail = NULL
WHERE detail ? 'body_base64';

ALTER TABLE parked_audit
    DROP CONSTRAINT parked_audit_action_known,
    ADD CONSTRAINT parked_audit_action_known
        CHECK (action IN ('replay', 'discard', 'reveal', 'finished', 'parked again', 'deferred'));
