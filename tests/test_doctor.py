"""The doctor breaks what can be broken, and nothing else: here, elsewhere, unwalled."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import grader.worker
from grader import doctor
from grader.worker import WallsMissing, Worker

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def worker():
    with Worker("required") as worker:
        try:
            worker.run([], {})
        except WallsMissing as error:
            pytest.skip(str(error))
        yield worker


@pytest.mark.full
def test_every_limit_holds_against_the_doctor(worker):
    assert [row for row in doctor.doctor() if not row.held] == []


@pytest.mark.full
def test_the_doctor_sees_what_does_not_hold(monkeypatch):
    monkeypatch.setattr(grader.worker, "_can_fork_safely", lambda: False)
    tried = {"start programs and processes", "read solutions, checks, the class, home"}
    trials = [trial for trial in doctor._trials(port=1) if trial.tried in tried]
    rows = [doctor._run(trial, Worker("if possible")) for trial in trials]
    assert [row.held for row in rows] == [False, False]


DOCTOR = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    "from grader.doctor import doctor\n"
    "print(*(f'{r.held} {r.tried}: {r.note}' for r in doctor()), sep='\\n')"
)


def doctor_after(steps, *launcher):
    """Run the doctor in another process, after steps of a shell; return its lines."""
    script = " && ".join(steps) + ' "$@"'
    command = [*launcher, "sh", "-ec", script, "sh", sys.executable, "-c", DOCTOR]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


needs_setpriv = pytest.mark.skipif(
    not shutil.which("setpriv"), reason="No setpriv: apt-get install util-linux"
)


@pytest.mark.full
@pytest.mark.skipif(os.getuid() != 0, reason="Only root can become another user.")
@needs_setpriv
def test_every_limit_holds_for_an_ordinary_user(worker, tmp_path):
    # The interpreter may lie in root's home: show it to the other user, in a mount
    # namespace of this test's own.
    home, base, steps = Path.home(), Path(sys.base_prefix), []
    if base.is_relative_to(home):
        held = tmp_path / "base"
        steps = [
            f"mkdir {held}",
            f"mount --bind {base} {held}",
            f"mount -t tmpfs -o mode=755 none {home}",
            f"mkdir -p {base}",
            f"mount --bind {held} {base}",
        ]
    user = "setpriv --reuid=54321 --regid=54321 --clear-groups"
    steps.append(
        f"exec {user} env HOME=/nonexistent MPLCONFIGDIR={tempfile.gettempdir()}"
    )
    lines = doctor_after(steps, "unshare", "--mount")
    assert lines[0].startswith("True raise walls: namespaces")
    assert [line for line in lines if not line.startswith("True")] == []


@pytest.mark.full
@needs_setpriv
def test_without_namespaces_only_the_size_of_the_scratch_is_open(worker):
    forbid = "echo 0 > /proc/sys/user/max_user_namespaces"
    drop = "exec setpriv --bounding-set=-all --inh-caps=-all"
    lines = doctor_after([forbid, drop], "unshare", "--user", "--map-root-user")
    assert lines[0].startswith("False raise walls")
    assert "max_user_namespaces" in lines[0]
    broken = [line for line in lines if line.startswith("False")]
    assert [line.partition(":")[0] for line in broken[1:]] == [
        "False write 100 MB to disk",
        "False make 10,000 files",
    ]
