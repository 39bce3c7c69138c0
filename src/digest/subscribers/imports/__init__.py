"""Imports the exports of other tools, in any usual format, into a list. Nobody who left becomes a subscriber again.

read_export_file ──tables──▶ plan_import ──plan──▶ ListUpdate ──▶ the new list
  (formats)                   (who may be mailed)   (known people, new people)
"""

from digest.subscribers.imports.bounce_files import read_bounces
from digest.subscribers.imports.export_columns import ExportColumns
from digest.subscribers.imports.export_files import ExportTable, read_export_file
from digest.subscribers.imports.import_plan import WHOLE_FILE, ImportPlan, plan_import
from digest.subscribers.imports.list_update import ListUpdate

__all__ = [
    "WHOLE_FILE",
    "ExportColumns",
    "ExportTable",
    "ImportPlan",
    "ListUpdate",
    "plan_import",
    "read_bounces",
    "read_export_file",
]
