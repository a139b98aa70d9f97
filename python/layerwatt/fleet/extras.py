"""Packages that are there only with an extra; each is asked for where it is first needed."""

from __future__ import annotations

import importlib
from typing import Any

from .._errors import MissingError


def _need(module: str, package: str, extra: str, purpose: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        # Also where it is installed and cannot be loaded: the reason says which.
        raise MissingError(
            f"{purpose} needs the package '{package}' ({error}): pip install 'layerwatt[{extra}]'"
        ) from error


def arrow() -> Any:
    """pyarrow: every table of a fleet is written and read by it."""
    return _need("pyarrow", "pyarrow", "fleet", "layerwatt.fleet")


def arrow_files() -> Any:
    """pyarrow.fs: folders and S3 alike."""
    return _need("pyarrow.fs", "pyarrow", "fleet", "layerwatt.fleet")


def parquet() -> Any:
    return _need("pyarrow.parquet", "pyarrow", "fleet", "layerwatt.fleet")


def dataset() -> Any:
    return _need("pyarrow.dataset", "pyarrow", "fleet", "layerwatt.fleet")


def duckdb() -> Any:
    return _need("duckdb", "duckdb", "fleet", "comparing the results of a fleet")


def spark_sql() -> Any:
    return _need("pyspark.sql", "pyspark", "spark", "--master")
