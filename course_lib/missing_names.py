"""A word below a NameError in a lesson: run the cell that defines the name first."""

from course_lib import page


def explain_missing_names():
    """From now on, say below a cell's NameError how to go on; in notebooks only.

    Notes
    -----
    The commonest first stumble is to run a check before the answer above it, or any
    cell after the kernel was restarted. The traceback alone does not say that.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None and not page.is_being_graded():
        shell.events.register("post_run_cell", explain)  # once, however often called


def explain(result):
    """Print the word, if one is due. IPython calls this after each cell."""
    error = result.error_in_exec
    if type(error) is NameError and error.name and _is_of_the_cell(error):
        print(
            f"Nothing is called {error.name} yet. Run the cell that defines it, then "
            "this one again.\nWhen the kernel was restarted, every cell has to run "
            "again, from the top."
        )


def _is_of_the_cell(error):
    """Tell whether the name stands in the cell itself, not in a function it calls."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_name == "<module>"
