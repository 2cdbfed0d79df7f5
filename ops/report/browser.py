"""Opens a page in an installed Chromium, and tells what went wrong there and how it looks."""

import json
import os
import select
import shutil
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_SECONDS = 60.0


class BrowserError(RuntimeError):
    """The browser does not start, or does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a page is looked at."""

    name: str
    width: int
    is_dark: bool = False
    is_print: bool = False


def find_browser() -> str | None:
    """An installed browser that can be asked, or None."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Browser:
    """Speaks the DevTools protocol over a pipe, as `--remote-debugging-pipe` has it."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._rest = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []

    def problems(self, page: Path, view: View, picture: Path | None = None) -> list[str]:
        """Open the page so, and give all that is wrong with it; with `picture`, take one too."""
        url = page.resolve().as_uri()
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Log", "Runtime", "Network"):
            self._call(f"{domain}.enable", session)
        self._dress(session, view)
        self._events.clear()
        self._call("Page.navigate", session, url=url)
        self._wait_for("Page.loadEventFired")
        looked = self._call("Runtime.evaluate", session, expression=_looking())["result"]
        if "value" not in looked:
            raise BrowserError(str(looked))
        found = [*_told(self._events, url), *json.loads(looked["value"])]
        if picture:
            shot = self._call(
                "Page.captureScreenshot", session, format="png", captureBeyondViewport=True
            )
            picture.write_bytes(b64decode(shot["data"]))
        self._call("Target.closeTarget", targetId=target)
        return found

    def _dress(self, session: str, view: View) -> None:
        self._call(
            "Emulation.setDeviceMetricsOverride",
            session,
            width=view.width,
            height=900,
            deviceScaleFactor=1,
            mobile=view.width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if view.is_dark else "light"}
        media = "print" if view.is_print else ""
        self._call("Emulation.setEmulatedMedia", session, media=media, features=[scheme])

    def _call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            self._events.append(answer)

    def _wait_for(self, method: str) -> None:
        while not any(event.get("method") == method for event in self._events):
            self._events.append(self._read())

    def _read(self) -> dict[str, Any]:
        deadline = time.monotonic() + _SECONDS
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(self._from, 1 << 16) if ready else b""
            if not piece:
                raise BrowserError("the browser gives no answer")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message


@contextmanager
def opened(program: str) -> Iterator[Browser]:
    """The browser, with a profile of its own, until the block is left."""
    theirs_in, to_browser = os.pipe()
    from_browser, theirs_out = os.pipe()
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        flags = ["--headless", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        flags += ["--no-first-run", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # it refuses to run with one as root
        # The protocol has fixed numbers for its two ends: 3 to read from, 4 to write to.
        shell = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
        process = subprocess.Popen(
            ["sh", "-c", shell, program, *flags],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield Browser(to_browser, from_browser)
        finally:
            process.terminate()
            process.wait(timeout=_SECONDS)
            os.close(to_browser)
            os.close(from_browser)


def _looking() -> str:
    return files("ops.report").joinpath("look.js").read_text(encoding="utf-8")


def _told(events: list[dict[str, Any]], url: str) -> Iterator[str]:
    """What the browser itself complained about, and what the page asked for besides itself."""
    for event in events:
        params = event.get("params", {})
        match event.get("method"):
            case "Log.entryAdded":
                yield f"the browser says: {params['entry']['text']}"
            case "Runtime.exceptionThrown" | "Runtime.consoleAPICalled":
                yield f"a script ran: {params}"
            case "Network.requestWillBeSent":
                asked = params["request"]["url"]
                if asked != url and not asked.startswith("data:"):
                    yield f"the page asks for {asked}"
