"""A headless Chromium, driven by the WebDriver protocol: HTTP and JSON."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

from bed import LIMIT_S, free_port, wait_for

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
SHOWN = "[...document.querySelectorAll(arguments[0])]" \
    ".map((e) => e.textContent)"
TAB, ENTER, SPACE = "\ue004", "\ue007", "\ue00d"


class WrongAnswer(Exception):
    pass


class Browser:
    def __init__(self, width=1600, height=1000):
        self.folder = tempfile.mkdtemp(prefix="xb.")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.session = None
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(os.environ, HOME=self.folder, TMPDIR=self.folder))
        wait_for("chromedriver", self._is_up)
        arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update",
            "--force-color-profile=srgb", f"--window-size={width},{height}",
            f"--user-data-dir={self.folder}/profile"]
        self.session = self._call("POST", "/session", {"capabilities": {
            "alwaysMatch": {
                "browserName": "chrome",
                "goog:loggingPrefs": {"browser": "ALL"},
                "goog:chromeOptions": {"args": arguments}}}})["sessionId"]
        self.prefer("light")
        self.resize(width, height)

    def _is_up(self):
        try:
            return self._call("GET", "/status")["ready"]
        except OSError:
            return False

    def _call(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            with error:
                raise WrongAnswer(error.read().decode()[:400]) from None

    def _ask(self, path, body=None, method="POST"):
        return self._call(method, f"/session/{self.session}{path}", body)

    def cdp(self, command, **parameters):
        return self._ask("/goog/cdp/execute",
                         {"cmd": command, "params": parameters})

    def prefer(self, scheme):
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}])
        self.wait(scheme, "return matchMedia(`(prefers-color-scheme: "
                  "${arguments[0]})`).matches", scheme)

    def resize(self, width, height):
        """Of what is shown, not of a window, which has a least width."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width,
                 height=height, deviceScaleFactor=1, mobile=width < 500)
        self.wait(f"a width of {width}", "return innerWidth === arguments[0]",
                  width)
        self.frame()

    def frame(self):
        """Until what observes sizes has seen them."""
        self.run("return new Promise((done) => requestAnimationFrame(() => "
                 "requestAnimationFrame(() => done(true))))")

    def open(self, url):
        self._ask("/url", {"url": url})

    def run(self, script, *arguments):
        """The value of a function's body in the page."""
        return self._ask("/execute/sync",
                         {"script": script, "args": list(arguments)})

    def find(self, selector):
        return self._ask("/element", {"using": "css selector",
                                      "value": selector})[ELEMENT]

    def click(self, selector):
        self._ask(f"/element/{self.find(selector)}/click", {})

    def write(self, selector, text):
        self._ask(f"/element/{self.find(selector)}/value", {"text": text})

    def clear(self, selector):
        self._ask(f"/element/{self.find(selector)}/clear", {})

    def text(self, selector):
        return self._ask(f"/element/{self.find(selector)}/text", method="GET")

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys
                   for kind in ("keyDown", "keyUp")]
        self._ask("/actions", {"actions": [
            {"type": "key", "id": "keys", "actions": actions}]})

    def wait(self, what, script, *arguments):
        return wait_for(what, lambda: self.run(script, *arguments))

    def wait_text(self, selector, *texts):
        """For an element with all of them."""
        try:
            self.wait(f"{texts} at {selector}", f"return {SHOWN}.some((has) =>"
                      " arguments[1].every((t) => has.includes(t)))",
                      selector, texts)
        except AssertionError as error:
            shown = ascii(self.run(f"return {SHOWN}", selector))[-1000:]
            raise AssertionError(f"{error}: {shown}") from None

    def messages(self):
        """What the console has got since the last time."""
        return [m["message"] for m in self._ask("/se/log",
                                                {"type": "browser"})]

    def screenshot(self, path, top=0, height=None):
        """Of the whole page, or of so many pixels of it."""
        size = self.run("const e = document.documentElement; "
                        "return [e.clientWidth, e.scrollHeight]")
        shot = self.cdp("Page.captureScreenshot", format="png",
                        captureBeyondViewport=True, clip={
                            "x": 0, "y": top, "width": size[0],
                            "height": height or size[1], "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def close(self):
        try:
            if self.session:
                self._ask("", method="DELETE")
        finally:
            self.driver.terminate()
            self.driver.wait()
            shutil.rmtree(self.folder, ignore_errors=True)
