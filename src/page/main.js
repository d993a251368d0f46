// Listens to the service, and shows what it says.

import {makeAccess, showAccess} from "./access.js";
import {$, put} from "./dom.js";
import {makeDead, showDead} from "./dead.js";
import {span} from "./format.js";
import {model, takeOutcomes, takeSample, takeState} from "./model.js";
import {makeOutcomes, showOutcomes} from "./outcomes.js";
import {drawCharts, makeOverview, showOverview} from "./overview.js";

const AGAIN_MS = 2000, STALE_MS = 5000;
let waiting = false;

function showLink() {
  const age = Date.now() - model.heard;
  const live = model.heard > 0 && age < STALE_MS;
  $("link").dataset.tone = live ? "good" : "bad";
  put($("link"), live ? "live" : model.heard ?
    `no news for ${span(Math.floor(age / 5000) * 5000)}` : "connecting");
}

function show() {
  waiting = false;
  showLink();
  if (!model.state) return;
  showAccess(model.state.admin);
  showOverview();
  showOutcomes();
  showDead();
}

// Once for all that came together.
function showSoon() {
  if (waiting) return;
  waiting = true;
  setTimeout(show, 50);
}

const EVENTS = {
  history(data) {
    model.samples = data.samples;
    model.sampleMs = data.sample_ms;
    drawCharts();
  },
  sample(data) {
    takeSample(data);
    drawCharts();
  },
  state: takeState,
  outcomes: takeOutcomes,
};

function listen() {
  const source = new EventSource("/page/events");
  for (const [name, take] of Object.entries(EVENTS)) {
    source.addEventListener(name, (event) => {
      take(JSON.parse(event.data));
      showSoon();
    });
  }
  source.addEventListener("error", () => {
    showLink();
    // It comes back by itself, unless it was refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
  });
}

makeAccess(showSoon);
makeOverview();
makeOutcomes();
makeDead();
setInterval(show, 5000);
listen();
