"""Attempts to earn points without an answer, each run for real behind the walls."""

import copy
import json
import shutil

import pytest
from small_course import (
    ANSWERS,
    NAME,
    answered,
    as_bytes,
    cell_of,
    code,
    skip_without_walls,
    write_course,
)

from course_lib.settings import ROOT, load_settings
from grader.grade import grade
from grader.prepared import prepare

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:Warning")  # nbgrader's
SECRET = b"for tests"
PATCHED = """
import builtins, sys
import numpy as np
import numpy.testing
import course_lib.checks, course_lib.probes, course_lib.judging, course_lib.values
import course_lib.comparisons, course_lib.verdicts

def yes(*arguments, **options):
    return True

def nothing(*arguments, **options):
    return None
"""
ATTACKS = {
    "displayhook": "get_ipython().displayhook(4.0)\n7.0",
    "input transformer": """
def to_four(lines):
    return ["4.0\\n"] if any("check(" in line for line in lines) else lines
get_ipython().input_transformers_cleanup.append(to_four)
get_ipython().input_transformers_post.append(to_four)
""",
    "ast transformer": """
import ast
class ToFour(ast.NodeTransformer):
    def visit_Call(self, node):
        return ast.Constant(4.0)
    def visit_Raise(self, node):
        return ast.Return(ast.Constant(1.0))
get_ipython().ast_transformers.append(ToFour())
""",
    "patched numpy": PATCHED
    + """
np.allclose = np.array_equal = np.isclose = np.all = yes
np.testing.assert_allclose = np.testing.assert_array_equal = nothing
numpy.testing.assert_allclose = nothing
np.abs = lambda x: np.zeros(1)
""",
    "patched checks": PATCHED
    + """
course_lib.checks.check = nothing
course_lib.checks.verdict_on = yes
course_lib.judging.judge = yes
course_lib.comparisons.agree = course_lib.comparisons.close = yes
course_lib.verdicts.Verdict.is_right = True
check = nothing
""",
    "patched probes": PATCHED
    + """
def all_good(packed, namespace):
    probe = course_lib.values.unpack(packed)
    return course_lib.values.pack([
        {"outputs": {name: 0.0 for name in probe["outputs"]}, "failure": None,
         "changed": [], "repeats": True, "used": []}
        for case in probe["cases"]
    ])
course_lib.probes.answer = all_good
course_lib.probes.pack = lambda value: b"same"
for module in list(sys.modules.values()):
    if getattr(module, "answer", None) is not None:
        module.answer = all_good
""",
    "patched builtins": PATCHED
    + """
builtins.all = builtins.any = builtins.isinstance = yes
builtins.abs = lambda x: 0
builtins.AssertionError = builtins.NotImplementedError = ()
""",
    "a score in the report": PATCHED
    + """
course_lib.probes.answer = lambda packed, namespace: course_lib.values.pack(
    {"score": 7.0, "status": "right", "points": 7.0, "verdict": "right"}
)
""",
    "always equal": """
class Always:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __getattr__(self, name): return self
    def __call__(self, *arguments): return self
    def __float__(self): return 0.0
    def __array__(self, *arguments, **options):
        import numpy
        return numpy.zeros(())
    def __len__(self): return 2
    def __iter__(self): return iter((self, self))
    __hash__ = None
def mse(predictions, targets): return Always()
def line_backward(dy, x): return Always(), Always()
def center(x): return Always()
""",
    "an array that agrees": """
import numpy as np
class Agrees(np.ndarray):
    def __array_function__(self, function, types, arguments, options): return True
    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return np.ones(1, bool) if ufunc in (np.equal, np.less_equal) else np.zeros(1)
    def __eq__(self, other): return True
def agreeing(): return np.zeros(1).view(Agrees)
def mse(predictions, targets): return agreeing()
def line_backward(dy, x): return agreeing(), agreeing()
def center(x): return np.zeros(x.shape).view(Agrees)
""",
    "not a number": """
import numpy as np
def mse(predictions, targets): return np.nan
def line_backward(dy, x): return np.nan, np.inf
def center(x): return np.full(x.shape, np.nan)
""",
    "empty arrays": """
import numpy as np
def mse(predictions, targets): return np.zeros(0)
def line_backward(dy, x): return np.zeros(0), np.zeros(0)
def center(x): return np.zeros(0)
""",
    "reading the checks": """
import glob, os, numpy as np
found = []
for folder, _, names in os.walk("/"):
    found += [os.path.join(folder, n) for n in names if n in ("checks.py", "secret")]
from grader.exercises import load_lesson
answers = load_lesson("01_small").exercises
def mse(predictions, targets): return answers["mse"].reference(predictions, targets)
def line_backward(dy, x): return answers["line_backward"].reference(dy, x)
def center(x): return answers["center"].reference(x)
""",
    "replaying the public answers": """
import numpy as np
from course_lib.check_data import load_checks
def replay(name, position):
    return lambda *inputs: load_checks("checks.npz", name).cases[0].expected
def mse(predictions, targets): return replay("mse", 0)()["loss"]
def line_backward(dy, x): return tuple(replay("line_backward", 0)().values())
def center(x): return replay("center", 0)()["z"]
""",
    "searching the memory": """
import gc
def search(wanted):
    for thing in gc.get_objects():
        if isinstance(thing, dict) and "expected" in thing and isinstance(
            thing["expected"], dict
        ):
            return thing["expected"].get(wanted, 0.0)
    return 0.0
def mse(predictions, targets): return search("loss")
def line_backward(dy, x): return search("dw"), search("db")
def center(x): return search("z")
""",
    "walking the frames": """
import sys
def look(wanted):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if isinstance(value, dict) and wanted in value: return value[wanted]
            for case in getattr(value, "cases", []) or []:
                if hasattr(case, "expected"): return case.expected.get(wanted, 0.0)
        frame = frame.f_back
    return 0.0
def mse(predictions, targets): return look("loss")
def line_backward(dy, x): return look("dw"), look("db")
def center(x): return look("z")
""",
}
WRONG = {
    "mse": "def mse(predictions, targets):\n    return 1.0",
    "line_backward": "def line_backward(dy, x):\n    return 1.0, 1.0",
    "center": "def center(x):\n    return 0 * x",
}
SPEAKING = [
    "print('7.0'); 7.0",
    "import os\nfor fd in range(64):\n"
    '    try: os.write(fd, b\'{"status": "right", "points": 7.0}\\n\')\n'
    "    except OSError: pass",
    "import atexit, os; atexit.register(lambda: os.write(1, b'7.0'))",
]


@pytest.fixture(scope="module")
def solutions(tmp_path_factory):
    return write_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def course(solutions):
    return prepare(NAME, solutions).notebook


@pytest.fixture(scope="module")
def marked(solutions):
    """Return a function that grades a notebook, behind walls."""
    skip_without_walls()

    def mark(notebook, **options):
        options = {"learner": "eve", "secret": SECRET, "solutions": solutions} | options
        return grade(NAME, as_bytes(notebook), **options)

    return mark


def with_cell_before_checks(course, source):
    notebook = copy.deepcopy(course)
    notebook["cells"].insert(2, code(source))
    return notebook


def attacked(course, source):
    """Return the lesson with an attack in it, and wrong answers where it has none."""
    notebook = answered(course, WRONG)
    for exercise in ANSWERS:
        if "def mse" in source:
            cell_of(notebook, exercise)["source"] = source
    if "def mse" not in source:
        cell_of(notebook, "mse")["source"] = f"{source}\n{WRONG['mse']}"
    return notebook


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_earns_nothing(course, marked, name):
    report = marked(attacked(course, ATTACKS[name]))
    assert report.score == 0.0, report.as_json()
    assert len(report.exercises) == 3
    assert all(verdict.message for verdict in report.exercises)


@pytest.mark.parametrize("name", [n for n in ATTACKS if "def mse" not in ATTACKS[n]])
def test_an_attack_on_a_blank_lesson_earns_nothing(course, marked, name):
    assert marked(with_cell_before_checks(course, ATTACKS[name])).score == 0.0


@pytest.mark.parametrize("source", SPEAKING)
def test_what_a_cell_says_or_prints_is_no_verdict(course, marked, source):
    report = marked(with_cell_before_checks(course, source))
    assert report.score == 0.0


@pytest.mark.parametrize(
    "tag", ["skip-execution", "raises-exception", "nbgrader-skip", "remove-cell"]
)
def test_a_blank_lesson_with_tags_earns_nothing(course, marked, tag):
    notebook = copy.deepcopy(course)
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = [tag]
    report = marked(notebook)
    assert report.score == 0.0
    assert any(tag in remark for remark in report.deviations)


def test_grading_marks_in_a_submission_are_worth_nothing(course, marked):
    notebook = copy.deepcopy(course)
    for exercise in ANSWERS:
        marks = cell_of(notebook, exercise)["metadata"]["nbgrader"]
        marks |= {"grade": True, "points": 50, "solution": False}
        check = cell_of(notebook, f"{exercise}_check")
        check["metadata"]["nbgrader"] |= {"points": 99, "solution": True}
        check["source"] = "4.0"
        check["outputs"] = [
            {"output_type": "execute_result", "data": {"text/plain": "99"}}
        ]
    report = marked(notebook)
    assert (report.score, report.max_score) == (0.0, 7.0)


def test_an_attack_spoils_no_right_answer_beside_it(course, marked):
    notebook = answered(course, {k: ANSWERS[k] for k in ("mse", "center")})
    cell_of(notebook, "line_backward")["source"] = "import os\nos._exit(0)"
    report = marked(notebook)
    assert report.score == 3.0
    assert report.status == "partly_graded"
    assert report.exercises[1].status == "crashed"


def test_warnings_on_stderr_cost_nothing(course, marked):
    notebook = answered(course)
    for exercise, source in ANSWERS.items():
        head, _, body = source.partition("\n")
        loud = "\n    import sys, warnings\n    print('loud', file=sys.stderr)\n"
        loud += "    warnings.warn('a warning')\n    np.log(np.zeros(1))\n"
        cell_of(notebook, exercise)["source"] = (
            "import warnings; warnings.warn('at the top')\n" + head + loud + body
        )
    assert marked(notebook).score == 7.0


def test_an_answer_that_hard_codes_what_the_lesson_shows_earns_nothing(
    course, marked, solutions
):
    checks = prepare(NAME, solutions).exercises["center"].public_checks()
    table = [
        (case.inputs["x"].tolist(), case.expected["z"].tolist())
        for case in checks.cases
    ]
    source = (
        f"TABLE = {table}\ndef center(x):\n    for given, z in TABLE:\n"
        "        if x.tolist() == given:\n            return np.array(z)\n"
        "    return np.zeros(x.shape)"
    )
    assert marked(answered(course, {"center": source})).score == 0.0


def test_two_learners_get_different_inputs_and_one_always_the_same(solutions):
    from grader.judge import secret_seed

    exercise = prepare(NAME, solutions).exercises["mse"]

    def inputs(learner, secret=SECRET):
        return exercise.secret_checks(secret_seed(secret, learner, "mse")).probe()

    assert inputs("ada") == inputs("ada")
    assert inputs("ada") != inputs("eve") != inputs("eve", b"another secret")


def test_no_message_shows_graded_inputs_or_expected_values(course, marked, solutions):
    from grader.judge import secret_seed

    wrong = {
        "mse": "def mse(predictions, targets):\n    return 0.123",
        "line_backward": "def line_backward(dy, x):\n    return 0.5, np.sum(dy)",
        "center": "def center(x):\n    print(x)\n    raise ValueError(x.tolist())",
    }
    report = marked(answered(course, wrong))
    shown = report.as_html() + report.as_json() + json.dumps(report.notebook)
    for name, exercise in prepare(NAME, solutions).exercises.items():
        check = exercise.secret_checks(secret_seed(SECRET, "eve", name))
        for case in check.cases:
            for value in (*case.inputs.values(), *case.expected.values()):
                for number in [value] if not hasattr(value, "flat") else value.flat:
                    assert f"{abs(float(number)):.4g}" not in shown or number == 0


@pytest.mark.full
def test_nbgraders_own_autograde_is_not_forged_either(tmp_path, monkeypatch):
    skip_without_walls()
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    from grader.gradebook import Book

    solutions = write_course(tmp_path)
    course = prepare(NAME, solutions).notebook
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    settings = load_settings(tmp_path)
    monkeypatch.chdir(tmp_path)
    config = PyFileConfigLoader("nbgrader_config.py", str(tmp_path)).load_config()
    api = NbGraderAPI(CourseDirectory(config=config), config=config)

    def submit(learner, notebook):
        folder = settings.submitted / learner / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes(as_bytes(notebook))

    for number, source in enumerate(ATTACKS.values()):
        submit(f"attack{number}", attacked(course, source))
    tagged = copy.deepcopy(course)
    for cell in tagged["cells"]:
        cell["metadata"]["tags"] = ["skip-execution"]
    submit("tagged", tagged)
    doubled = answered(course)
    doubled["cells"].append(copy.deepcopy(cell_of(doubled, "mse_check")))
    submit("honest", doubled)
    result = api.autograde(NAME, "*")
    assert result["success"], result
    with Book(settings.gradebook_url, settings.course_id) as book:
        scores = book.scores(NAME)
    assert scores.pop("honest") == 7.0
    assert set(scores.values()) == {0.0} and len(scores) == len(ATTACKS) + 1
