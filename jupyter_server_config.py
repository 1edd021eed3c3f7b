"""What Jupyter's server is told in this course. Jupyter runs it; `c` holds it."""

import importlib.util
import warnings

c = get_config()  # noqa: F821

if importlib.util.find_spec("grader"):  # where lessons are written
    from grader.lab_sources import keep_form

    c.FileContentsManager.post_save_hook = keep_form
    # Jupyter sets it twice, and says so to everybody who starts it.
    warnings.filterwarnings("ignore", "Overriding existing post_save_hook .keep_form.")
