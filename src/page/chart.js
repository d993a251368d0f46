// A chart of samples over time: areas that stand on each other, or lines.
// Pointer and arrow keys read off one moment.

import {el, put} from "./dom.js";
import {clock} from "./format.js";
import {model} from "./model.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 170, LEFT = 46, RIGHT = 6, TOP = 8, BOTTOM = 22;

function svg(tag, properties, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) {
    element.setAttribute(name, value);
  }
  if (text != null) element.textContent = text;
  return element;
}

// The next of 1, 2, 5, 10, ... that is not less.
function round(n) {
  if (!(n > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 5, 10].find((x) => x * power >= n * 0.999) * power;
}

// series: [{name, class, value(sample)}]; unit(value) -> text.
export function chart(figure, title, {series, stacked, unit}) {
  const drawing = svg("svg", {height: HEIGHT, "aria-hidden": "true"});
  const reading = el("p", {class: "reading"});
  const legend = el("ul", {class: "legend"});
  let chosen = -1; // of the samples; -1 = the last

  const values = series.map((s) => {
    const value = el("b");
    legend.append(el("li", {class: s.class}, el("i"), `${s.name} `, value));
    return value;
  });
  figure.append(el("figcaption", {}, el("h3", {}, title), reading, legend),
    drawing);

  function geometry() {
    const width = Math.max(200, drawing.clientWidth || 600);
    const span = 360 * model.sampleMs;
    const end = model.samples.at(-1)?.at ?? Date.now();
    const first = model.samples[0]?.at ?? end;
    // What is new fills the width all the same, from two minutes on.
    const shown = Math.min(span, Math.max(300000, end - first));
    return {width, end, shown,
      x: (at) => LEFT + (width - LEFT - RIGHT) * (1 - (end - at) / shown)};
  }

  function levels(samples) {
    return samples.map((s) => {
      let sum = 0;
      return series.map((line) => {
        const value = line.value(s);
        sum += value;
        return stacked ? sum : value;
      });
    });
  }

  function grid(parts, g, top, y) {
    for (const part of [0, 0.5, 1]) {
      const at = y(top * part);
      parts.push(svg("line", {class: "grid", x1: LEFT, x2: g.width - RIGHT,
        y1: at, y2: at}));
      parts.push(svg("text", {class: "axis", x: LEFT - 6, y: at + 4,
        "text-anchor": "end"}, unit(top * part)));
    }
    const steps = Math.max(1, Math.min(5, Math.floor((g.width - LEFT) / 130)));
    for (let n = 0; n <= steps; n++) {
      const at = g.end - g.shown * (1 - n / steps);
      parts.push(svg("text", {class: "axis", x: g.x(at), y: HEIGHT - 5,
        "text-anchor": n === 0 ? "start" : n === steps ? "end" : "middle"},
      clock(at).slice(0, 5)));
    }
  }

  function lines(parts, samples, all, g, y) {
    const path = (points) => points.map(([x, v], n) =>
      `${n ? "L" : "M"}${x.toFixed(1)} ${v.toFixed(1)}`).join("");
    // The topmost is drawn first, so that the next one covers its foot.
    for (let n = series.length - 1; n >= 0; n--) {
      const points = samples.map((s, i) => [g.x(s.at), y(all[i][n])]);
      if (points.length < 2) continue;
      if (stacked) {
        const foot = samples.map((s, i) =>
          [g.x(s.at), y(n ? all[i][n - 1] : 0)]).reverse();
        parts.push(svg("path", {class: `area ${series[n].class}`,
          d: path(points) + path(foot).replace("M", "L") + "Z"}));
      }
      parts.push(svg("path", {class: `line ${series[n].class}`,
        d: path(points)}));
    }
  }

  function read(samples) {
    const at = chosen < 0 ? samples.length - 1 :
      Math.min(chosen, samples.length - 1);
    const sample = samples[at];
    series.forEach((s, n) =>
      put(values[n], sample ? unit(s.value(sample)) : "–"));
    put(reading, sample ? (chosen < 0 ? "now" : `at ${clock(sample.at)}`) :
      "no figures yet");
    figure.setAttribute("aria-label", `${title}, ${reading.textContent}: ` +
      series.map((s, n) => `${s.name} ${values[n].textContent}`).join(", "));
    return sample;
  }

  function draw() {
    const samples = model.samples, parts = [];
    const g = geometry(), all = levels(samples);
    const top = round(Math.max(0, ...all.flat()));
    const y = (v) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - v / top);

    drawing.setAttribute("viewBox", `0 0 ${g.width} ${HEIGHT}`);
    grid(parts, g, top, y);
    lines(parts, samples, all, g, y);
    const sample = read(samples);
    if (sample && chosen >= 0) {
      parts.push(svg("line", {class: "cursor", x1: g.x(sample.at),
        x2: g.x(sample.at), y1: TOP, y2: HEIGHT - BOTTOM}));
    }
    drawing.replaceChildren(...parts);
  }

  function choose(n) {
    chosen = n;
    draw();
  }
  drawing.addEventListener("pointermove", (event) => {
    const g = geometry(), left = drawing.getBoundingClientRect().left;
    const distance = (s) => Math.abs(g.x(s.at) - (event.clientX - left));
    let best = -1;
    model.samples.forEach((s, n) => {
      if (best < 0 || distance(s) < distance(model.samples[best])) best = n;
    });
    choose(best);
  });
  drawing.addEventListener("pointerleave", () => choose(-1));
  figure.addEventListener("blur", () => choose(-1));
  figure.addEventListener("keydown", (event) => {
    const last = model.samples.length - 1;
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step || last < 0) return;
    event.preventDefault();
    const from = chosen < 0 ? last : chosen;
    choose(Math.min(last, Math.max(0, from + step)));
  });
  new ResizeObserver(draw).observe(figure);
  return draw;
}
