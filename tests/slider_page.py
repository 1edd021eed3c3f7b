"""A page of JupyterLab in which keys are pressed and painted pictures are timed."""

import time
from typing import NamedTuple

import numpy as np

BURST, GAP = 30, 1 / 30  # moves, and seconds between two of them
QUIET = 600  # milliseconds without a new picture: what was asked for is there

# A picture counts when the frame that shows it has been painted: one task after the
# animation frame that follows its arrival. Keys are timed by their own events.
METER = """cell => {
  window.meter?.stop();
  const area = cell.querySelector(".jp-Cell-outputArea");
  const log = {keys: [], paints: [], gone: 0, heights: []};
  const shown = () => {
    const image = area.querySelector("figure img, .jp-RenderedImage img");
    if (image) return image.src.length + image.src.slice(-60);
    return area.querySelector("figure")?.textContent ?? null;
  };
  let last = shown();
  const look = () => {
    const now = shown();
    if (now === null) { log.gone += 1; return; }
    if (now === last) return;
    last = now;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        log.paints.push([performance.now(), now]);
        log.heights.push(area.getBoundingClientRect().height);
      };
      channel.port2.postMessage(0);
    });
  };
  const observer = new MutationObserver(look);
  observer.observe(area, {subtree: true, childList: true, characterData: true,
                          attributes: true, attributeFilter: ["src"]});
  const key = event => log.keys.push(event.timeStamp);
  addEventListener("keydown", key, true);
  window.meter = {log, clear() { for (const name of ["keys", "paints", "heights"])
      log[name].length = 0; log.gone = 0; },
    stop() { observer.disconnect(); removeEventListener("keydown", key, true); }};
}"""
SETTLED = f"""() => {{
  const {{keys, paints}} = window.meter.log;
  const last = Math.max(keys.at(-1) ?? 0, paints.at(-1)?.[0] ?? 0);
  const session = window.jupyterapp.shell.currentWidget.sessionContext;
  const idle = session.kernelDisplayStatus === "idle";
  return idle && performance.now() - last > {QUIET};
}}"""


class Timing(NamedTuple):
    """How quickly a picture answers: milliseconds, and frames a second."""

    p50: float
    p95: float
    rate: float
    lag: float
    is_right: bool
    gone: int
    jump: float


def sweep(count, start, moves):
    """Return the direction of each move, +1 or -1, from end to end and back."""
    place, way, ways = start, 1, []
    for _ in range(moves):
        if not 0 <= place + way < count:
            way = -way
        place += way
        ways.append(way)
    return ways


def measure(page, cell, keys, count, start, moves):
    """Time single moves of a control that has the focus, then a burst of them.

    Parameters
    ----------
    page : playwright's page
    cell : its locator of the cell
    keys : tuple of two str
        The keys that move by -1 and by +1.
    count, start : int
        How many places the control has, and at which it stands.
    moves : int
    """
    page.evaluate(METER, cell.element_handle())
    ways = sweep(count, start, moves + BURST)
    waits = [_single(page, keys[way > 0]) for way in ways[:moves]]
    waits = [wait for wait in waits if wait is not None]
    clear(page)
    begin = time.perf_counter()
    for number, way in enumerate(ways[moves:]):
        time.sleep(max(0.0, begin + number * GAP - time.perf_counter()))
        page.keyboard.press(keys[way > 0])
    log = settle(page)
    pressed, painted = log["keys"], log["paints"]
    during = [at for at, _ in painted if at <= pressed[-1]]
    way = ways[-1]
    final = painted[-1][1] if painted else None
    return Timing(
        *(np.percentile(waits, [50, 95]) if waits else (np.nan, np.nan)),
        len(during) / (pressed[-1] - pressed[0]) * 1000,
        painted[-1][0] - pressed[-1] if painted else np.nan,
        final == _there_and_back(page, keys[way < 0], keys[way > 0]),
        log["gone"],
        float(np.ptp(log["heights"])) if painted else 0.0,
    )


def clear(page):
    """Forget what was timed so far."""
    page.evaluate("() => window.meter.clear()")


def settle(page):
    """Wait until no further picture comes; return what was timed."""
    page.wait_for_function(SETTLED, timeout=60_000, polling=50)
    return page.evaluate("() => window.meter.log")


def _single(page, key):
    """Press a key; return the milliseconds until the picture, None if it stayed."""
    clear(page)
    page.keyboard.press(key)
    page.wait_for_function(
        f"() => window.meter.log.paints.length || ({SETTLED})()", polling="raf"
    )
    page.wait_for_timeout(60)
    log = page.evaluate("() => window.meter.log")
    return log["paints"][0][0] - log["keys"][0] if log["paints"] else None


def _there_and_back(page, there, back):
    """Move one step and back, slowly; return the picture that stands there then."""
    page.keyboard.press(there)
    settle(page)
    page.keyboard.press(back)
    log = settle(page)
    return log["paints"][-1][1] if log["paints"] else None
