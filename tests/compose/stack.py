"""The containers of deploy/compose.yaml as the tests see them: images, one
project of docker-compose with secrets of its own, and what becomes of jobs."""

import concurrent.futures
import json
import os
import platform
import shutil
import subprocess
import sys
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
DEPLOY = os.path.join(ROOT, "deploy")
LIMIT_S = 120
EXTENSIONS = (  # of the sample platform
    "extension-acme", "extension-borealis")


class Failure(Exception):
    """A test found what it should not."""


def expect(condition, sentence):
    if not condition:
        raise Failure(f"expected that {sentence}")


def wait_until(condition, sentence):
    """Returns what the condition gives once that is true."""
    deadline = time.monotonic() + LIMIT_S
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise Failure(f"waited in vain for: {sentence}")
        time.sleep(0.1)
    return value


def run(*command, check=True, **options):
    """Runs a command and returns it; with check its failure is one."""
    done = subprocess.run(command, text=True, capture_output=True, check=False,
                          **options)
    if check and done.returncode != 0:
        raise Failure(f"{' '.join(command)} ended with {done.returncode}:\n"
                      f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done


def docker(*words, **options):
    return run("docker", *words, **options).stdout.strip()


def why_not_here(suite):
    """What is missing here, or None."""
    if not shutil.which("docker") or run("docker", "info",
                                         check=False).returncode != 0:
        return "no docker engine"
    if run("docker", "image", "inspect", f"debian:{suite}-slim",
           check=False).returncode != 0:
        return f"no image debian:{suite}-slim"
    return None


class Images:
    """Built of this tree and of one Debian; removed in the end, unless
    $EXTQ_KEEP_IMAGES says to keep their layers for the next time."""

    def __init__(self, suite):
        self.suite, self.name = suite, f"extq-test-{suite}-{os.getpid()}"
        self.made = []

    def build(self, role, *words, **options):
        """The network of the host: the only one that some hosts have."""
        image = f"{self.name}-{role}"
        self.made.append(image)
        docker("build", "--network", "host", "--tag", image, "--build-arg",
               f"BASE=debian:{self.suite}-slim", *words, **options)
        return image

    def build_service(self):
        dockerfile = ("--file", os.path.join(DEPLOY, "Dockerfile"), ROOT)
        # Named, so that it can be removed.
        self.build("build", "--target", "build", *dockerfile)
        self.build("extq", *dockerfile)

    def build_all(self):
        around = os.path.join(DEPLOY, "compose")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            jobs = [pool.submit(self.build_service)] + [
                pool.submit(self.build, role, "--target", role, around)
                for role in ("redis", "platform")]
            for job in jobs:
                job.result()

    def build_compose(self):
        """docker-compose as this Debian has it."""
        return self.build("compose", "-", input=(
            f"FROM debian:{self.suite}-slim\n"
            "RUN apt-get -qq update && apt-get -qq install --yes "
            "--no-install-recommends docker-compose\n"))

    def remove(self):
        if not os.environ.get("EXTQ_KEEP_IMAGES"):
            for image in reversed(self.made):
                run("docker", "image", "rm", image, check=False)


def compose_here():
    """The command of this machine, or None."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if run("docker", "compose", "version", check=False).returncode == 0:
        return ["docker", "compose"]
    return None


def is_here(suite):
    return platform.freedesktop_os_release().get("VERSION_CODENAME") == suite


def compose_of(images, folder, environment):
    """The suite's docker-compose: this machine's, or one in a container."""
    if is_here(images.suite) and compose_here():
        return compose_here()
    variables = [word for name in environment for word in ("--env", name)]
    return ["docker", "run", "--rm", "--interactive", "--network", "host",
            "--volume", "/var/run/docker.sock:/var/run/docker.sock",
            "--volume", f"{ROOT}:{ROOT}:ro", "--volume", f"{folder}:{folder}",
            "--workdir", DEPLOY, *variables, images.build_compose(),
            "docker-compose"]


class Stack:
    """One project of docker-compose; `options` are those of run.py."""

    def __init__(self, images, folder, options):
        self.project = f"extq-test-{os.getpid()}"
        self.secrets = os.path.join(folder, "secrets")
        environment = {"COMPOSE_PROJECT_NAME": self.project,
                       "EXTQ_SECRETS": self.secrets,
                       "EXTQ_IMAGE": f"{images.name}-extq",
                       "EXTQ_REDIS_IMAGE": f"{images.name}-redis",
                       "EXTQ_PLATFORM_IMAGE": f"{images.name}-platform"}
        self.environment = {**os.environ, **environment}
        self.command = compose_of(images, folder, environment)
        self.extensions = options.extensions or EXTENSIONS
        for file in (os.path.join(DEPLOY, "compose.yaml"), *options.file):
            self.command += ["-f", os.path.abspath(file)]
        self.tool = None

    def compose(self, *words, **options):
        return run(*self.command, *words, env=self.environment,
                   **options).stdout.strip()

    def up(self, *words):
        self.compose("up", "-d", "--no-build", *words)

    def start(self):
        run(os.path.join(DEPLOY, "compose", "init"), self.secrets)
        self.up()
        self.wait_healthy()
        # Its commands are asked often; a container for each would take long.
        self.compose("run", "-d", "--name", f"{self.project}-tool",
                     "--entrypoint", "sleep", "cli", "infinity")
        self.tool = f"{self.project}-tool"

    def end(self):
        run(*self.command, "down", "--volumes", "--remove-orphans", "-t", "5",
            check=False, env=self.environment)
        mine = f"label=com.docker.compose.project={self.project}"
        for kind, listing, removal in (
                ("container", ("ls", "--all"), ("rm", "--force")),
                ("network", ("ls",), ("rm",)), ("volume", ("ls",), ("rm",))):
            left = docker(kind, *listing, "--quiet", "--filter", mine)
            if left:
                run("docker", kind, *removal, *left.split(), check=False)

    def containers(self, service):
        """Ids of its running containers, oldest first."""
        return docker(
            "ps", "--quiet", "--no-trunc", "--filter",
            f"label=com.docker.compose.project={self.project}", "--filter",
            f"label=com.docker.compose.service={service}").split()[::-1]

    def container(self, service):
        return self.containers(service)[0]

    def wait_healthy(self):
        """Until all that are there are healthy."""
        def healthy():
            states = docker(
                "ps", "--format", "{{.Status}}", "--filter",
                f"label=com.docker.compose.project={self.project}", "--filter",
                "label=com.docker.compose.oneoff=False").splitlines()
            return states and all("(healthy)" in state for state in states)
        wait_until(healthy, "all containers to be healthy")

    def is_ready(self, container):
        return run("docker", "exec", container, "extq", "healthcheck",
                   "--ready", check=False).returncode == 0

    def outcomes(self):
        """Those of the last hour; None while Redis does not answer."""
        done = run("docker", "exec", self.tool, "extq", "outcomes", "--since",
                   "1h", "--json", check=False)
        if done.returncode != 0:
            return None
        return [json.loads(line) for line in done.stdout.splitlines()]

    def queue(self):
        """Figures of the queue."""
        text = docker("exec", self.tool, "extq", "stats", "--json")
        return json.loads(text)["queues"][0]

    def calls(self, *services):
        """The ids that extensions were called with, as they log them."""
        return [json.loads(line)["id"]
                for service in services or self.extensions
                for line in docker("logs", self.container(service)).splitlines()
                if line.startswith("{")]


class Load:
    """A producer container that enqueues, and what Redis acknowledged."""

    def __init__(self, stack, count, per_second, payload):
        self.stack, self.count, self.ids = stack, count, []
        self.process = subprocess.Popen(
            [*stack.command, "run", "--rm", "-T", "producer", str(count),
             str(per_second), json.dumps(payload)], text=True,
            env=stack.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=sys.stderr)

    def acknowledged(self, count):
        """Waits until so many jobs are."""
        while len(self.ids) < count:
            line = self.process.stdout.readline()
            if not line:
                raise Failure(f"the producer ended after {len(self.ids)} jobs")
            self.ids.append(line.strip())

    def end(self):
        """All ids, once the producer is through."""
        self.acknowledged(self.count)
        self.process.stdout.close()
        expect(self.process.wait(LIMIT_S) == 0, "the producer ends well")
        return self.ids
