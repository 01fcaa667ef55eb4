"""A headless Chromium, driven over its debugging protocol by the standard library alone.

Requests, answers and events are JSON, each ended by a zero byte, through two pipes that the browser finds at its
descriptors 3 and 4 (--remote-debugging-pipe). It exits when they close, so it cannot outlive us; what it left
behind is killed and its private directory removed when the Browser is left.

    with Browser() as browser:
        page = browser.new_page(1280, 800)
        page.open("r.html")
        page.click("header button")
        print(page.evaluate("document.title"), page.requests, page.complaints)
"""

import base64
import ctypes
import json
import os
import pathlib
import select
import shutil
import signal
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PATIENCE_S = 30
PR_SET_CHILD_SUBREAPER = 36

KEYS = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35, "Enter": 13, "Tab": 9}


class NoBrowser(Exception):
    pass


class BrowserFailed(Exception):
    pass


def find_browser():
    for name in NAMES:
        if path := shutil.which(name):
            return path
    raise NoBrowser("none of these is installed: " + ", ".join(NAMES))


class Browser:
    def __enter__(self):
        program = find_browser()
        self.directory = tempfile.mkdtemp(prefix="assay-browser-")
        self.log = os.path.join(self.directory, "stderr")
        # What the browser leaves behind becomes our child, so that it can be killed.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        theirs_in, self.out = os.pipe()
        self.into, theirs_out = os.pipe()
        flags = ["--headless", "--remote-debugging-pipe", "--user-data-dir=" + self.directory, "--no-first-run",
                 "--disable-gpu", "--disable-extensions", "--disable-background-networking", "--disable-component-update",
                 "--disable-breakpad", "--font-render-hinting=none"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")
        self.pid = os.posix_spawn(
            program, [program, *flags], {**os.environ, "HOME": self.directory}, setsid=True,
            file_actions=[(os.POSIX_SPAWN_DUP2, theirs_in, 3), (os.POSIX_SPAWN_DUP2, theirs_out, 4),
                          (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                          (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
                          (os.POSIX_SPAWN_OPEN, 2, self.log, os.O_WRONLY | os.O_CREAT, 0o600)])
        os.close(theirs_in)
        os.close(theirs_out)
        self.received, self.last_id, self.pages = b"", 0, {}
        return self

    def __exit__(self, *_):
        os.close(self.out)
        os.close(self.into)
        kill_children()
        shutil.rmtree(self.directory, ignore_errors=True)

    def new_page(self, width, height):
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = self.pages[session] = Page(self, session, target)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(domain + ".enable")
        page.resize(width, height)
        page.prefer("light")
        return page

    def call(self, method, parameters=None, session=None):
        self.last_id += 1
        asked = self.last_id
        request = {"id": asked, "method": method, "params": parameters or {}}
        if session:
            request["sessionId"] = session
        deadline = time.monotonic() + PATIENCE_S
        self.send(json.dumps(request).encode() + b"\0", method)
        while True:
            message = self.receive(deadline, method)
            if message.get("id") == asked:
                if "error" in message:
                    raise BrowserFailed(f"{method} {parameters}: {message['error']['message']}")
                return message["result"]

    def send(self, request, waiting_for):
        try:
            while request:
                request = request[os.write(self.out, request):]
        except BrokenPipeError:
            raise self.failure("the browser ended before " + waiting_for) from None

    # The next message; events are noted at their page on the way.
    def receive(self, deadline, waiting_for):
        while b"\0" not in self.received:
            if not select.select([self.into], [], [], max(0, deadline - time.monotonic()))[0]:
                raise self.failure(f"no answer to {waiting_for} within {PATIENCE_S} s")
            piece = os.read(self.into, 1 << 20)
            if not piece:
                raise self.failure("the browser ended during " + waiting_for)
            self.received += piece
        first, _, self.received = self.received.partition(b"\0")
        message = json.loads(first)
        if "method" in message and message.get("sessionId") in self.pages:
            self.pages[message["sessionId"]].note(message["method"], message["params"])
        return message

    def failure(self, what):
        return BrowserFailed(what + "\n" + pathlib.Path(self.log).read_text(errors="replace")[-2000:])


class Page:
    def __init__(self, browser, session, target):
        self.browser, self.session, self.target = browser, session, target
        self.forget()

    def forget(self):
        self.requests, self.complaints, self.dialogs, self.loaded = [], [], [], False

    def call(self, method, parameters=None):
        return self.browser.call(method, parameters, self.session)

    def close(self):
        del self.browser.pages[self.session]
        self.browser.call("Target.closeTarget", {"targetId": self.target})

    def note(self, event, what):
        if event == "Network.requestWillBeSent":
            self.requests.append(what["request"]["url"])
        elif event == "Log.entryAdded":
            self.complaints.append(what["entry"]["text"])
        elif event == "Runtime.consoleAPICalled":
            self.complaints.append(str([argument.get("value") for argument in what["args"]]))
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(str(what["exceptionDetails"]))
        elif event == "Page.javascriptDialogOpening":
            self.dialogs.append(what["message"])
        elif event == "Page.loadEventFired":
            self.loaded = True

    # A file, with "#..." after it or not. What the last one did is forgotten.
    def open(self, file, fragment=""):
        self.call("Page.navigate", {"url": "about:blank"})
        self.evaluate("1")
        self.forget()
        self.call("Page.navigate", {"url": pathlib.Path(file).resolve().as_uri() + fragment})
        deadline = time.monotonic() + PATIENCE_S
        while not self.loaded:
            self.browser.receive(deadline, f"the load of {file}")

    # From the first byte asked for until everything is laid out and drawn once.
    def load_ms(self, file):
        self.open(file)
        return self.evaluate("""new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))""")

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True,
                                                "userGesture": True})
        if "exceptionDetails" in answer:
            raise BrowserFailed(expression + ": " + str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def until(self, expression):
        deadline = time.monotonic() + PATIENCE_S
        while not self.evaluate(expression):
            if time.monotonic() > deadline:
                raise BrowserFailed(f"not within {PATIENCE_S} s: {expression}")
            time.sleep(0.01)

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride",
                  {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    # Motion is never wanted: smooth scrolling would make every position a matter of time.
    def prefer(self, scheme, media=""):
        self.call("Emulation.setEmulatedMedia", {"media": media, "features": [
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]})

    def allow_script(self, allowed):
        self.call("Emulation.setScriptExecutionDisabled", {"value": not allowed})

    def press(self, key):
        what = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        self.call("Input.dispatchKeyEvent", {"type": "rawKeyDown", **what})
        self.call("Input.dispatchKeyEvent", {"type": "keyUp", **what})

    # The pointer goes to the middle of the first element that the selector names.
    def point_at(self, selector, dx=0):
        x, y = self.evaluate(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{block: 'center', inline: 'center', behavior: 'instant'}});
            const box = element.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2]; }})()""")
        self.call("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x + dx, "y": y})
        return x + dx, y

    def click(self, selector):
        x, y = self.point_at(selector)
        for act in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", {"type": act, "x": x, "y": y, "button": "left", "clickCount": 1})

    def screenshot(self, file, width, height):
        self.resize(width, height)
        shot = self.call("Page.captureScreenshot", {"format": "png"})
        pathlib.Path(file).write_bytes(base64.b64decode(shot["data"]))


# What would end us without a word becomes Ctrl-C, so that the browser and its directory go, too.
def end_when_asked_to():
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)


# All that are there, and those that become ours as their parents end.
def kill_children():
    while True:
        for task in os.listdir("/proc/self/task"):
            for child in pathlib.Path(f"/proc/self/task/{task}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return
