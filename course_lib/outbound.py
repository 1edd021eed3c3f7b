"""Copies of the lessons in the exchange, for nbgrader's Assignment List."""

import os
import secrets
import shutil

IGNORED = (".ipynb_checkpoints", "__pycache__", "feedback", "*.pyc", ".*")


def release(settings):
    """Put every lesson that is not there yet into the exchange's outbound folder.

    Assignment List lists what lies there. A lesson that lies there already is left
    as it is: by now the one in ``lessons`` may hold a learner's answers. In an exchange
    that belongs to somebody else, an instructor, nothing is put.

    Returns
    -------
    list of str
        The lessons that are new there.
    """
    new = []
    if not os.access(settings.outbound, os.W_OK):
        return new
    for lesson in settings.lesson_names():
        place = settings.outbound / lesson
        if not place.exists():
            copy = settings.outbound / f".{secrets.token_hex(8)}.new"
            shutil.copytree(
                settings.lesson_folder(lesson),
                copy,
                ignore=shutil.ignore_patterns(*IGNORED),
            )
            os.rename(copy, place)
            new.append(lesson)
    return new
