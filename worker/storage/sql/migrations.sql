-- name: has_migration_tables()$
-- Whether yoyo has ever run here.
SELECT to_regclass('_yoyo_migration') IS NOT NULL;

-- name: applied_migrations()
-- Applied migrations, the last one last.
SELECT migration_id FROM _yoyo_migration ORDER BY applied_at_utc, migration_id;

-- name: migration_lock()
-- The process that migrates just now, or that died while it did.
SELECT pid FROM yoyo_lock;
