-- Venues, their people, and the outcomes of commands.
-- depends:

CREATE TABLE venue (
    tenant_id     uuid        NOT NULL,
    id            uuid        NOT NULL,
    version       integer     NOT NULL,
    status        text        NOT NULL,
    slug          text        COLLATE "C" NOT NULL,
    fields        json        NOT NULL,
    status_reason text,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    deleted_at    timestamptz,
    CONSTRAINT venue_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT venue_version_positive CHECK (version >= 1),
    CONSTRAINT venue_status_known
        CHECK (status IN ('pending', 'active', 'inactive', 'suspended', 'closed')),
    CONSTRAINT venue_slug_form CHECK (slug ~ '^[a-z0-9-]{1,80}$'),
    CONSTRAINT venue_name_present
        CHECK (fields ->> 'name' IS NOT NULL
               AND char_length(fields ->> 'name') BETWEEN 1 AND 200
               AND fields ->> 'name' ~ '\S'),
    CONSTRAINT venue_country_form
        CHECK (fields #>> '{address,country}' IS NOT NULL
               AND fields #>> '{address,country}' ~ '^[A-Z]{2}$'),
    CONSTRAINT venue_capacity_fits
        CHECK (fields #> '{capacity,max}' IS NULL
               OR ((fields #>> '{capacity,max}')::bigint >= 1
                   AND coalesce((fields #>> '{capacity,seated}')::bigint, 0)
                       + coalesce((fields #>> '{capacity,standing}')::bigint, 0)
                       + coalesce((fields #>> '{capacity,vip}')::bigint, 0)
                       <= (fields #>> '{capacity,max}')::bigint)),
    CONSTRAINT venue_active_complete
        CHECK (status <> 'active'
               OR (fields #> '{capacity,max}' IS NOT NULL
                   AND fields #> '{address,city}' IS NOT NULL
                   AND fields -> 'timezone' IS NOT NULL)),
    CONSTRAINT venue_deleted_from_pending_or_closed
        CHECK (deleted_at IS NULL OR status IN ('pending', 'closed'))
);

-- Free again after deletion; in "C" order, so that a base and its numbered slugs are one range.
-- Checked at the end of a statement, so that one statement can swap the slugs of two venues.
ALTER TABLE venue ADD CONSTRAINT venue_slug_unique
    EXCLUDE USING btree (tenant_id WITH =, slug WITH =) WHERE (deleted_at IS NULL)
    DEFERRABLE INITIALLY IMMEDIATE;

CREATE TABLE venue_staff (
    tenant_id  uuid        NOT NULL,
    venue_id   uuid        NOT NULL,
    user_id    text        NOT NULL,
    role       text        NOT NULL,
    added_at   timestamptz NOT NULL,
    removed_at timestamptz,
    CONSTRAINT venue_staff_pkey PRIMARY KEY (tenant_id, venue_id, user_id),
    CONSTRAINT venue_staff_venue_fkey
        FOREIGN KEY (tenant_id, venue_id) REFERENCES venue (tenant_id, id),
    CONSTRAINT venue_staff_role_known
        CHECK (role IN ('owner', 'manager', 'box_office', 'door_staff', 'viewer'))
);

-- What became of each command that was decided: the inbox that makes a resend harmless.
CREATE TABLE command_outcome (
    tenant_id  uuid        NOT NULL,
    command_id uuid        NOT NULL,
    type       text        NOT NULL,
    digest     bytea       NOT NULL,
    venue_id   uuid        NOT NULL,
    status     text        NOT NULL,
    version    integer,
    errors     jsonb,
    actor_id   text,
    decided_at timestamptz NOT NULL,
    CONSTRAINT command_outcome_pkey PRIMARY KEY (tenant_id, command_id),
    CONSTRAINT command_outcome_status_known CHECK (status IN ('applied', 'rejected')),
    CONSTRAINT command_outcome_rejected_says_why CHECK ((status = 'rejected') = (errors IS NOT NULL)),
    CONSTRAINT command_outcome_digest_sha256 CHECK (octet_length(digest) = 32)
);
