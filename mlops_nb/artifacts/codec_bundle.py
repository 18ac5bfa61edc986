"""Which of these modules are sent into a kernel as text, and in which order?

Each imports the standard library and modules before it, so that a kernel without mlops_nb can store
and restore what it holds. The rest of the package runs in the runner.
"""

from __future__ import annotations

MODULES = (
    "blob_faults",
    "blob_pins",
    "blob_files",
    "blob_folder",
    "identity",
    "memory_overlap",
    "undisturbed",
    "codec_nan",
    "codec_plain",
    "codec_tree",
    "codec_array",
    "codec_claims",
    "codec_memory",
    "codec_capsule",
    "codec_names",
    "process_state",
    "codec_process",
    "codec_stack",
    "codec_classes",
    "codec_stand_ins",
    "codec_local",
    "codec_rules",
    "codec_pickle",
    "codec_blame",
    "codec_trial",
    "codec_fields",
    "codec_columns",
    "codec_index",
    "codec_frame",
    "codec_arrow",
    "codec_manifest",
    "codec_writing",
    "codec_reading",
    "codec_checking",
    "store_background",
)
