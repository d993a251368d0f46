// A row of fields, each for one exact value.

import {el} from "./dom.js";

// fields: [[name, label, choices or undefined]]. Returns {values, set}; calls
// changed once something else is asked for.
export function filter(form, fields, changed) {
  const inputs = new Map();
  const values = {};
  let waiting = 0;

  function read() {
    for (const [name, input] of inputs) values[name] = input.value.trim();
    changed();
  }
  for (const [name, label, choices] of fields) {
    const id = `${form.id}-${name}`;
    const input = choices ?
      el("select", {id}, ...choices.map((c) =>
        el("option", {value: c}, c || "any"))) :
      el("input", {id, type: "search", spellcheck: "false",
        autocapitalize: "none", autocomplete: "off", maxlength: 128});
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(read, 150);
    });
    values[name] = "";
    inputs.set(name, input);
    form.append(el("div", {}, el("label", {for: id}, label), input));
  }
  const clear = el("button", {type: "button", onclick: () => set({})},
    "Clear");
  function set(wanted) {
    for (const [name, input] of inputs) input.value = wanted[name] ?? "";
    read();
  }
  form.append(clear);
  form.addEventListener("submit", (event) => event.preventDefault());
  return {values, set, inputs};
}

// Puts the names into a choice, and keeps what is chosen.
export function offer(input, names) {
  const wanted = ["", ...names];
  if (input.options.length === wanted.length &&
      wanted.every((n, i) => input.options[i].value === n)) return;
  const chosen = input.value;
  input.replaceChildren(...wanted.map((n) =>
    el("option", {value: n}, n || "any")));
  input.value = wanted.includes(chosen) ? chosen : "";
}
