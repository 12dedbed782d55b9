"""Static files under names that change with their content, and so do the names they import."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Also writes the hashed names into the ``import`` statements of our JavaScript."""

    support_js_module_import_aggregation = True
    # Only ours: a comment of the vendored scripts looks like an import of a file that is not here.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )
    # A file gets its final name one pass after all that it imports: as many passes as the longest
    # chain of imports has files, and a few more.
    max_post_process_passes = 12
