// What the page knows: what the stream said last, and what follows from that.

import {word} from "./dom.js";

const OUTCOMES_MOST = 10000;
const LATE_MS = 15 * 60000; // outcomes older than this judge nobody
const LOST_MS = 10 * 60000; // so long a lost service is told of

export const model = {
  state: null, // the last one, with the queues of the last that had some
  heard: 0, // when that was, by this browser's clock
  samples: [], sampleMs: 5000,
  outcomes: [], // oldest first; flat: fields, and queue, entry, time
  skipped: false, // there were more of them than are here
  services: new Map(), // epoch -> what was last known of it
  lost: new Map(), // epoch -> a service whose lease ran out
  since: new Map(), // what is wrong -> when that was first seen
};

// The service's clock, as far as known.
export function now() {
  const {state, heard} = model;
  return state ? state.now + (Date.now() - heard) : Date.now();
}

// Who leaves in order gives a lease back that has long to run; who is killed
// lets it run out.
function noteServices(queues) {
  const here = new Map();
  for (const {queue, services} of queues) {
    for (const s of services) {
      const longest = Math.max(s.lease_ms,
        model.services.get(s.epoch)?.longest ?? 0);
      here.set(s.epoch, {queue, held: s.held, about: about(s), longest,
        left: s.lease_ms, at: now() + s.lease_ms});
    }
  }
  for (const [epoch, s] of new Map([...model.services, ...here])) {
    const lost = s.left <= 0 || (!here.has(epoch) && s.left < s.longest / 2);
    if (!lost) model.lost.delete(epoch);
    else if (!model.lost.has(epoch)) model.lost.set(epoch, s);
  }
  model.services = here;
}

export function takeState(state) {
  const known = Boolean(state.queues);
  state.queues ??= model.state?.queues ?? [];
  model.heard = Date.now();
  model.state = state;
  if (known) noteServices(state.queues);
  for (const [epoch, lost] of model.lost) {
    if (now() - lost.at > LOST_MS) model.lost.delete(epoch);
  }
}

export function takeSample(sample) {
  model.samples.push(sample);
  if (model.samples.length > 360) model.samples.shift();
}

export function takeOutcomes({entries, skipped}) {
  const known = new Set(model.outcomes.slice(-1000).map((o) => o.key));
  for (const {queue, entry, fields} of entries) {
    const key = `${queue} ${entry}`;
    if (known.has(key)) continue;
    model.outcomes.push({...fields, queue, entry, key,
      time: parseInt(entry, 10)});
  }
  model.skipped ||= skipped;
  const surplus = model.outcomes.length - OUTCOMES_MOST;
  if (surplus > 0) model.outcomes.splice(0, surplus);
}

// What a service says of itself: nobody vouches for it.
export function about(service) {
  try {
    const a = JSON.parse(service.about);
    if (a && typeof a === "object") return a;
  } catch { /* not ours */ }
  return {name: service.epoch};
}

// When that was first the case; forgotten when it is not.
export function since(what, holds, at = now()) {
  if (!holds) model.since.delete(what);
  else if (!model.since.has(what)) model.since.set(what, at);
  return model.since.get(what);
}

const BAD = new Set(["retry", "dead"]);

function judge(x, o) {
  const bad = BAD.has(o.verdict);
  x.calls++;
  x.bad += bad;
  x.dead += o.verdict === "dead";
  if (Number(o.ms) > 0) x.times.push(Number(o.ms));
  if (bad) {
    x.since ||= o.time;
    x.row++;
    x.class = o.class;
    x.error = o.error;
    x.last = o.time;
  } else if (o.verdict === "delivered") {
    x.since = 0;
    x.row = 0;
  }
}

// Those with failures of late, the worst first: how many in a row, since when.
export function worst() {
  const all = new Map();
  const from = now() - LATE_MS;
  for (const o of model.outcomes) {
    if (o.time < from || !o.container) continue;
    const key = `${o.queue} ${o.container} ${o.point}`;
    let x = all.get(key);
    if (!x) {
      x = {key, queue: o.queue, container: o.container, point: o.point,
        calls: 0, bad: 0, dead: 0, row: 0, since: 0, times: []};
      all.set(key, x);
    }
    judge(x, o);
  }
  const bad = [...all.values()].filter((x) => x.bad > 0);
  for (const x of bad) {
    x.times.sort((a, b) => a - b);
    x.p95 = x.times[Math.floor(x.times.length * 0.95)] ?? 0;
    x.tone = x.row > 2 ? "bad" : "warn";
  }
  return bad.sort((a, b) => (b.row > 2) - (a.row > 2) || b.bad - a.bad);
}

export function gates() {
  return (model.state?.queues ?? []).flatMap((q) =>
    q.gates.map((g) => ({...g, queue: q.queue})))
    .sort((a, b) => b.parked - a.parked || b.since - a.since);
}

// What names a queue to a command, where there are several.
export function inQueue(queue) {
  return (model.state?.queues.length ?? 0) > 1 ? ` --queue ${word(queue)}` : "";
}

export function sum(name) {
  return (model.state?.queues ?? []).reduce((n, q) => n + (q[name] ?? 0), 0);
}
