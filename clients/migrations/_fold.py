"""What the first migration needs before its tables: `from clients.migrations._fold import FOLD` and
`*FOLD` at the start of its operations, when it is made anew."""

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations

# unaccent() is not immutable, since somebody may edit its dictionary; an index and a generated
# column take only what is. The dictionary is named with its schema, wherever the extension was put:
# a restore runs with an empty search_path. PL/pgSQL takes 4 µs a call, a function in SQL, which
# cannot be inlined here, 10.
CREATE = """
    DO $do$
    DECLARE home text;
    BEGIN
        SELECT quote_ident(n.nspname) INTO home FROM pg_extension e
            JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'unaccent';
        EXECUTE format(
            'CREATE FUNCTION clients_fold(text) RETURNS text
                LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
                AS $$ BEGIN RETURN lower(%s.unaccent(%L, $1)); END $$',
            home, home || '.unaccent');
    END $do$"""

FOLD = [
    UnaccentExtension(),
    TrigramExtension(),
    migrations.RunSQL(CREATE, "DROP FUNCTION clients_fold(text)"),
]
