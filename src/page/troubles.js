// What is wrong, for whom, since when, and what to type: the worst first.
// Each: {key, tone, what or does, whom, at, why, command}.

import {text, word} from "./dom.js";
import {bytes, count, span} from "./format.js";
import {gates, inQueue, model, now, since, worst} from "./model.js";

const LATE_MS = 60000, STALE_MS = 5000, LAG_US = 1000000;
const EXTENSIONS_MOST = 6;

// What an operator would ask of each class of failure.
const MEANINGS = {
  unreachable: "cannot be reached", timeout: "does not answer in time",
  reset: "breaks connections off", platform_error: "meets platform errors",
  throttled: "asks for fewer calls", unauthorized: "refuses the secret",
  not_found: "is not found", gone: "says that it is gone",
  compile_error: "does not compile", rejected: "rejects jobs",
  redirect: "redirects, which is not followed",
  invalid_response: "answers what is no HTTP",
  extension_error: "fails with errors", extension_crash: "crashes",
  extension_busy: "is busy", blocked_address: "is at a forbidden address",
  discovery_failed: "is not found: discovery fails",
  worker_killer: "kills workers",
};

const GATES = {
  circuit: ["warn", "is not called: its calls fail"],
  wait: ["warn", "is not called: it asked to wait"],
  gone: ["bad", "is not called: it said that it is gone"],
  paused: ["note", "is paused"],
};

function named({container, point}) {
  return point ? `${text(container)} ${text(point)}` : text(container);
}

function options({container, point, queue}) {
  return `--container ${word(container)}` +
    (point ? ` --point ${word(point)}` : "") + inQueue(queue);
}

export function redisCli(address) {
  const path = String(address).replace(/^unix:(\/\/)?/, "");
  return path !== address ? `redis-cli -s ${word(path)}` :
    `redis-cli -u ${word(address)}`;
}

function ofService(list, s) {
  if (Date.now() - model.heard > STALE_MS) {
    list.push({key: "stale", tone: "bad", what: "No news from the service",
      at: model.heard, why: "What is below is from then.",
      command: "systemctl status extq"});
  }
  if (since("sick", !s.healthy)) {
    list.push({key: "sick", tone: "bad", what: "A loop stands still",
      whom: s.name, at: since("sick", true), why: s.sick,
      command: "journalctl -u extq -n 50"});
  }
  if (since("idle", !s.ready) && s.redis.ok) {
    list.push({key: "idle", tone: "bad", what: "Takes no jobs", whom: s.name,
      at: since("idle", true), why: s.idle, command: "extq doctor"});
  }
  if (since("lag", s.lag_us > LAG_US)) {
    list.push({key: "lag", tone: "warn",
      what: `Loops are ${span(s.lag_us / 1000)} late`, whom: s.name,
      at: since("lag", true), command: "top -H -p $(pidof -s extq)"});
  }
}

function ofRedis(list, s) {
  const r = s.redis;
  if (since("redis", !r.ok)) {
    list.push({key: "redis", tone: "bad", what: "Redis does not answer",
      whom: r.address, at: since("redis", true), why: r.why,
      command: `${redisCli(r.address)} ping`});
  } else if (since("denied", r.why)) {
    list.push({key: "denied", tone: "warn", what: "Redis refuses a question",
      whom: r.address, at: since("denied", true), why: r.why,
      command: "extq doctor"});
  }
  const full = r.memory_max > 0 && r.memory / r.memory_max;
  if (since("memory", full > 0.9)) {
    list.push({key: "memory", tone: full >= 0.99 ? "bad" : "warn",
      what: full >= 0.99 ? "Redis is full: producers are refused" :
        "Redis is nearly full",
      whom: `${bytes(r.memory)} of ${bytes(r.memory_max)}`,
      at: since("memory", true),
      command: `${redisCli(r.address)} info memory`});
  }
}

function ofQueue(list, q) {
  if (since(`nobody ${q.queue}`, q.services.length === 0)) {
    list.push({key: `nobody ${q.queue}`, tone: "bad",
      what: "No service takes jobs", whom: `queue ${q.queue}`,
      at: since(`nobody ${q.queue}`, true), command: "systemctl start extq"});
  }
  if (since(`paused ${q.queue}`, q.paused > 0)) {
    list.push({key: `paused ${q.queue}`, tone: "note",
      what: "Paused: no job is claimed", whom: `queue ${q.queue}`,
      at: since(`paused ${q.queue}`, true), why: q.waiting > 0 ?
        `${count(q.waiting)} jobs wait` : "",
      command: `extq resume ${word(q.queue)}`});
  }
  if (q.waited_ms > LATE_MS && !(q.paused > 0)) {
    list.push({key: `waits ${q.queue}`, tone: "warn",
      what: `${count(q.waiting)} jobs wait`, whom: `queue ${q.queue}`,
      at: now() - q.waited_ms, command: `extq stats --queue ${word(q.queue)}`});
  }
  if (q.oldest_ms > LATE_MS && !(q.paused > 0)) {
    list.push({key: `late ${q.queue}`, tone: "warn",
      what: `${count(q.due)} retries are late`, whom: `queue ${q.queue}`,
      at: now() - q.oldest_ms, command: `extq stats --queue ${word(q.queue)}`});
  }
}

function ofLost(list) {
  for (const [epoch, lost] of model.lost) {
    const who = text(lost.about.name ?? epoch, 60);
    list.push({key: `lost ${epoch}`, tone: "warn",
      what: "A service was lost", whom: `${who}, queue ${lost.queue}`,
      at: lost.at, why: lost.held > 0 ?
        `It held ${count(lost.held)} jobs: others take them over.` : "",
      command: "systemctl status extq"});
  }
}

function ofGates(list, all) {
  for (const gate of all) {
    if (!GATES[gate.kind]) continue;
    const [tone, does] = GATES[gate.kind];
    list.push({key: `gate ${gate.queue} ${named(gate)}`, tone, does,
      whom: named(gate), at: gate.since, parked: gate.parked,
      why: [gate.parked ? `${count(gate.parked)} jobs wait` : "", gate.why]
        .filter((w) => w && w !== "-").join("; "),
      command: gate.kind === "paused" || gate.kind === "gone" ?
        `extq resume ${options(gate)}` : `extq parked ${options(gate)}`});
  }
}

function ofDiscovery(list, failing) {
  const found = failing.filter((x) => x.class === "discovery_failed");
  if (found.length === 0) return failing;
  const first = found.reduce((a, b) => (a.since < b.since ? a : b));
  const tenants = new Set(found.map((x) => x.container)).size;
  list.push({key: "discovery", tone: "bad", what: "Discovery fails",
    whom: tenants === 1 ? named(first) : `${count(tenants)} containers`,
    at: first.since, why: first.error,
    command: `extq resolve ${word(first.container)} ${word(first.point)}`});
  return failing.filter((x) => x.class !== "discovery_failed");
}

function ofExtensions(list, gated) {
  let failing = worst().filter((x) => x.row > 2);
  failing = ofDiscovery(list, failing);
  failing = failing.filter((x) =>
    !gated.has(named(x)) && !gated.has(text(x.container)));
  for (const x of failing.slice(0, EXTENSIONS_MOST)) {
    list.push({key: `failing ${x.key}`, tone: x.dead ? "bad" : "warn",
      does: MEANINGS[x.class] ?? "fails", whom: named(x), at: x.since,
      why: `${count(x.row)} failures in a row` +
        (x.error ? `: ${x.error}` : ""),
      command: x.dead ? `extq dead list ${options(x)}` :
        `extq outcomes ${options(x)} -n 20`});
  }
  if (failing.length > EXTENSIONS_MOST) {
    list.push({key: "failing more", tone: "warn",
      what: `${count(failing.length - EXTENSIONS_MOST)} more extensions fail`,
      command: "extq outcomes --verdict dead -n 20"});
  }
}

const ORDER = {bad: 0, warn: 1, note: 2};

export function troubles() {
  const list = [], s = model.state;
  if (!s) return list;
  ofService(list, s);
  ofRedis(list, s);
  if (s.redis.ok) s.queues.forEach((q) => ofQueue(list, q));
  ofLost(list);
  const all = gates().filter((g) => GATES[g.kind]);
  ofGates(list, all.slice(0, EXTENSIONS_MOST));
  ofExtensions(list, new Set(all.map(named)));
  if (all.length > EXTENSIONS_MOST) {
    list.push({key: "gates more", tone: "warn",
      what: `${count(all.length - EXTENSIONS_MOST)} more are not called`,
      command: "extq parked"});
  }
  return list.sort((a, b) => ORDER[a.tone] - ORDER[b.tone]);
}
