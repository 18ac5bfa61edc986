"""Which functions of libraries open files in native code, and with which of their arguments?

What is opened there makes no audit event, so these functions are wrapped once their library is
loaded, and tell each path that they are given. More files may be told than are opened (a pattern,
all of a folder); that makes a cell run once too often, not once too rarely.

A name with a dot is a method. ``"sql"`` stands for texts of SQL that name paths, ``"lazy"`` for
plans that name their files, ``"held"`` for methods of what keeps its path until then,
``"database"`` for names that a suffix is put to.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

_DUCKDB_READS = ("read_csv", "read_parquet", "read_json", "from_csv_auto", "from_parquet")
_DUCKDB_WRITES = ("write_csv", "to_csv", "write_parquet", "to_parquet")
_POLARS = ("csv", "parquet", "ipc", "ipc_stream", "ndjson", "json", "avro", "delta")

READERS: dict[str, dict[str, tuple[str, ...]]] = {
    "pandas": {
        "read": ("read_parquet", "read_orc", "read_feather", "read_hdf", "read_spss"),
        "write": tuple(f"DataFrame.to_{kind}" for kind in ("parquet", "orc", "feather", "hdf")),
    },
    "pyarrow": {
        "read": ("memory_map", "input_stream"),
        "write": ("create_memory_map", "output_stream"),
    },
    "pyarrow.parquet": {
        "read": (
            "read_table",
            "read_pandas",
            "read_metadata",
            "read_schema",
            "ParquetFile.__init__",
            "ParquetDataset.__init__",
        ),
        "write": ("write_table", "write_metadata", "write_to_dataset", "ParquetWriter.__init__"),
    },
    "pyarrow.feather": {"read": ("read_table", "read_feather"), "write": ("write_feather",)},
    "pyarrow.csv": {"read": ("read_csv", "open_csv"), "write": ("write_csv", "CSVWriter")},
    "pyarrow.json": {"read": ("read_json", "open_json")},
    "pyarrow.ipc": {
        "read": ("RecordBatchFileReader.__init__", "RecordBatchStreamReader.__init__"),
        "write": ("RecordBatchFileWriter.__init__", "RecordBatchStreamWriter.__init__"),
    },
    "pyarrow.orc": {"read": ("read_table", "ORCFile.__init__"), "write": ("write_table",)},
    "pyarrow.dataset": {
        "read": ("dataset", "parquet_dataset"),
        "write": ("write_dataset",),
    },
    "polars": {
        "read": tuple(f"{way}_{kind}" for way in ("read", "scan") for kind in _POLARS),
        "write": (
            *(f"DataFrame.write_{kind}" for kind in _POLARS),
            *(f"LazyFrame.sink_{kind}" for kind in _POLARS),
        ),
        "lazy": ("LazyFrame.collect", "collect_all"),
    },
    "duckdb": {
        "read": (*_DUCKDB_READS, *(f"DuckDBPyConnection.{name}" for name in _DUCKDB_READS)),
        "write": tuple(f"DuckDBPyRelation.{name}" for name in _DUCKDB_WRITES),
        "both": ("connect",),
        "sql": (
            "sql",
            "query",
            "execute",
            "from_query",
            "table_function",
            "DuckDBPyConnection.sql",
            "DuckDBPyConnection.query",
            "DuckDBPyConnection.execute",
            "DuckDBPyConnection.from_query",
            "DuckDBPyConnection.table_function",
        ),
    },
    "dbm.gnu": {"database": ("open",)},
    "dbm.ndbm": {"database": ("open",)},
    "lmdb": {"both": ("open", "Environment.__init__")},
    "h5py": {"both": ("File.__init__",)},
    "tables": {"both": ("open_file", "File.__init__")},
    "xarray": {
        "read": ("open_dataset", "open_mfdataset", "open_dataarray", "load_dataset", "open_zarr"),
        "write": ("Dataset.to_netcdf", "DataArray.to_netcdf", "Dataset.to_zarr"),
    },
    "cv2": {
        "read": ("imread", "imreadmulti", "imreadanimation"),
        "write": ("imwrite", "imwritemulti"),
    },
    "soundfile": {"both": ("SoundFile.__init__",)},
    "rasterio": {"both": ("open",)},
    "geopandas": {"read": ("read_file",), "write": ("GeoDataFrame.to_file",)},
    "pyogrio": {"read": ("read_dataframe", "read_arrow"), "write": ("write_dataframe",)},
    "fiona": {"both": ("open",)},
    "pyreadstat": {
        "read": ("read_sas7bdat", "read_xport", "read_dta", "read_sav", "read_por"),
        "write": ("write_dta", "write_sav", "write_xport", "write_por"),
    },
    "datatable": {"read": ("fread", "iread")},
    "deltalake": {"read": ("DeltaTable.__init__",), "write": ("write_deltalake",)},
    "safetensors.torch": {"read": ("load_file", "load_model"), "write": ("save_file",)},
    "safetensors.numpy": {"read": ("load_file",), "write": ("save_file",)},
    "torch": {"write": ("save",)},
    "torchvision.io": {"read": ("read_image", "read_file", "decode_image")},
    "torchaudio": {"read": ("load", "info"), "write": ("save",)},
    "torch.jit": {"read": ("load",), "write": ("save",)},
    "onnxruntime": {"read": ("InferenceSession.__init__",)},
    "faiss": {"read": ("read_index",), "write": ("write_index",)},
    "fasttext": {"read": ("load_model", "train_supervised", "train_unsupervised")},
    "sentencepiece": {"read": ("SentencePieceProcessor.__init__",)},
    "xgboost": {
        "read": ("DMatrix.__init__", "Booster.__init__", "Booster.load_model"),
        "write": ("Booster.save_model", "Booster.dump_model"),
    },
    "lightgbm": {
        "read": ("Dataset.__init__", "Booster.__init__"),
        "held": ("Dataset.construct",),
        "write": ("Booster.save_model", "Dataset.save_binary"),
    },
    "catboost": {
        "read": ("Pool.__init__", "CatBoost.load_model"),
        "write": ("CatBoost.save_model",),
    },
}
