-- name: is_read_only()$
-- Whether this server takes no writes: a standby, or one that was told so.
SELECT current_setting('transaction_read_only')::boolean;
