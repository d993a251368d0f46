// Dead letters: list, show, retry, drop.

import {ask, sure, unlock} from "./access.js";
import {$, command, el, facts, put, text, word} from "./dom.js";
import {filter, offer} from "./filter.js";
import {count, moment} from "./format.js";
import {inQueue, model, sum} from "./model.js";
import {rows} from "./rows.js";

const MOST = 1000;

let wanted, show, letters = [], before = "", seen = "";
let reading = Promise.resolve();
const chosen = new Set();

const naming = (letter) =>
  word(letter.id || letter.entry) + inQueue(letter.queue);

const queueAsked = () =>
  wanted.values.queue || model.state?.queues[0]?.queue || "";

async function read(more) {
  const queue = queueAsked();
  if (!queue) return;
  try {
    const answer = await ask("/page/dead", {...wanted.values, queue,
      before: more ? before : ""});
    const fresh = answer.entries.map((l) => ({...l, queue,
      key: `${queue} ${l.entry}`}));
    letters = more ? [...letters, ...fresh].slice(0, MOST) : fresh;
    before = answer.before;
    put($("dead-unread"), "");
  } catch (error) {
    put($("dead-unread"), text(error.message));
    seen = "";
  }
  showLetters();
}

// One after the other: none is left out, and the last has the last word.
function load(more) {
  reading = reading.then(() => read(more));
  return reading;
}

function choose(letter) {
  const box = el("input", {type: "checkbox",
    "aria-label": `Select ${text(letter.id || letter.entry, 128)}`});
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(letter.key);
    else chosen.delete(letter.key);
    showActions();
  });
  return box;
}

function buttons(letter) {
  const name = text(letter.id || letter.entry, 128);
  return el("span", {class: "actions"},
    el("button", {type: "button", "aria-label": `Retry ${name}`,
      onclick: () => act("retry", [letter])}, "Retry"),
    el("button", {type: "button", class: "danger",
      "aria-label": `Drop ${name}`,
      onclick: () => act("drop", [letter])}, "Drop"));
}

// "ms,class,status;..." as a list, oldest first.
function history(line) {
  if (!line || line === "-") return "";
  return el("ol", {}, ...line.split(";").map((entry) => {
    const [at, name, status] = entry.split(",");
    return el("li", {}, text(`${moment(at)} ${name}` +
      (status > 0 ? ` ${status}` : "")));
  }));
}

function details(letter, job) {
  const box = el("div", {}, facts([["died", moment(parseInt(letter.entry, 10))],
    ["class", letter.class],
    ["error", letter.error], ["job id", letter.id], ["entry", letter.entry],
    ["claims", job?.claims], ["attempts", job?.attempts],
    ["first claim", job?.first > 0 ? moment(job.first) : ""],
    ["history", history(job?.history)]]));
  if (job && job.job != null) {
    box.append(el("h3", {}, "Job"), el("pre", {tabindex: 0},
      text(job.job, 65536)));
  } else if (job) {
    box.append(el("p", {class: "quiet"},
      "Unlock the page to see what is in it."));
  }
  box.append(command(`extq dead show ${naming(letter)}`));
  return box;
}

async function fetchDetails(letter) {
  return details(letter, await ask("/page/dead/job",
    {queue: letter.queue, entries: letter.entry}));
}

async function act(verb, list) {
  if (list.length === 0 || !await unlock()) return;
  const what = list.length === 1 ?
    `job ${text(list[0].id || list[0].entry, 128)}` :
    `${count(list.length)} jobs`;
  if (verb === "drop" && !await sure(
    `Drop ${what}? It is gone for good; its outcome says who did it: an ` +
    "operator.", "Drop")) return;
  put($("dead-said"), "");
  try {
    let done = 0;
    for (let n = 0; n < list.length; n += 50) {
      const part = list.slice(n, n + 50);
      const answer = await ask(`/page/dead/${verb}`, {queue: part[0].queue,
        entries: part.map((l) => l.entry).join(",")}, "POST");
      done += answer.done;
    }
    for (const letter of list) chosen.delete(letter.key);
    put($("dead-said"), `${verb === "drop" ? "Dropped" : "Retried"} ` +
      `${count(done)} of ${count(list.length)}`);
  } catch (error) {
    put($("dead-said"), text(error.message));
  }
  await load(false);
}

function showActions() {
  const known = new Set(letters.map((l) => l.key));
  for (const key of chosen) if (!known.has(key)) chosen.delete(key);
  $("dead-actions").hidden = chosen.size === 0;
  put($("dead-retry"), `Retry ${count(chosen.size)} selected`);
  put($("dead-drop"), `Drop ${count(chosen.size)} selected`);
}

function showLetters() {
  const admin = Boolean(model.state?.admin);
  show(letters.map((l) => ({...l, key: `${l.key} ${admin}`, id: l.id,
    letter: l})));
  showActions();
  $("dead-more").hidden = !before || letters.length >= MOST;
  put($("dead-note"), admin ? "" :
    "To retry and drop here, name an admin token's file in ops.token_file. " +
    "In a terminal: extq dead retry, extq dead drop.");
}

const selected = () => letters.filter((l) => chosen.has(l.key));

export function makeDead() {
  const own = (f) => (item) => f(item.letter);
  show = rows($("dead-table"), [
    {title: "Died", opens: true, value: own((l) =>
      moment(parseInt(l.entry, 10)))},
    {title: "Container", value: own((l) => text(l.container, 128))},
    {title: "Point", value: own((l) => text(l.point, 128))},
    {title: "Class", value: own((l) => l.class)},
    {title: "Error", class: "wide", value: own((l) => text(l.error, 160))},
    {title: "Job", class: "id", value: own((l) => text(l.id, 128))},
    {title: "Do", value: own((l) => model.state?.admin ? buttons(l) :
      command(`extq dead retry ${naming(l)}`))},
  ], {empty: "None", lead: own((l) => model.state?.admin ? choose(l) : null),
    details: own(details), fetchDetails: own(fetchDetails)});
  wanted = filter($("dead-filter"), [["queue", "Queue", [""]],
    ["container", "Container"], ["point", "Point"], ["class", "Class"]],
  () => load(false));
  $("dead-more").addEventListener("click", () => load(true));
  $("dead-retry").addEventListener("click", () => act("retry", selected()));
  $("dead-drop").addEventListener("click", () => act("drop", selected()));
}

// The list is read again when there is another number of them or the last try
// failed, and nobody has something open or selected.
export function showDead() {
  offer(wanted.inputs.get("queue"), model.state.queues.map((q) => q.queue));
  const admin = Boolean(model.state.admin);
  const mark = `${sum("dead")} ${model.state.queues.map((q) =>
    q.totals.dead)} ${admin}`;
  const busy = chosen.size > 0 || letters.length > 100 ||
    document.querySelector("#dead-table .details");
  if (mark === seen || busy || !model.state.redis.ok) return;
  seen = mark;
  load(false);
}
