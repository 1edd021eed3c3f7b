"""Processes that end with their parent, and locks that end with their holder."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest
from test_watch import until

from course_lib.file_lock import file_lock
from course_lib.settings import ROOT

UP = "print('up', sys.argv[1:], flush=True); "
GENTLE = f"import sys, time; {UP} time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + GENTLE


def on_a_lifeline(folder, code, *arguments, grace=None):
    """Start `code` as a module on a lifeline, and wait until it is up."""
    (folder / "on_it.py").write_text(code)
    start = (
        f"import course_lib.lifeline as it; it.hold.__defaults__ = ({grace or 8},); "
    )
    start += f"it.main({['on_it', *arguments]!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", start],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, process.stdout.readline()


def test_a_module_on_a_lifeline_gets_its_arguments(tmp_path):
    process, said = on_a_lifeline(tmp_path, GENTLE, "--port", "1")
    assert said == "up ['--port', '1']\n"
    process.kill()
    process.wait()


def test_it_ends_when_its_parent_lets_go(tmp_path):
    process, _ = on_a_lifeline(tmp_path, GENTLE)
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(20) != 0


def test_one_that_does_not_want_to_end_is_ended(tmp_path):
    process, _ = on_a_lifeline(tmp_path, STUBBORN, grace=0.2)
    process.stdin.close()
    assert process.wait(20) == 1


def test_a_module_that_ends_by_itself_keeps_its_exit_code(tmp_path):
    process, _ = on_a_lifeline(tmp_path, f"import sys; {UP} sys.exit(3)")
    assert process.wait(20) == 3


def test_a_lock_has_one_holder_at_a_time(tmp_path):
    lock = tmp_path / "lock"
    with file_lock(lock) as held:
        assert held
        with file_lock(lock, wait=False) as second:
            assert not second
    with file_lock(lock, wait=False) as free:
        assert free


@pytest.mark.skipif(sys.platform == "win32", reason="kills as Linux and macOS do")
def test_a_killed_holder_gives_its_lock_back(tmp_path):
    code = """
        import sys, time
        from course_lib.file_lock import file_lock
        with file_lock(sys.argv[1]):
            print("held", flush=True)
            time.sleep(600)
    """
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), tmp_path / "lock"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    holder.stdout.readline()
    waited = []
    with file_lock(tmp_path / "lock", wait=False) as held:
        assert not held
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    def free():
        with file_lock(tmp_path / "lock", wait=False) as held:
            return held

    until(free, 10)
    with file_lock(tmp_path / "lock", on_wait=lambda: waited.append(1)) as held:
        assert held and not waited
