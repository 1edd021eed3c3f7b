"""Forging the verdict: attempts to earn points without an answer."""

import copy
import json
import math
import random
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from attack_lab import (
    HASTY,
    LIMITS,
    SECRET,
    Attack,
    beside,
    doubled,
    edited,
    every,
    forging,
)
from small_course import (
    ANSWERS,
    NAME,
    POINTS,
    answered,
    as_bytes,
    cell_of,
    code,
    write_course,
)

from course_lib.settings import ROOT, load_settings
from course_lib.values import Given, Opaque, pack
from grader.judge import judge_exercise, secret_seed
from grader.prepared import prepare
from grader.runs import ProbeRun

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:Warning")  # nbgrader's
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
# Answers a probe with outputs of the attacker's choice.
FORGED = (
    PATCHED
    + """
def forged(packed, value=0.0, **more):
    probe = course_lib.values.unpack(packed)
    return course_lib.values.pack([
        {"outputs": {name: value for name in probe["outputs"]}, "failure": None,
         "changed": [], "repeats": True, "used": [], **more}
        for case in probe["cases"]
    ])
"""
)
# Replies to every command with bytes of the attacker's choice.
SENDING = """
from grader import shell
def send(self, command, message):
    if command["do"] == "cell":
        return shell.reply(self._control, command, PAYLOAD)
    return true_reply(self, command, message)
true_reply, shell._Session._reply = shell._Session._reply, send
"""


def returning(value, tries, **options):
    """Return an attack whose three functions give one value."""
    head = "import numpy as np\n"
    return forging(
        tries,
        answers={
            "mse": f"{head}def mse(predictions, targets):\n    return {value}",
            "line_backward": f"def line_backward(dy, x):\n    return {value}, {value}",
            "center": f"def center(x):\n    return {value}",
        },
        **options,
    )


def defining(source, tries, **options):
    """Return an attack in which one cell defines all three functions."""
    blank = dict.fromkeys(("line_backward", "center"), "")
    return forging(tries, answers={"mse": source, **blank}, **options)


ATTACKS = {
    # --- what IPython lets a cell change
    "displayhook": forging(
        "award points through the hook that shows a cell's value",
        "get_ipython().displayhook(4.0)\n7.0",
    ),
    "input transformer": forging(
        "rewrite the check cells before Python reads them",
        """
def to_four(lines):
    return ["4.0\\n"] if any("check(" in line for line in lines) else lines
get_ipython().input_transformers_cleanup.append(to_four)
get_ipython().input_transformers_post.append(to_four)
""",
    ),
    "ast transformer": forging(
        "rewrite the check cells after Python has read them",
        """
import ast
class ToFour(ast.NodeTransformer):
    def visit_Call(self, node):
        return ast.Constant(4.0)
    def visit_Raise(self, node):
        return ast.Return(ast.Constant(1.0))
get_ipython().ast_transformers.append(ToFour())
""",
    ),
    "shell events": forging(
        "run code of its own around every cell",
        """
def award(*_):
    get_ipython().user_ns["check"] = lambda function: 4.0
    print("7.0")
for event in ("pre_run_cell", "post_run_cell", "pre_execute", "post_execute"):
    get_ipython().events.register(event, award)
""",
    ),
    # --- what lies in the same process
    "patched numpy": forging(
        "have NumPy find everything equal",
        PATCHED
        + """
np.allclose = np.array_equal = np.isclose = np.all = yes
np.testing.assert_allclose = np.testing.assert_array_equal = nothing
numpy.testing.assert_allclose = nothing
np.abs = lambda x: np.zeros(1)
""",
    ),
    "patched checks": forging(
        "replace the functions that compare and judge",
        PATCHED
        + """
course_lib.checks.check = nothing
course_lib.checks.verdict_on = yes
course_lib.judging.judge = yes
course_lib.comparisons.agree = course_lib.comparisons.close = yes
course_lib.verdicts.Verdict.is_right = True
check = nothing
""",
    ),
    "patched probes": forging(
        "replace the function that answers a probe",
        FORGED
        + """
course_lib.probes.answer = lambda packed, namespace: forged(packed)
course_lib.probes.pack = lambda value: b"same"
for module in list(sys.modules.values()):
    if getattr(module, "answer", None) is not None:
        module.answer = lambda packed, namespace: forged(packed)
""",
    ),
    "patched builtins": forging(
        "have Python find everything true",
        PATCHED
        + """
builtins.all = builtins.any = builtins.isinstance = yes
builtins.abs = lambda x: 0
builtins.AssertionError = builtins.NotImplementedError = ()
""",
    ),
    "patched import": forging(
        "hand out modules of its own from now on",
        PATCHED
        + """
import types
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None): return None
sys.meta_path.insert(0, Finder)
builtins.__import__ = lambda *arguments, **options: types.SimpleNamespace(check=yes)
sys.modules["course_lib.checks"] = types.SimpleNamespace(check=yes)
""",
    ),
    "patched random generators": forging(
        "make the secret inputs predictable",
        """
import random, numpy as np
class Zeros:
    def __getattr__(self, name): return lambda *a, size=(), **o: np.zeros(size)
np.random.default_rng = lambda *a: Zeros()
np.random.Generator = np.random.PCG64 = np.random.SeedSequence = Zeros
np.random.seed(0); random.seed(0)
random.random = np.random.rand = np.random.normal = lambda *a, **o: 0.0
""",
    ),
    "fork hook": forging(
        "wake up in the fork that answers a probe",
        FORGED
        + """
import os
def wake():
    import grader.shell
    grader.shell._answer = lambda packed, namespace: forged(packed)
os.register_at_fork(after_in_child=wake, before=wake, after_in_parent=wake)
""",
    ),
    "trace functions": forging(
        "change the values of whatever runs, line by line",
        """
import sys, threading
def trace(frame, event, argument):
    for name in ("points", "max_points", "wrong"):
        if name in frame.f_locals: frame.f_locals[name] = []
    return trace
sys.settrace(trace); sys.setprofile(lambda *a: None); threading.settrace(trace)
""",
    ),
    # --- lying on the way out
    "a score in the report": forging(
        "send a score in place of an answer",
        PATCHED
        + """
course_lib.probes.answer = lambda packed, namespace: course_lib.values.pack(
    {"score": 7.0, "status": "right", "points": 7.0, "verdict": "right"}
)
import grader.shell
grader.shell._answer = course_lib.probes.answer
""",
    ),
    "patched message channel": forging(
        "replace what the grader's process sends",
        FORGED
        + """
import grader.channel, grader.shell
true_reply = grader.channel.reply
def lying(sock, command, payload):
    if command["do"] == "answer":
        payload = course_lib.values.pack([{"points": 7.0, "score": 7.0}])
    true_reply(sock, command, payload)
grader.channel.reply = grader.shell.reply = lying
""",
        says={"mse": "could not be read"},
    ),
    "a reply of nested lists": forging(
        "have the grader's reader of replies call itself for ever",
        SENDING.replace(
            "PAYLOAD",
            """b'{"outputs": [{"output_type": "display_data", "metadata": {"a": '
            + b"[" * 950 + b"]" * 950 + b"}}]}" """,
        ),
    ),
    "a reply of millions of lists": forging(
        "fill the grader's memory with a reply of empty lists",
        SENDING.replace(
            "PAYLOAD", """b'{"outputs": [[]' + b",[]" * 400_000 + b"]}" """
        ),
    ),
    "a reply of odd values": forging(
        "send numbers, letters and names that no notebook can hold",
        SENDING.replace(
            "PAYLOAD",
            """b'{"status": 7, "count": 1e999, "updates": [[true, 0, {}, 1], 5], '
            b'"outputs": [{"output_type": "execute_result", "execution_count": -1, '
            b'"data": {"text/plain": NaN, "application/json": {"a": Infinity}}}, '
            b'{"output_type": "stream", "name": [], "text": "\\ud800"}]}' """,
        ),
    ),
    "answers ahead of time": forging(
        "answer every probe before it is asked, with every token in sight",
        FORGED
        + """
import gc, os, socket, struct
fake = b'{"status": "ok", "outputs": [], "points": 7.0}'
def tokens():
    for thing in gc.get_objects():
        if isinstance(thing, dict) and isinstance(thing.get("token"), str):
            yield bytes.fromhex(thing["token"])
for fd in range(3, 64):
    for token in [*tokens(), bytes(16)]:
        try: os.write(fd, token + struct.pack("<Q", len(fake)) + fake)
        except OSError: break
""",
    ),
    "protocol lines everywhere": forging(
        "write verdicts on every file descriptor",
        """
import os
for fd in range(256):
    try: os.write(fd, b'{"status": "right", "points": 7.0, "score": 7.0}\\n')
    except OSError: pass
""",
    ),
    "a thread on the channel": forging(
        "read the questions and answer them from a thread",
        FORGED
        + """
import os, stat, struct, json, threading
def listen(fd):
    while True:
        try: data = os.read(fd, 1 << 16)
        except OSError: return
        header, _, body = data[8:].partition(b"\\n")
        try: token = bytes.fromhex(json.loads(header)["token"])
        except (ValueError, KeyError): continue
        answer = forged(body, 1.0) if body else b"ready"
        os.write(fd, token + struct.pack("<Q", len(answer)) + answer)
for fd in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            threading.Thread(target=listen, args=(fd,), daemon=True).start()
    except OSError: pass
""",
        limits=replace(LIMITS, probe_seconds=0.2, submission_seconds=2.0),
    ),
    "threads that swap functions": forging(
        "put other functions in place while a check runs",
        """
import threading
def swap():
    while True:
        for name in ("mse", "line_backward", "center", "check"):
            globals()[name] = lambda *a: (0.0, 0.0)
for _ in range(3): threading.Thread(target=swap, daemon=True).start()
""",
    ),
    "printing at exit": forging(
        "print a score when the process ends",
        "import atexit, os, sys\natexit.register(lambda: os.write(1, b'7.0'))\n"
        "sys.exitfunc = lambda: print(7.0)\nprint('7.0'); 7.0",
    ),
    # --- objects that lie
    "always equal": defining(
        """
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
        "return an object that is equal to anything",
    ),
    "an array that agrees": defining(
        """
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
        "return a subclass of ndarray that agrees with anything",
    ),
    "a class that claims to be float": returning(
        "type('float', (float,), {'__class__': float, "
        "'__eq__': lambda *a: True, '__sub__': lambda *a: 0.0})(0.5)",
        "return a subclass of float that is near everything",
    ),
    "masked": returning(
        "np.ma.masked_all(x.shape if 'x' in dir() else 5)",
        "return arrays whose every entry is masked",
    ),
    "text of the answer": returning("'expected'", "return the word for the answer"),
    "a forged stand-in": returning(
        "__import__('course_lib.values').values.Given('quadratic', {})",
        "return a function of the course's own by name",
    ),
    # --- scores that are no scores
    "not a number": returning("np.nan", "pass every comparison with NaN"),
    "infinite": returning("np.inf", "be larger than any error"),
    "negative": returning("-1.0", "earn by a negative number"),
    "huge": returning("10.0**308", "earn by a huge number"),
    "a number of four hundred digits": returning(
        "10**400", "break the grader with a number that no float holds"
    ),
    "a number of five thousand digits": returning(
        "10**5000", "break the channel with a number that Python will not print"
    ),
    "too many numbers": returning(
        "[0] * 3_000_000",
        "have the grader take ages and gigabytes to compare",
        limits=HASTY,
    ),
    "a long name": returning(
        "{('<b>' + 'x' * 300_000): 1.0}", "fill the report with a name of its own"
    ),
    "a list in itself": returning(
        "(lambda l: l.append(l) or l)([])", "send the grader round in circles"
    ),
    "an endless failure": forging(
        "fill the report through what a probe says of an exception",
        FORGED
        + """
import grader.shell
text = "\\x1b]0;owned\\x07<script>" + "y" * 100_000
failure = {"kind": "raised", "function": text, "type": text, "text": text,
           "line": text, "code": text, "inside": text}
grader.shell._answer = lambda packed, namespace: forged(packed, failure=failure)
""",
    ),
    "a failure of odd types": forging(
        "break the grader with values of other types in a probe's report",
        FORGED
        + """
import grader.shell
odd = {"kind": ["raised"], "function": {}, "type": [[]], "line": {"a": 1}, "code": 5}
grader.shell._answer = lambda packed, namespace: forged(
    packed, failure=odd, used=[[], {}, None, 5], changed=[{}, [1]]
)
""",
    ),
    # --- looking for what is expected
    "reading the checks": defining(
        """
import os
found = []
for folder, _, names in os.walk("/"):
    found += [os.path.join(folder, n) for n in names if n in ("checks.py", "secret")]
from grader.exercises import load_lesson
answers = load_lesson("01_small").exercises
def mse(predictions, targets): return answers["mse"].reference(predictions, targets)
def line_backward(dy, x): return answers["line_backward"].reference(dy, x)
def center(x): return answers["center"].reference(x)
""",
        "load the exercises' references from the grader's own modules",
    ),
    "replaying the public answers": defining(
        """
import numpy as np
from course_lib.check_data import load_checks
def replay(name, position):
    return lambda *inputs: load_checks("checks.npz", name).cases[0].expected
def mse(predictions, targets): return replay("mse", 0)()["loss"]
def line_backward(dy, x): return tuple(replay("line_backward", 0)().values())
def center(x): return replay("center", 0)()["z"]
""",
        "return what the lesson's own checks expect",
    ),
    "searching the memory": defining(
        """
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
        "find the expected values among all objects",
    ),
    "reading raw memory": defining(
        """
def hunt():
    found = []
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            low, _, rest = line.partition("-")
            if " rw" not in line or len(found) > 3: continue
            memory.seek(int(low, 16))
            data = memory.read(min(int(rest.split()[0], 16) - int(low, 16), 1 << 20))
            if (place := data.find(b"expected")) >= 0: found.append(data[place:][:99])
    return found
try: hunt()
except OSError: pass
def mse(predictions, targets): return 0.0
def line_backward(dy, x): return 0.0, 0.0
def center(x): return x * 0
""",
        "find the expected values in the bytes of the process",
    ),
    "walking the frames": defining(
        """
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
        "find the expected values in the functions that called",
    ),
}
QUICK = [
    "displayhook",
    "input transformer",
    "patched probes",
    "a score in the report",
    "patched message channel",
    "answers ahead of time",
    "protocol lines everywhere",
    "threads that swap functions",
    "always equal",
    "an array that agrees",
    "not a number",
    "too many numbers",
    "replaying the public answers",
    "walking the frames",
]
HARMLESS_TO_RIGHT_ANSWERS = [
    "displayhook",
    "input transformer",
    "shell events",
    "protocol lines everywhere",
    "answers ahead of time",
    "printing at exit",
]


@every(ATTACKS, QUICK)
def test_an_attack_earns_nothing(lab, attack):
    lab.must_fail(attack)


@pytest.mark.full
@pytest.mark.parametrize(
    "name", [n for n, a in ATTACKS.items() if a.cell and a.limits == LIMITS]
)
def test_an_attack_on_a_blank_lesson_earns_nothing(lab, name):
    lab.must_fail(Attack(ATTACKS[name].tries, ATTACKS[name].cell))


@pytest.mark.full
@pytest.mark.parametrize("name", HARMLESS_TO_RIGHT_ANSWERS)
def test_an_attack_that_breaks_nothing_costs_no_right_answer(lab, name):
    lab.must_fail(beside(ATTACKS[name].tries, ATTACKS[name].cell))


def test_what_a_cell_displays_before_a_check_is_no_verdict(lab):
    lab.must_fail(Attack("leave points as the last value", "print('7.0'); 7.0"))


@pytest.mark.parametrize(
    "tag", ["skip-execution", "raises-exception", "nbgrader-skip", "remove-cell"]
)
def test_a_blank_lesson_with_tags_earns_nothing(lab, tag):
    def put_tag(cell):
        cell["metadata"]["tags"] = [tag]

    lab.must_fail(
        Attack("have nbclient pass over it", edit=edited(put_tag), says={"file": tag})
    )


def test_grading_marks_in_a_submission_are_worth_nothing(lab):
    def promote(notebook):
        for exercise in ANSWERS:
            marks = cell_of(notebook, exercise)["metadata"]["nbgrader"]
            marks |= {"grade": True, "points": 50, "solution": False, "task": True}
            check = cell_of(notebook, f"{exercise}_check")
            check["metadata"]["nbgrader"] |= {"points": 99, "solution": True}
            check["source"] = "4.0"
            check["outputs"] = [
                {"output_type": "execute_result", "data": {"text/plain": "99"}}
            ]

    lab.must_fail(
        Attack("declare points of its own", edit=promote, says={"file": "marks of"})
    )


def test_a_report_that_a_submission_brings_along_is_thrown_away(lab):
    def bring(notebook):
        verdicts = [
            {"exercise": e, "points": p, "max_points": p, "status": "right"}
            for e, p in POINTS.items()
        ]
        report = {"status": "graded", "score": 7.0, "exercises": verdicts}
        notebook["metadata"]["course"] = {"report": report}

    report = lab.must_fail(Attack("arrive already graded", edit=bring))
    stored = report.notebook["metadata"]["course"]["report"]
    assert stored["score"] == 0.0


def test_warnings_on_stderr_cost_nothing(lab):
    answers = {}
    for exercise, source in ANSWERS.items():
        head, _, body = source.partition("\n")
        loud = "\n    import sys, warnings\n    print('loud', file=sys.stderr)\n"
        loud += "    warnings.warn('a warning')\n    np.log(np.zeros(1))\n"
        top = "import warnings; warnings.warn('at the top')\n"
        answers[exercise] = top + head + loud + body
    lab.must_fail(Attack("nothing: it is loud", answers=answers, earns=7.0))


# --- inputs that nobody can know before


def test_two_learners_get_different_inputs_and_one_always_the_same(lab):
    exercise = prepare(NAME, lab.solutions).exercises["mse"]

    def inputs(learner, secret=SECRET, written=""):
        seed = secret_seed(secret, learner, "mse", written)
        return exercise.secret_checks(seed).probe()

    assert inputs("ada") == inputs("ada")
    assert inputs("ada") != inputs("eve") != inputs("eve", b"another secret")
    assert inputs("ada") != inputs("ada", written="another answer")


SPY = """
import numpy as np
seen = open("seen.txt", "a")
def center(x):
    seen.write(repr(x.tolist()) + "\\n"); seen.flush()
    return x
"""
SHOW = "print(open('seen.txt').read())"


def test_graded_inputs_that_a_submission_shows_are_of_no_use_to_the_next(lab):
    notebook = answered(lab.course, {"center": SPY})
    notebook["cells"].append(code(SHOW))
    report, _ = lab.grade(notebook)
    shown = report.notebook["cells"][-1]["outputs"][0]["text"].splitlines()
    inputs = [json.loads(line) for line in shown if line]
    assert len(inputs) > 3  # what it learnt is real
    table = [(x, [v - sum(x) / len(x) for v in x]) for x in inputs]
    source = (
        f"import numpy as np\nTABLE = {table}\ndef center(x):\n"
        "    for given, z in TABLE:\n        if x.tolist() == given:\n"
        "            return np.array(z)\n    return x * 0"
    )
    lab.must_fail(Attack("answer from a table", answers={"center": source}))


def test_no_message_shows_graded_inputs_or_expected_values(lab):
    wrong = {
        "mse": "def mse(predictions, targets):\n    return 0.123",
        "line_backward": "def line_backward(dy, x):\n    return 0.5, np.sum(dy)",
        "center": "def center(x):\n    print(x)\n    raise ValueError(x.tolist())",
    }
    report, _ = lab.grade(answered(lab.course, wrong))
    page = re.sub("<style.*?</style>", "", report.as_html(), flags=re.DOTALL)
    shown = page + report.as_json() + json.dumps(report.notebook)
    shown = re.sub(r'seconds\\?": [\d.]+', "", shown)  # may be anything
    written = "\0".join(wrong.values())
    for name, exercise in prepare(NAME, lab.solutions).exercises.items():
        check = exercise.secret_checks(secret_seed(SECRET, "eve", name, written))
        for case in check.cases:
            for value in (*case.inputs.values(), *case.expected.values()):
                for number in [value] if not hasattr(value, "flat") else value.flat:
                    assert f"{abs(float(number)):.4g}" not in shown or number == 0


# --- the judge alone, on whatever a process may send


@pytest.mark.parametrize("seed", range(3))
def test_the_judge_has_a_verdict_on_anything_that_is_sent(lab, seed):
    rng = random.Random(seed)
    for exercise in prepare(NAME, lab.solutions).exercises.values():
        expected = exercise.secret_checks(1, with_mistakes=False).cases
        for _ in range(60):
            reports = [odd_report(rng, case.expected) for case in expected]
            probe = ProbeRun("answered", pack(reports))
            verdict = judge_exercise(exercise, 1, probe)
            assert 0 <= verdict.points <= verdict.max_points
            assert verdict.is_right or verdict.message
            assert verdict.as_text() and verdict.as_html()


ODD = [
    None, True, 0, -1, 10**400, math.nan, math.inf, 1e308, "", "x" * 999, 1j,
    np.float32(1), np.bool_(True), np.longdouble(1), np.uint64(2**64 - 1), np.zeros(0),
    np.zeros((0, 3)), np.ones(()), np.full(3, np.nan), np.array([True]), np.array([1j]),
    Given("quadratic", {}), Opaque("<script>"), [], {}, (), [1, 2], {"": None}, [[[]]],
]  # fmt: skip


def odd_report(rng, expected):
    """Return a probe's report with odd values in some of its places."""

    def perhaps(value):
        return rng.choice(ODD) if rng.random() < 0.3 else value

    keys = ("kind", "function", "type", "text", "line", "code", "inside")
    failure = {key: perhaps("raised") for key in keys if rng.random() < 0.8}
    return {
        "outputs": {n: perhaps(v) for n, v in expected.items() if rng.random() < 0.95},
        "failure": failure if rng.random() < 0.1 else None,
        "changed": [perhaps("x")] if rng.random() < 0.1 else [],
        "repeats": rng.random() < 0.9,
        "used": [perhaps("f")] if rng.random() < 0.1 else [],
    }


# --- nbgrader's own command


@pytest.mark.full
def test_nbgraders_own_autograde_is_not_forged_either(tmp_path, monkeypatch, lab):
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    from grader.gradebook import Book

    write_course(tmp_path)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    settings = load_settings(tmp_path)
    monkeypatch.chdir(tmp_path)
    config = PyFileConfigLoader("nbgrader_config.py", str(tmp_path)).load_config()
    api = NbGraderAPI(CourseDirectory(config=config), config=config)

    def submit(learner, data):
        folder = settings.submitted / learner / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes(data)

    names = ["displayhook", "input transformer", "ast transformer", "always equal"]
    names += ["patched numpy", "not a number", "replaying the public answers"]
    for number, name in enumerate(names):
        submit(f"attack{number}", lab.submission(ATTACKS[name]))
    tagged = copy.deepcopy(lab.course)
    for cell in tagged["cells"]:
        cell["metadata"]["tags"] = ["skip-execution"]
    submit("tagged", as_bytes(tagged))
    twice = answered(lab.course)
    doubled(twice, "mse_check")
    submit("honest", as_bytes(twice))
    result = api.autograde(NAME, "*")
    assert result["success"], result
    with Book(settings.gradebook_url, settings.course_id) as book:
        scores = book.scores(NAME)
    assert scores.pop("honest") == 7.0
    assert set(scores.values()) == {0.0} and len(scores) == len(names) + 1
