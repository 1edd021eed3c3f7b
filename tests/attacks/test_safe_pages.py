"""What comes back is safe to open: the page, the graded notebook, the tables."""

import base64
import http.server
import json
import re
import struct
import threading
import zlib

import pytest
from attack_lab import LIMITS
from small_course import ANSWERS, NAME, answered, cell_of, code

from course_lib.settings import load_settings
from grader import exchange
from grader.feedback import write_feedback
from grader.gradebook import Marks
from grader.safe_outputs import safe_markdown, safe_outputs
from grader.worker import Cell

FAR = "http://evil.test"  # no such place; what asks for it is seen
EVIL = (
    "<script>window.owned = 1; alert(1)</script>"
    f'<img src="{FAR}/a.png" onerror="window.owned = 2">'
    f'<iframe src="{FAR}/frame"></iframe><svg onload="window.owned = 3"></svg>'
    f'<link rel="stylesheet" href="{FAR}/a.css"><object data="{FAR}/o"></object>'
    f'<meta http-equiv="refresh" content="0;url={FAR}/go"><base href="{FAR}">'
    "<body onload='window.owned = 4'><style>@import url("
    f"{FAR}/b.css)</style><form action='{FAR}'><input autofocus onfocus='owned = 5'>"
    "</textarea></title></pre></code></script>--><details open ontoggle='owned = 6'>"
)
MARKDOWN = (
    f"{EVIL}\n\n![a]({FAR}/md.png) ![b][c] [![d]({FAR}/in.png)]({FAR})\n\n"
    f"[c]: {FAR}/ref.png\n\n[click](javascript:window.owned=7)\n\n"
    "$\\href{javascript:window.owned=8}{x}$ $$\\require{html}\\style{x}{y}$$\n\n"
    f"<!-- {EVIL} -->\n\n```{{=html}}\n{EVIL}\n```\n\n&lt;script&gt;"
)
SHOWING = f"""
from IPython.display import HTML, Javascript, SVG, Markdown, Latex, IFrame, display
import sys
evil = {EVIL!r}
print(evil); print(evil, file=sys.stderr)
display(HTML(evil), Javascript("window.owned = 9"), Markdown({MARKDOWN!r}),
        SVG('<svg xmlns="http://www.w3.org/2000/svg" onload="window.owned=10"/>'),
        Latex(evil), IFrame("{FAR}/i", 9, 9))
display({{"text/html": evil, "image/svg+xml": evil, "text/plain": evil,
         "application/vnd.jupyter.widget-view+json": {{"model_id": evil}}}}, raw=True)
print("\\x1b]8;;{FAR}\\x07link\\x1b]8;;\\x07 \\x1b[2J \\u202e")
type(evil, (), {{}})()
"""
ODD_TYPE = f"def mse(predictions, targets):\n    return type({EVIL!r}, (), {{}})()"
ODD_ERROR = f"def center(x):\n    raise type({EVIL!r}, (ValueError,), {{}})({EVIL!r})"


@pytest.fixture(scope="module")
def nasty(lab):
    """Return the report on a submission with evil in every place that takes text."""
    notebook = answered(lab.course, {**ANSWERS, "mse": ODD_TYPE, "center": ODD_ERROR})
    cell_of(notebook, "line_backward")["source"] += f"\n# {EVIL}\n{EVIL!r}"
    text = {"id": "text", "cell_type": "markdown", "metadata": {}, "source": MARKDOWN}
    raw = {**text, "id": "raw", "cell_type": "raw", "source": EVIL}
    raw["metadata"] = {"raw_mimetype": "text/html", "format": "text/html"}
    notebook["cells"][2:2] = [code(SHOWING), text, raw, code(f"1 / 0  # {EVIL}")]
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = [EVIL]
    file = f"{EVIL.replace('/', '')}.ipynb"
    report, _ = lab.grade(notebook, LIMITS, learner=EVIL, file=file)
    assert report.score == 4.0
    return report


@pytest.fixture(scope="module")
def visit(chromium):
    """Return a function that opens a page and says what it asked for, and what ran."""

    def visit(html):
        asked, dialogs = [], []
        with serving(html) as address:
            page = chromium.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.on("dialog", lambda d: (dialogs.append(d.message), d.dismiss()))
            page.goto(address, wait_until="domcontentloaded")
            for link in page.locator("a").all()[:20]:
                href = link.get_attribute("href") or ""
                assert not href.lower().lstrip().startswith(("javascript", "data"))
            page.wait_for_timeout(300)
            owned = page.evaluate("window.owned")
            page.close()
        return [url for url in asked if not url.startswith(address)], owned, dialogs

    return visit


class serving:
    """Serve one page at an address of its own, for the time of a `with`."""

    def __init__(self, html):
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.full
@pytest.mark.parametrize("guarded", [True, False], ids=["as it is", "without policy"])
def test_the_feedback_page_runs_nothing_and_asks_for_nothing(nasty, visit, guarded):
    page = nasty.as_html(Marks({}, {}, {"mse": EVIL}, 0.0))
    if not guarded:  # the escaping has to hold without the browser's help
        page, n = re.subn(r"<meta http-equiv=[^>]*>", "", page, count=1)
        assert n == 1
    assert visit(page) == ([], None, [])


@pytest.mark.full
def test_the_graded_notebook_is_safe_where_formgrader_shows_it(nasty, visit):
    import nbformat
    from nbconvert.exporters import HTMLExporter

    notebook = nbformat.from_dict(json.loads(json.dumps(nasty.notebook)))
    page, _ = HTMLExporter().from_notebook_node(notebook)  # it sanitizes nothing
    asked, owned, dialogs = visit(page)
    assert [url for url in asked if "evil" in url] == []
    assert (owned, dialogs) == (None, [])


@pytest.mark.full
def test_what_the_lesson_shows_of_an_answer_runs_nothing(nasty, visit):
    shown = "".join(verdict.as_html() for verdict in nasty.exercises)
    assert visit(f"<!DOCTYPE html><title>x</title>{shown}") == ([], None, [])


def test_no_output_of_a_graded_notebook_is_more_than_text_and_pictures(nasty):
    kinds = set()
    for cell in nasty.notebook["cells"]:
        if cell["cell_type"] == "code" and cell["metadata"].get("course"):
            for output in cell["outputs"]:
                kinds |= set(output.get("data", ()))
    assert kinds <= {"text/plain", "image/png"}
    assert "\x1b" not in json.dumps(nasty.notebook).replace("\\u001b", "\x1b")


def test_nothing_of_a_learners_text_is_markup(nasty):
    page = nasty.as_html()
    for tag in ("script", "iframe", "svg", "object", "link", "form", "input", "base"):
        assert f"<{tag}" not in page.lower(), tag
    assert page.count("<img") == 0 and page.count("<meta") == 3


@pytest.mark.parametrize(
    "source",
    [
        "![a](http://evil.test/a.png)",
        "![a][b]",
        "[![a](x)](y)",
        "\\![a](b)",
        "!![a](b)",
    ],
)
def test_a_picture_in_markdown_is_not_fetched(source):
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    assert "<img" not in markdown2html_mistune(safe_markdown(source))


def png(width, height):
    head = struct.pack(">II5B", width, height, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", len(head)) + b"IHDR" + head
    content = b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", zlib.crc32(chunk[4:]))
    data = {"image/png": base64.b64encode(content).decode()}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def test_a_picture_that_unfolds_to_gigabytes_is_not_shown():
    assert len(safe_outputs([png(800, 600)])) == 1
    assert safe_outputs([png(60_000, 60_000), png(0, 5), png(2**31, 2**31)]) == []


@pytest.mark.parametrize("letter", "\u061c\u200f\u202e\u2066\x9b\0\U000e0041")
def test_no_text_holds_letters_that_turn_it_around_or_cannot_be_seen(letter):
    stream = {"output_type": "stream", "name": "stdout", "text": f"a{letter}b\n"}
    assert safe_outputs([stream])[0]["text"] == "ab\n"


# --- names


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2Jb", "a\u202eb", "a\0b"])
def test_a_name_that_would_write_on_the_terminal_is_no_submission(name):
    assert exchange.parse_name(f"{name}+{NAME}+2026-01-01+r") is None


def test_a_learners_name_is_text_wherever_it_appears(nasty, tmp_path):
    (tmp_path / "course.toml").write_text('[course]\nid = "small"\n')
    learner = '<img src=x onerror="alert(1)">&=1+1'
    page = write_feedback(nasty, learner, load_settings(tmp_path))
    assert "<img" not in page
    attempt = exchange.parse_name(f"{learner}+{NAME}+2026-01-01 10:00:00 UTC+r")
    assert attempt.learner == learner


# --- widgets and magics


def test_a_widget_leaves_its_picture_or_its_words_in_the_graded_notebook(lab):
    source = (
        "from course_lib import explorers\nimport ipywidgets\n"
        "explorers.loss.confident_error()"
    )
    notebook = answered(lab.course)
    notebook["cells"] += [code(source), code("ipywidgets.IntSlider(description='n')")]
    report, _ = lab.grade(notebook, LIMITS)
    explorer, slider = (cell["outputs"] for cell in report.notebook["cells"][-2:])
    # The course's own pictures are not drawn while grading; their numbers are said.
    said = "\n".join(output["data"]["text/plain"] for output in explorer)
    assert "probability of the truth 0.600" in said and "<" not in said
    assert slider[0]["data"] == {"text/plain": "IntSlider(value=0, description='n')"}


HARMLESS = [
    "%matplotlib inline", "%matplotlib widget", "%load_ext autoreload",
    "%load_ext nowhere", "%autoreload 2", "%autosave 60", "%pdb on", "%gui qt",
    "%clear", "%xmode Plain", "%config InlineBackend.figure_format = 'svg'",
    "%%capture\nx = 1",
]  # fmt: skip
LEFT_OUT = {
    "!ls": "cannot start programs",
    "files = !ls": "cannot start programs",
    "!!ls": "cannot start programs",
    "%pip install torch": "cannot start programs",
    "%%bash\nls": "cannot start programs",
    "%ls": "cannot start programs",
    "%system ls": "cannot start programs",
    "%cd ..": "no meaning",
    "%debug": "no meaning",
    "%edit": "no meaning",
    "%store x": "no meaning",
    "%%debug\n1": "no meaning",
    "%nowhere": "knows no such command",
    "%%R\nx": "knows no such command",
}


@pytest.mark.parametrize("source", HARMLESS)
def test_a_harmless_magic_does_nothing_and_says_nothing(lab, source):
    run = lab.worker.run([Cell(source)], {})
    assert (run.cells[0].status, run.cells[0].outputs) == ("ok", [])


@pytest.mark.parametrize("source", LEFT_OUT)
def test_what_is_left_out_is_said_and_the_rest_of_the_cell_runs(lab, source):
    cell = source if source.startswith("%%") else f"{source}\nprint('after')"
    (ran,) = lab.worker.run([Cell(cell)], {}).cells
    texts = {o["name"]: o["text"] for o in ran.outputs if "name" in o}
    assert ran.status == "ok" and LEFT_OUT[source] in texts["stderr"]
    assert source.startswith("%%") or texts["stdout"] == "after\n"


def test_pictures_stay_pictures_whatever_format_was_asked_for(lab):
    source = (
        "%config InlineBackend.figure_formats = {'svg'}\n"
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    )
    (ran,) = lab.worker.run([Cell(source)], {}).cells
    assert "image/png" in safe_outputs(ran.outputs)[-1]["data"]
