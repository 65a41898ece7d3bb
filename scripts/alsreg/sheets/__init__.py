"""Clinical tables as registries export them: CSV, TSV, Excel, one row per visit or per value."""

from alsreg.sheets.read import Sheet, read_sheet

__all__ = ["Sheet", "read_sheet"]
