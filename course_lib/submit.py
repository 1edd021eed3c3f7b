"""Hand in from the command line: ``python3 course.py submit 1``."""

import argparse
import difflib
import sys
from pathlib import Path

from course_lib import hand_in as post
from course_lib.settings import load_settings
from course_lib.submission_messages import answer_message, waiting_message

PURPOSE = "Hand in your notebook of a lesson."
ANSWER_SECONDS = 60.0  # how long to wait where a grader is running


def submit_lesson(lesson, file=None, settings=None):
    """Hand a notebook in and return what to tell the learner, a part at a time.

    Parameters
    ----------
    lesson : str
        Its name, as its folder is called.
    file : path-like, default=the lesson's own notebook
    settings : Settings, default=the course's

    Yields
    ------
    str
        That it is handed in; then the answer, if one comes within a minute.
    """
    settings = settings or load_settings()
    file = Path(file) if file else settings.lesson_notebook(lesson)
    receipt = post.hand_in(lesson, file, settings)
    running = post.grader_is_running(settings)
    yield waiting_message(receipt, running).text
    answer = post.wait_for_answer(receipt, ANSWER_SECONDS) if running else None
    if answer:
        yield answer_message(receipt, answer, file).text


def find_lesson(wanted, settings):
    """Return the name of the lesson that a learner means by a name or a number.

    Raises
    ------
    ValueError
        There is no such lesson; the nearest is offered.
    """
    known = settings.lesson_names()
    for name in known:
        number = name.partition("_")[0]
        if wanted == name or wanted.isdigit() and int(wanted) == int(number):
            return name
    near = difflib.get_close_matches(wanted, known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
    raise ValueError(f"no lesson {wanted!r}. {hint}")


def main(arguments=None):
    """Hand in, or write a zip file. Return the exit code."""
    parser = argparse.ArgumentParser("course.py submit", description=PURPOSE)
    parser.add_argument("lesson", help="its name or its number: 01_loss or 1")
    parser.add_argument("file", nargs="?", help="default: the lesson's own notebook")
    parser.add_argument(
        "--zip",
        action="store_true",
        help="only write a zip file here, to be uploaded where the course is kept",
    )
    options = parser.parse_args(arguments)
    try:
        settings = load_settings()
        lesson = find_lesson(options.lesson, settings)
        if options.zip:
            out = post.write_zip(lesson, options.file, settings)
            print(f"{lesson}: {out.resolve()} is ready to be uploaded.")
            return 0
        for message in submit_lesson(lesson, options.file, settings):
            print(message, flush=True)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
