"""What ``course.toml`` may hold, and what it holds: every key and value checked."""

import tomllib

DEFAULTS = {
    "course": {"id": "", "title": "", "start": "", "timezone": ""},
    "places": {
        "lessons": "lessons",
        "solutions": "solutions",
        "class": "class",
        "exchange": "",
    },
    "grading": {
        "gradebook": "",
        "poll_seconds": 0.5,
        "largest_submission_mb": 50.0,
    },
    "late": {"accept": "yes", "per_day": 0.0, "at_most": 1.0, "grace_minutes": 0.0},
    "limits": {},
}
FREE = ("deadlines", "extensions")  # sections whose keys are lessons and learners
SHARE = (0.0, 1.0, "a share from 0 to 1")
RANGES = {
    "per_day": SHARE,
    "at_most": SHARE,
    "grace_minutes": (0.0, 1440.0, "minutes from 0 to 1440"),
}
# What [limits] may hold. Lower bounds leave a right answer alive; all that a submission
# may take is less than what a grading process waits for one.
LIMITS = {
    "cell_seconds": (1, 480),
    "probe_seconds": (1, 480),
    "submission_seconds": (1, 480),
    "cpu_seconds": (1, 480),
    "memory_mb": (512, 1 << 20),
    "scratch_mb": (1, 1 << 16),
    "output_mb": (0.1, 64),
    "processes": (8, 4096),
}


def read_values(file):
    """Return the defaults with what a course's file gives, every value checked.

    Parameters
    ----------
    file : TomlFile

    Returns
    -------
    dict of section to dict

    Raises
    ------
    ValueError
        It is not TOML, has an unknown key, or a value of another kind or size.
    """
    try:
        given = tomllib.loads(file.text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file.path}: not readable as TOML: {error}.") from None
    for section, keys in given.items():
        _check_section(file, section, keys)
    values = {section: given.get(section, {}) for section in FREE}
    for section, defaults in DEFAULTS.items():
        values[section] = defaults | given.get(section, {})
    _check_limits(file, values["limits"])
    course_id = values["course"]["id"]
    if not course_id or set(course_id) & set(' +*/\\:"'):
        raise ValueError(
            f"{file.path}: id in [course] is {course_id!r}, expected a name without "
            "spaces, '+', '*', quotes or slashes: it names folders."
        )
    return values


def _check_section(file, section, keys):
    file.check_known(section, [*DEFAULTS, *FREE], "section", section)
    if not isinstance(keys, dict):
        file.refuse(
            section,
            None,
            f"{section} has the value {keys!r}, expected a section. Write "
            f"[{section}] and its keys below it.",
        )
    if section in FREE:
        return
    known = LIMITS if section == "limits" else DEFAULTS[section]
    for key, value in keys.items():
        file.check_known(key, known, f"key in [{section}]", section, key)
        if section != "limits":
            _check_value(file, section, key, value)


def _check_value(file, section, key, value):
    """Raise a ValueError unless a value is of its default's kind, and in its range."""
    default, number = DEFAULTS[section][key], type(value) in (int, float)
    if key == "accept" and value not in ("yes", "no"):
        file.expect(section, key, value, '"yes" or "no"')
    elif key in RANGES:
        low, high, expected = RANGES[key]
        if not number or not low <= value <= high:
            file.expect(section, key, value, expected)
    elif isinstance(default, float):
        if not number or not value > 0:
            file.expect(section, key, value, "a number above 0")
    elif not isinstance(value, str):
        file.expect(section, key, value, "text in quotes")


def _check_limits(file, given):
    for key, value in given.items():
        low, high = LIMITS[key]
        if type(value) not in (int, float) or not low <= value <= high:
            file.expect("limits", key, value, f"a number from {low} to {high}")
    whole = given.get("submission_seconds")
    for key in ("cell_seconds", "probe_seconds"):
        if whole and given.get(key, 0) > whole:
            expected = f"no more than submission_seconds, {whole}"
            file.expect("limits", key, given[key], expected)
