-- What a venue is connected to; credentials are encrypted by the worker before they come here.
-- depends: 0012-secrets

CREATE TABLE venue_integration (
    id               uuid        NOT NULL DEFAULT gen_random_uuid(),
    tenant_id        uuid        NOT NULL,
    venue_id         uuid        NOT NULL,
    kind             text        NOT NULL,
    config           json        NOT NULL,
    credential_names json        NOT NULL,
    credentials      bytea       NOT NULL,
    key_id           text        NOT NULL,
    connected_at     timestamptz NOT NULL,
    CONSTRAINT venue_integration_pkey PRIMARY KEY (tenant_id, venue_id, kind),
    CONSTRAINT venue_integration_id_unique UNIQUE (id),
    CONSTRAINT venue_integration_venue_fkey
        FOREIGN KEY (tenant_id, venue_id) REFERENCES venue (tenant_id, id),
    CONSTRAINT venue_integration_kind_known
        CHECK (kind IN ('stripe', 'square', 'toast', 'mailchimp', 'twilio')),
    CONSTRAINT venue_integration_config_object CHECK (json_typeof(config) = 'object'),
    -- A Fernet token in base64 begins with its version, 0x80, and the first bytes of a time.
    CONSTRAINT venue_integration_credentials_sealed
        CHECK (substring(credentials FROM 1 FOR 5) = '\x6741414141'::bytea)
);
