"""What the containers must stand. Each scenario takes the stack in good health
and leaves it so; its name is the sentence that it proves. Jobs are accounted
for by their ids: what Redis acknowledged, what the stream of outcomes says, and
what the extensions were called with."""

import collections
import os

from stack import Load, docker, expect, run, wait_until

WAIT_MS = 300  # so long a call takes: some are under way at any time


def load(stack, count=300, per_second=100, wait_ms=WAIT_MS):
    return Load(stack, count, per_second, {"wait_ms": wait_ms})


def delivered(stack, ids):
    """How often each of these was, by the stream; None without an answer."""
    outcomes, wanted = stack.outcomes(), set(ids)
    if outcomes is None:
        return None
    return collections.Counter(
        outcome["id"] for outcome in outcomes
        if outcome["verdict"] == "delivered" and outcome["id"] in wanted)


def wait_delivered(stack, ids):
    return wait_until(
        lambda: (found := delivered(stack, ids)) and len(found) == len(ids)
        and found, f"the delivery of {len(ids)} jobs")


def is_empty(stack):
    queue = stack.queue()
    return not any(queue[state] for state in
                   ("waiting", "later", "held", "parked", "dead"))


def settle(stack, ids, once=False):
    """Each job is delivered, as its extension can tell, and nothing is left of
    it. `once`: no call was made twice."""
    expect(len(set(ids)) == len(ids), "ids differ")
    found = wait_delivered(stack, ids)
    wait_until(lambda: is_empty(stack), "the queue to be empty")
    calls = stack.calls()
    expect(set(ids) <= set(calls), "extensions were called with each job")
    if once:
        expect(max(found.values()) == 1, "no job is delivered twice")
        twice = {id for id, n in collections.Counter(calls).items() if n > 1}
        expect(not twice & set(ids), "no extension is called twice for a job")


def jobs_of_a_producer_container_are_delivered_once(stack):
    settle(stack, load(stack, 200, 1000, 0).end(), once=True)


def containers_may_do_no_more_than_they_need(stack):
    for service in ("redis", "extq", "platform"):
        for container in stack.containers(service):
            user, rights = docker(
                "inspect", "--format", "{{.Config.User}} {{json .HostConfig}}",
                container).split(" ", 1)
            expect(user not in ("", "0", "root"), f"{service} is not root")
            for right in ('"ReadonlyRootfs":true', '"CapDrop":["ALL"]',
                          '"SecurityOpt":["no-new-privileges:true"]'):
                expect(right in rights, f"{service} has {right}")
            expect(run("docker", "exec", container, "touch", "/tmp/x",
                       check=False).returncode != 0, "nothing can be written")


def secrets_are_in_files_alone(stack):
    told = [docker("inspect", *docker("ps", "--quiet", "--filter",
                                      f"name={stack.project}").split())]
    for container in stack.containers("extq") + stack.containers("redis"):
        done = run("docker", "logs", container)
        told.append(done.stdout + done.stderr)
    for name in os.listdir(stack.secrets):
        with open(os.path.join(stack.secrets, name), encoding="ascii") as file:
            secret = file.read().strip()
        expect(not any(secret in text for text in told), f"{name} is not told")


def a_killed_service_costs_no_job(stack):
    going = load(stack)
    going.acknowledged(100)
    victim = stack.container("extq")
    docker("kill", victim)
    settle(stack, going.end())
    docker("start", victim)
    stack.wait_healthy()


def a_killed_redis_costs_no_acknowledged_job(stack):
    going = load(stack)
    going.acknowledged(100)
    victim = stack.container("redis")
    docker("kill", victim)
    docker("start", victim)
    settle(stack, going.end())
    stack.wait_healthy()


def a_paused_redis_is_waited_for(stack):
    going = load(stack)
    going.acknowledged(100)
    docker("pause", stack.container("redis"))
    wait_until(lambda: not any(map(stack.is_ready, stack.containers("extq"))),
               "the services to notice")
    docker("unpause", stack.container("redis"))
    settle(stack, going.end())
    stack.wait_healthy()


def a_paused_extension_holds_up_nobody_else(stack):
    service = stack.extensions[0]
    docker("pause", stack.container(service))
    ids = load(stack).end()
    wait_delivered(stack, ids[1::2])
    expect(not set(stack.calls(service)) & set(ids), "it was not called")
    expect(not delivered(stack, ids[::2]), "its jobs are not delivered")
    docker("unpause", stack.container(service))
    settle(stack, ids)
    stack.wait_healthy()


def a_service_cut_off_from_redis_costs_no_job(stack):
    going = load(stack)
    going.acknowledged(100)
    victim = stack.container("extq")
    docker("network", "disconnect", f"{stack.project}_queue", victim)
    wait_until(lambda: not stack.is_ready(victim), "the service to notice")
    settle(stack, going.end())
    docker("network", "connect", f"{stack.project}_queue", victim)
    wait_until(lambda: stack.is_ready(victim), "the service to be back")
    stack.wait_healthy()


def services_are_replaced_while_jobs_come(stack):
    old = stack.containers("extq")
    going = load(stack, 400)
    going.acknowledged(1)
    stack.up("--no-recreate", "--scale", f"extq={2 * len(old)}", "extq")
    stack.wait_healthy()
    for container in old:
        docker("stop", container)
        docker("rm", container)
    stack.up("--no-recreate", "--scale", f"extq={len(old)}", "extq")
    settle(stack, going.end(), once=True)
    new = stack.containers("extq")
    expect(len(new) == len(old) and not set(new) & set(old),
           "there are as many as before, and all are new")


def three_services_share_the_queue(stack):
    before = len(stack.containers("extq"))
    stack.up("--no-recreate", "--scale", "extq=3", "extq")
    stack.wait_healthy()
    expect(len(stack.queue()["services"]) == 3, "three hold a lease")
    settle(stack, load(stack, 200, 200).end(), once=True)
    stack.up("--no-recreate", "--scale", f"extq={before}", "extq")
    wait_until(lambda: len(stack.queue()["services"]) == before,
               "the third to give its lease back")


def a_stopped_service_finishes_what_it_has(stack):
    going = load(stack, wait_ms=1500)
    going.acknowledged(100)
    victim = stack.container("extq")
    docker("stop", victim)  # with the grace period of the file
    state = docker("inspect", "--format", "{{.State.ExitCode}}", victim)
    expect(state == "0", f"it ends in order, not with {state}")
    settle(stack, going.end(), once=True)
    docker("start", victim)
    stack.wait_healthy()


# What depends on docker-compose itself, and so on its version.
OF_COMPOSE = [
    jobs_of_a_producer_container_are_delivered_once,
    containers_may_do_no_more_than_they_need,
    secrets_are_in_files_alone,
    services_are_replaced_while_jobs_come,
    three_services_share_the_queue,
    a_stopped_service_finishes_what_it_has,
]
# What depends on the engine and on extq.
OF_FAULTS = [
    a_killed_service_costs_no_job,
    a_killed_redis_costs_no_acknowledged_job,
    a_paused_redis_is_waited_for,
    a_paused_extension_holds_up_nobody_else,
    a_service_cut_off_from_redis_costs_no_job,
]
