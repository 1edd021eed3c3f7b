"""When a submission arrived: by the exchange's clock, not by the learner's."""

import os
from datetime import UTC, datetime, timedelta

from course_lib.settings import TIMESTAMP_FORMAT
from grader.handed_in import TIMESTAMP, read_time

TOLERANCE = timedelta(minutes=10)  # clocks differ, and slow disks take a while


def correct_time(source, copy):
    """Let the time of arrival count where the time that was claimed is another.

    Parameters
    ----------
    source : Path
        The submission in the exchange. When its folder was last changed is known to
        the computer that holds it; nobody but its administrator can set that back.
    copy : Path
        What was copied of it; its ``timestamp.txt`` is corrected.

    Returns
    -------
    list of str
        What the learner should know of it: nothing, or one sentence.
    """
    arrived = datetime.fromtimestamp(source.stat().st_ctime, UTC)
    claimed = read_time(copy)
    if claimed is not None and abs(arrived - claimed) <= TOLERANCE:
        return []
    # A name that leads elsewhere is not followed: it is replaced.
    new = copy / f".{TIMESTAMP}.new"
    new.write_text(arrived.strftime(TIMESTAMP_FORMAT), "utf-8")
    os.replace(new, copy / TIMESTAMP)
    if claimed is None:
        return []
    return [
        f"Its time was given as {claimed:%Y-%m-%d %H:%M %Z}. It arrived on "
        f"{arrived:%Y-%m-%d at %H:%M %Z}, and that counts."
    ]
