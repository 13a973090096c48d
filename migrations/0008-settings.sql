-- What a venue has chosen that differs from the default settings: no row, all defaults.
-- depends: 0007-staff

CREATE TABLE venue_settings (
    tenant_id  uuid        NOT NULL,
    venue_id   uuid        NOT NULL,
    chosen     json        NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT venue_settings_pkey PRIMARY KEY (tenant_id, venue_id),
    CONSTRAINT venue_settings_venue_fkey
        FOREIGN KEY (tenant_id, venue_id) REFERENCES venue (tenant_id, id),
    CONSTRAINT venue_settings_differ
        CHECK (json_typeof(chosen) = 'object' AND chosen::text <> '{}'),
    CONSTRAINT venue_settings_sections_known
        CHECK (chosen::jsonb - '{ticketing,fees,payment,notifications,resale}'::text[] = '{}'),
    -- A setting that is absent has its default: of it these checks say nothing.
    CONSTRAINT venue_settings_ticketing_fits
        CHECK ((chosen #>> '{ticketing,max_tickets_per_order}')::integer BETWEEN 1 AND 100
               AND (chosen #>> '{ticketing,cart_hold_minutes}')::integer BETWEEN 1 AND 60),
    CONSTRAINT venue_settings_hours_fit
        CHECK ((chosen #>> '{ticketing,refund_window_hours}')::integer BETWEEN 0 AND 720
               AND (chosen #>> '{ticketing,transfer_deadline_hours}')::integer BETWEEN 0 AND 168
               AND (chosen #>> '{payment,payment_deadline_hours}')::integer BETWEEN 0 AND 720
               AND (chosen #>> '{notifications,reminder_hours_before}')::integer
                   BETWEEN 0 AND 168
               AND (chosen #>> '{resale,deadline_hours}')::integer BETWEEN 0 AND 168),
    CONSTRAINT venue_settings_percents_fit
        CHECK ((chosen #>> '{fees,service_percent}')::numeric BETWEEN 0 AND 100
               AND (chosen #>> '{fees,processing_percent}')::numeric BETWEEN 0 AND 100
               AND (chosen #>> '{fees,tax_percent}')::numeric BETWEEN 0 AND 100
               AND (chosen #>> '{payment,deposit_percent}')::numeric BETWEEN 0 AND 100
               AND (chosen #>> '{notifications,low_inventory_percent}')::numeric
                   BETWEEN 0 AND 100
               AND (chosen #>> '{resale,max_markup_percent}')::numeric BETWEEN 0 AND 100
               AND (chosen #>> '{resale,royalty_percent}')::numeric BETWEEN 0 AND 100),
    CONSTRAINT venue_settings_amounts_fit
        CHECK (chosen #>> '{fees,service_fixed}' ~ '^[0-9]{1,8}(\.[0-9]{1,4})?$'
               AND chosen #>> '{fees,facility_fixed}' ~ '^[0-9]{1,8}(\.[0-9]{1,4})?$'
               AND chosen #>> '{fees,processing_fixed}' ~ '^[0-9]{1,8}(\.[0-9]{1,4})?$'),
    CONSTRAINT venue_settings_currency_form CHECK (chosen #>> '{fees,currency}' ~ '^[A-Z]{3}$'),
    CONSTRAINT venue_settings_amounts_in_currency
        CHECK (chosen #>> '{fees,currency}' IS NOT NULL
               OR coalesce(chosen #>> '{fees,service_fixed}',
                           chosen #>> '{fees,facility_fixed}',
                           chosen #>> '{fees,processing_fixed}') IS NULL),
    CONSTRAINT venue_settings_recipients_few
        CHECK (json_array_length(chosen #> '{notifications,recipients}') <= 20)
);
