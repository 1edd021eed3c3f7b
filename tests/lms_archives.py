"""Archives as Canvas and Moodle make them, by the rules that their programs follow."""

import io
import re
import zipfile
from dataclasses import dataclass


@dataclass
class Upload:
    """What somebody uploaded to a platform."""

    name: str  # as people write it: Ada Lovelace
    number: int
    file: str
    data: bytes
    late: bool = False
    file_id: int = 0


def canvas(*uploads, made=(2026, 3, 2, 9, 0, 0)):
    """Return a Canvas archive: sortable name, LATE, user, attachment, file."""
    files = []
    for k, upload in enumerate(uploads):
        first, _, last = upload.name.rpartition(" ")
        sortable = re.sub(r"_(\d+)_", r"\1", f"{last}, {first}".lower())
        who = [sortable, "LATE" if upload.late else None, str(upload.number)]
        who = re.sub(r"\W", "", "_".join(filter(None, who)))
        file = re.sub(r'[\x00/\\:*?"<>|]+', "_", upload.file)
        files.append((f"{who}_{upload.file_id or 9000 + k}_{file}", upload.data))
    return zipped(files, made)


def moodle(*uploads, folders=True, slash="_", made=(2026, 3, 2, 9, 0, 0)):
    """Return a Moodle archive: a folder for each participant, or all in one name."""
    files = []
    for upload in uploads:
        who = re.sub(r"[\x00-\x1f&<>\"`|':\\/]", "", upload.name.replace("_", " "))
        who = f"{who}_{upload.number}_assignsubmission_file"
        between = f"{slash}/" if folders else "_"
        files.append((f"{who}{between}{upload.file}", upload.data))
    return zipped(files, made)


def zipped(files, made=(2026, 3, 2, 9, 0, 0)):
    """Return a zip archive's bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name, made), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
