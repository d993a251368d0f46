// Outcomes as they come, and older ones on request.

import {ask} from "./access.js";
import {$, command, el, facts, put, text, word} from "./dom.js";
import {filter, offer} from "./filter.js";
import {count, moment, ms} from "./format.js";
import {inQueue, model} from "./model.js";
import {rows} from "./rows.js";

const VERDICTS = ["", "delivered", "retry", "dead", "expired", "skipped",
  "dropped", "paused", "resumed"];
const STEP = matchMedia("(max-width: 700px)").matches ? 15 : 40;
const MOST = 2000;
const TONES = {retry: "warn", dead: "bad", paused: "note", resumed: "note"};

let wanted, show, shown = STEP, held = false;
let past = noPast();

// What was looked for behind what came by itself, and how far; another filter
// begins another one.
function noPast() {
  return {found: [], before: "", looking: false};
}

function matches(o) {
  return Object.entries(wanted.values).every(([name, value]) =>
    !value || o[name] === value);
}

// The newest `most` that match, and how many match at all.
function found(most) {
  const list = [];
  let all = 0;
  for (let n = model.outcomes.length - 1; n >= 0; n--) {
    if (!matches(model.outcomes[n])) continue;
    all++;
    if (list.length < most) list.push(model.outcomes[n]);
  }
  const known = new Set(list.map((o) => o.key));
  for (const o of past.found) {
    if (known.has(o.key)) continue;
    all++;
    if (list.length < most) list.push(o);
  }
  return {list, all};
}

const OWN = new Set(["key", "time", "tone", "entry"]);
const TIMES = new Set(["at", "next_at"]);

function details(o) {
  const box = el("div", {}, facts(Object.entries(o)
    .filter(([name]) => !OWN.has(name))
    .map(([name, value]) =>
      [name, value && TIMES.has(name) ? moment(value) : value])));
  if (o.id) {
    box.append(command(`extq outcomes --id ${word(o.id)}${inQueue(o.queue)}`));
  }
  return box;
}

// What extensions answered is not in the stream.
async function fetchDetails(o) {
  const {entries} = await ask("/page/outcomes", {queue: o.queue, id: o.id});
  const same = entries.find((e) => e.entry === o.entry);
  return same ? details({...same.fields, queue: o.queue}) : null;
}

const COLUMNS = [
  {title: "Time", opens: true, value: (o) => moment(o.time)},
  {title: "Verdict", value: (o) => o.verdict, class: "verdict-cell"},
  {title: "Container", value: (o) => text(o.container, 128)},
  {title: "Point", value: (o) => text(o.point, 128)},
  {title: "Class", value: (o) => o.class},
  {title: "Status", number: true, value: (o) => o.status > 0 ? o.status : ""},
  {title: "Time taken", number: true, value: (o) => o.ms > 0 ? ms(o.ms) : ""},
  {title: "Error", class: "wide", value: (o) => text(o.error, 160)},
  {title: "Job", class: "id", value: (o) => text(o.id, 128)},
];

async function lookBack() {
  const queue = wanted.values.queue || model.state?.queues[0]?.queue;
  const mine = past;
  if (!queue || mine.looking) return;
  mine.looking = true;
  put($("outcome-older-note"), "looking…");
  try {
    const answer = await ask("/page/outcomes", {...wanted.values, queue,
      before: mine.before});
    if (mine !== past) return;
    mine.found.push(...answer.entries.map(({entry, fields}) => ({...fields, queue,
      entry, key: `${queue} ${entry}`, time: parseInt(entry, 10)})));
    mine.before = answer.before;
    put($("outcome-older-note"), `looked at ${count(answer.looked)}, found ` +
      count(answer.entries.length) + (mine.before ? "" : "; there are no more"));
    shown = Math.min(MOST, shown + answer.entries.length);
  } catch (error) {
    if (mine !== past) return;
    put($("outcome-older-note"), text(error.message));
  }
  mine.looking = false;
  showOutcomes(true);
}

export function filterOutcomes(values) {
  wanted.set(values);
}

export function makeOutcomes() {
  show = rows($("outcome-table"), COLUMNS, {empty: "No outcome yet", details,
    fetchDetails});
  wanted = filter($("outcome-filter"), [["queue", "Queue", [""]],
    ["container", "Container"], ["point", "Point"],
    ["verdict", "Verdict", VERDICTS], ["class", "Class"], ["id", "Job id"]],
  () => {
    past = noPast();
    shown = STEP;
    put($("outcome-older-note"), "");
    showOutcomes(true);
  });
  const hold = el("button", {type: "button", "aria-pressed": "false"},
    "Hold still");
  hold.addEventListener("click", () => {
    held = !held;
    hold.setAttribute("aria-pressed", String(held));
    showOutcomes(true);
  });
  $("outcome-filter").append(hold);
  $("outcome-more").addEventListener("click", () => {
    shown = Math.min(MOST, shown + 4 * STEP);
    showOutcomes(true);
  });
  $("outcome-older").addEventListener("click", lookBack);
}

// While rows are held still only `anyway` moves them.
export function showOutcomes(anyway = false) {
  offer(wanted.inputs.get("queue"),
    (model.state?.queues ?? []).map((q) => q.queue));
  const {list, all} = found(shown);
  put($("outcome-count"), `${count(all)} of the last ` +
    `${count(model.outcomes.length)}` +
    (model.skipped ? "; more came than can be shown" : "") +
    (held ? "; held still" : ""));
  $("outcome-more").hidden = all <= list.length || shown >= MOST;
  if (held && !anyway) return;
  show(list.map((o) => ({...o, tone: TONES[o.verdict] ?? ""})));
}
