// The upper part: what needs somebody, tiles, charts, tables.

import {chart} from "./chart.js";
import {$, command, el, keyed, put, table, text} from "./dom.js";
import {clock, count, moment, ms, rate, span} from "./format.js";
import {about, gates, model, now, sum, worst} from "./model.js";
import {troubles} from "./troubles.js";

const TONES = {bad: "Broken", warn: "Watch", note: "Note"};

function makeTrouble(t) {
  return el("li", {}, el("span", {class: "tone"}), el("div", {class: "what"},
    el("p", {}, el("b", {class: "whom"}), " ", el("span")),
    el("p", {class: "why"})), el("p", {class: "when"}), command(t.command));
}

function showTrouble(item, t) {
  item.dataset.tone = t.tone;
  put(item.querySelector(".tone"), TONES[t.tone]);
  // Of an extension: who does what. Otherwise: what is wrong, with whom.
  const [first, second] = t.does ? [t.whom, t.does] : [t.what, t.whom];
  put(item.querySelector(".whom"), text(first, 160));
  put(item.querySelector(".whom ~ span"), text(second, 160));
  put(item.querySelector(".why"), text(t.why ?? ""));
  put(item.querySelector(".when"), t.at ?
    `since ${moment(t.at)}, for ${span(now() - t.at)}` : "");
}

function verdictOf(list) {
  const bad = list.filter((t) => t.tone === "bad").length;
  const warn = list.filter((t) => t.tone === "warn").length;
  if (bad) return ["bad", `${bad} broken${warn ? `, ${warn} to watch` : ""}`];
  if (warn) return ["warn", `${warn} to watch`];
  return ["good", "All is well"];
}

function showNow() {
  const list = troubles(), [tone, words] = verdictOf(list);
  $("verdict").dataset.tone = tone;
  put($("verdict"), words);
  document.title = tone === "good" ? "extq" : `(${words}) extq`;
  keyed($("troubles"), list, (t) => `${t.key} ${t.command}`, makeTrouble,
    showTrouble);
}

const perSecond = (s, n) => n / (model.sampleMs / 1000);

const TILES = [
  ["delivered", "Delivered/s", () => rate(latest("delivered")), "#rates"],
  ["p95", "p95", () => ms((model.samples.at(-1)?.p95_us ?? 0) / 1000),
    "#rates"],
  ["busy", "In flight", () => count(model.state.busy), "#queues"],
  ["waiting", "Waiting", () => count(sum("waiting")), "#queues"],
  ["later", "Later", () => count(sum("later")), "#queues"],
  ["parked", "Parked", () => count(Math.max(0, sum("parked"))), "#extensions"],
  ["dead", "Dead", () => count(sum("dead")), "#dead"],
];

function latest(name) {
  const sample = model.samples.at(-1);
  return sample ? perSecond(sample, sample[name]) : 0;
}

function showTiles() {
  keyed($("tiles"), TILES, ([key]) => key, ([, title, , link]) =>
    el("div", {}, el("dt", {}, el("a", {href: link}, title)), el("dd")),
  (tile, [, , value]) => put(tile.lastElementChild, value()));
}

const charts = [];

function makeCharts() {
  const part = (name) => ({name, class: `s-${name}`,
    value: (s) => perSecond(s, s[name])});
  charts.push(chart($("throughput"), "Outcomes per second", {stacked: true,
    unit: rate, series: ["delivered", "retry", "dead", "other"].map(part)}));
  charts.push(chart($("latency"), "Time of calls", {unit: (n) => ms(n),
    series: ["p50", "p95", "p99"].map((name) => ({name, class: `s-${name}`,
      value: (s) => s[`${name}_us`] / 1000}))}));
}

let showQueues, showServices, showWorst, showGates;

function makeTables() {
  const number = (title, value) => ({title, number: true, value});
  showQueues = table($("queue-table"), [
    {title: "Queue", head: true, value: (q) => q.queue},
    number("Waiting", (q) => count(q.waiting)),
    number("Oldest", (q) => q.waited_ms > 0 ? span(q.waited_ms) : "–"),
    number("Later", (q) => count(q.later)),
    number("Parked", (q) => q.parked < 0 ? "many" : count(q.parked)),
    number("Held", (q) => count(q.services.reduce((n, s) => n + s.held, 0))),
    number("Dead", (q) => count(q.dead)),
    number("Delivered", (q) => count(q.totals.delivered)),
  ], "No figures yet");
  showServices = table($("service-table"), [
    {title: "Service", head: true, value: (s) => text(s.about.name, 60)},
    {title: "Queue", value: (s) => s.queue},
    {title: "Lease", class: "time", value: (s) => s.lease_ms > 0 ?
      `${ms(s.lease_ms)} left` : `ran out ${span(-s.lease_ms)} ago`},
    number("Held", (s) => count(s.held)),
    {title: "Up", class: "time", value: (s) => Number(s.about.started) > 0 ?
      span(now() - s.about.started) : "–"},
    {title: "Version", value: (s) => text(s.about.version, 30)},
  ], "No service takes jobs");
  showWorst = table($("worst-table"), [
    {title: "Extension", head: true, value: (x) =>
      `${text(x.container, 128)} ${text(x.point, 128)}`},
    {title: "Failed", number: true, value: (x) =>
      `${count(x.bad)} of ${count(x.calls)}`},
    number("p95", (x) => ms(x.p95)),
    {title: "Last failure", class: "wide", value: (x) =>
      `${x.class}: ${text(x.error, 120)}`},
    {title: "Since", class: "time", value: (x) => x.since ? clock(x.since) :
      "well again"},
  ], "None failed in the last 15 minutes");
  showGates = table($("gate-table"), [
    {title: "Extension", head: true, value: (g) =>
      `${text(g.container, 128)} ${text(g.point || "(all)", 128)}`},
    {title: "Why", class: "wide", value: (g) => [g.kind, g.why].filter((w) =>
      w && w !== "-").join(": ")},
    number("Parked", (g) => count(g.parked)),
    {title: "Since", class: "time", value: (g) => moment(g.since)},
    {title: "Probe", class: "time", value: (g) => g.until ? (g.until > now() ?
      `in ${span(g.until - now())}` : "due") : "–"},
  ], "No extension is shut, none is at its limit");
}

function showTables() {
  const {queues} = model.state;
  const services = queues.flatMap((q) => q.services.map((s) =>
    ({...s, queue: q.queue, about: about(s), tone: s.lease_ms > 0 ? "" :
      "bad"})));
  showQueues(queues, (q) => q.queue);
  showServices(services, (s) => `${s.queue} ${s.epoch}`);
  showWorst(worst().slice(0, 10), (x) => x.key);
  showGates(gates().slice(0, 20).map((g) =>
    ({...g, tone: g.kind === "full" ? "" : "warn"})),
  (g) => `${g.queue} ${g.container} ${g.point}`);
}

export function makeOverview() {
  makeCharts();
  makeTables();
}

export function showOverview() {
  const s = model.state;
  put($("who"), `${text(s.name, 60)} · ${s.version} · up ` +
    span(now() - s.started));
  showNow();
  showTiles();
  showTables();
}

export function drawCharts() {
  charts.forEach((draw) => draw());
}
