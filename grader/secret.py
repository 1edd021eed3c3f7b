"""The course's secret, from which graded inputs are drawn."""

import os
import secrets

from course_lib.file_lock import file_lock

LENGTH = 32  # bytes


def course_secret(settings):
    """Return the course's secret; drawn when it is first asked for, then kept.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    bytes
    """
    file = settings.secret_file
    file.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(file.with_name(f"{file.name}.lock")):
        if not file.exists():
            new = file.with_name(f".{file.name}.new")
            with open(os.open(new, os.O_WRONLY | os.O_CREAT, 0o600), "w") as stream:
                stream.write(secrets.token_hex(LENGTH))
            os.replace(new, file)
        return file.read_bytes()
