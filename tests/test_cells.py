"""What cells show is recorded as a kernel would show it, and no more than allowed."""

import json

import pytest
from running import CHECK, QUESTION, run, text

from grader.worker import Limits, Worker


@pytest.fixture(scope="module")
def worker():
    with Worker("if possible") as worker:
        yield worker


# --- what cells show


def test_cells_share_names_and_show_what_a_kernel_shows(worker):
    first, second = run(worker, "a = 2\nprint('hello')", "a + 1").cells
    assert (first.status, first.execution_count) == ("ok", 1)
    stream = {"output_type": "stream", "name": "stdout", "text": "hello\n"}
    assert first.outputs == [stream]
    assert second.outputs == [
        {
            "output_type": "execute_result",
            "data": {"text/plain": "3"},
            "metadata": {},
            "execution_count": 2,
        }
    ]


def test_an_exception_is_an_output_and_the_next_cell_runs(worker):
    first, second = run(worker, "1 / 0", "7").cells
    assert (first.status, second.status) == ("error", "ok")
    assert first.outputs[0]["ename"] == "ZeroDivisionError"
    assert "1 / 0" in first.outputs[0]["traceback"][2]
    assert "\x1b" not in "".join(first.outputs[0]["traceback"])  # no page shows colours


def test_what_goes_to_stderr_is_shown_and_is_no_failure(worker):
    source = "import warnings\nwarnings.warn('careful')"
    (cell,) = run(worker, source).cells
    assert cell.status == "ok"
    assert "careful" in text(cell, "stderr")


def test_what_c_code_prints_past_python_is_captured(worker):
    source = "import os\nos.write(1, b'out'); os.write(2, b'err');"
    (cell,) = run(worker, source).cells
    assert (text(cell), text(cell, "stderr")) == ("out", "err")


def test_a_figure_becomes_a_picture(worker):
    source = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    (cell,) = run(worker, source).cells
    assert [set(o["data"]) for o in cell.outputs] == [{"image/png", "text/plain"}]


def test_a_display_id_replaces_the_picture_even_from_a_later_cell(worker):
    show = "h = display('first', display_id=True)"
    cells = run(worker, show, "h.update('second')\nprint('x')").cells
    assert cells[0].outputs[0]["data"] == {"text/plain": "'second'"}
    assert text(cells[1]) == "x\n" and len(cells[1].outputs) == 1


def test_a_cleared_output_is_gone(worker):
    source = (
        "from IPython.display import clear_output\nprint('old')\n"
        "clear_output(wait=True)\nprint('new')"
    )
    assert text(run(worker, source).cells[0]) == "new\n"


def test_a_widget_leaves_its_text_and_no_dead_view(worker):
    source = (
        "import ipywidgets\nipywidgets.interact(lambda x: print('x is', x), x=(0, 4));"
    )
    (cell,) = run(worker, source).cells
    assert "x is 2" in text(cell)
    assert not any(
        "widget-view" in kind for o in cell.outputs for kind in o.get("data", ())
    )


def test_programs_and_their_magics_are_refused_in_words(worker):
    cells = run(worker, "!pip install x", "files = !ls\nfiles", "%%bash\nls").cells
    assert [c.status for c in cells] == ["ok"] * 3
    assert all("cannot start programs" in text(c, "stderr") for c in cells)


def test_harmless_magics_work(worker):
    cells = run(
        worker,
        "%matplotlib widget",
        "%time 1 + 1",
        "await __import__('asyncio').sleep(0)",
    )
    assert [c.status for c in cells.cells] == ["ok"] * 3


def test_a_question_to_the_learner_is_an_error_in_words(worker):
    (cell,) = run(worker, "input('Your name?')").cells
    assert cell.status == "error" and "nobody sits here" in cell.outputs[0]["evalue"]


def test_files_lie_in_the_working_folder(worker):
    source = "print(open('checks.npz').read())"
    (cell,) = run(worker, source, files={"checks.npz": b"content"}).cells
    assert text(cell) == "content\n"


def test_a_file_beside_the_notebook_shadows_no_module(worker):
    files = {"colorsys.py": b"print('shadow')", "mine.py": b"print('found')"}
    (cell,) = run(worker, "import colorsys, mine", files=files).cells
    assert text(cell) == "found\n"


def test_unseeded_random_numbers_are_the_same_in_every_run(worker):
    source = (
        "import random, numpy as np\n"
        "print(random.random(), np.random.rand(), hash('a'))"
    )
    first, second = (text(run(worker, source).cells[0]) for _ in range(2))
    assert first == second


# --- floods


def test_printing_too_much_is_cut_with_a_note(worker):
    limits = Limits(output_bytes=10_000)
    source = "for i in range(200_000): print(i)\n'the end'"
    (cell,) = run(worker, source, limits=limits).cells
    assert cell.status == "ok"
    assert len(text(cell)) <= 10_000
    assert "left out" in text(cell, "stderr")


def test_one_enormous_picture_is_left_out_with_a_note(worker):
    source = "from IPython.display import HTML\nHTML('x' * 30_000_000)"
    (cell,) = run(worker, source).cells
    assert len(json.dumps(cell.outputs)) < 1000
    assert "may show 2 MB" in text(cell, "stderr")


def test_an_enormous_message_is_cut(worker):
    (cell,) = run(worker, "raise ValueError('x' * 10_000_000)").cells
    assert cell.status == "error" and len(json.dumps(cell.outputs)) < 100_000


def test_flooding_the_graders_channel_ends_only_that_cell(worker):
    flood = (
        "import os, stat\n"
        "for file in range(3, 64):\n"
        "    try: is_socket = stat.S_ISSOCK(os.fstat(file).st_mode)\n"
        "    except OSError: continue\n"
        "    while is_socket: os.write(file, bytes(1 << 16))"
    )
    limits = Limits(cell_seconds=5, message_bytes=1 << 20)
    result = run(worker, flood, "'after'", limits=limits)
    assert result.cells[0].status == "crashed"
    assert "channel" in result.cells[0].outputs[0]["evalue"]
    assert result.cells[1].status == "ok"


def test_an_answer_that_is_too_large_is_refused(worker):
    source = "import numpy as np\ndef double(x): return np.zeros(300_000)"
    limits = Limits(message_bytes=1 << 20)
    result = run(worker, source, CHECK, "1", limits=limits, probes={"double": QUESTION})
    assert result.probes["double"].status == "crashed"
    assert "larger" in result.probes["double"].message
    assert result.cells[2].status == "ok"
