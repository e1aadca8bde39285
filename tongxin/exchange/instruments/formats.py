"""The files an instrument comes in and goes out as, by the ends of their names."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

from tongxin.methods.psychometrics.formats.convert import FORMATS, give
from tongxin.methods.psychometrics.instrument import Instrument

from .workbook import write_workbook

XLSX, ZIP = "xlsx", "reproschema"
BY_SUFFIX = {
    ".yaml": "yaml", ".yml": "yaml", ".json": "fhir", ".csv": "redcap", ".lss": "lss", ".lsg": "lss", ".lsq": "lss",
    ".xlsx": XLSX, ".xls": XLSX, ".ods": XLSX,
}  # fmt: skip
# A folder of ReproSchema comes to a page as one zip file.
UPLOADS = BY_SUFFIX | {".zip": ZIP}
ALL = (*FORMATS, XLSX)
TYPES = {
    "yaml": "application/yaml", "fhir": "application/fhir+json", "redcap": "text/csv", "lss": "application/xml",
    ZIP: "application/zip", XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


def kind_of(name: str) -> str | None:
    """Return the format of an uploaded file by its name."""
    return UPLOADS.get(PurePath(name).suffix.lower())


def file_of(instrument: Instrument, kind: str) -> tuple[str, bytes]:
    """Return (name, content) of an instrument in a format; the folder of ReproSchema as a zip."""
    if kind == XLSX:
        return f"{instrument.id}.xlsx", write_workbook(instrument)
    files = give(instrument, kind)
    if kind != ZIP:
        ((name, text),) = files.items()
        return name, text.encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for path, text in sorted(files.items()):
            box.writestr(path, text)
    return f"{instrument.id}.zip", out.getvalue()
