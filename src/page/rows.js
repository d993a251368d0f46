// A table whose rows open: long lists of jobs.

import {el, keyed, put, text} from "./dom.js";

// columns: as for a table; the one that `opens` has the button. options:
// {empty, details(item) -> element, fetchDetails(item) -> promise of one,
// lead(item) -> element of a first column}. Returns show(items with a key).
export function rows(element, columns, options) {
  const {lead, empty} = options;
  const heads = [...(lead ? [el("th", {scope: "col", role: "columnheader"},
    el("span", {class: "hidden"}, "Select"))] : []),
  ...columns.map((c) => el("th", {scope: "col", role: "columnheader",
    class: c.number ? "number" : null}, c.title))];
  const body = el("tbody", {role: "rowgroup"});
  const items = new Map();
  element.setAttribute("role", "table");
  element.append(el("thead", {role: "rowgroup"},
    el("tr", {role: "row"}, ...heads)), body);

  async function open(row, button, key) {
    if (row.nextElementSibling?.classList.contains("details")) {
      row.nextElementSibling.remove();
      button.setAttribute("aria-expanded", "false");
      opened.delete(key);
      return;
    }
    const cell = el("td", {role: "cell", colspan: heads.length},
      options.details(items.get(key)));
    const more = el("tr", {role: "row", class: "details",
      "data-key": `${key} details`}, cell);
    row.after(more);
    opened.set(key, more);
    button.setAttribute("aria-expanded", "true");
    try {
      const all = await options.fetchDetails?.(items.get(key));
      if (all) cell.replaceChildren(all);
    } catch (error) {
      cell.append(el("p", {class: "said"}, text(error.message)));
    }
  }

  const opened = new Map(); // key -> its row of details

  function make(item) {
    if (item.row) return item.row;
    const row = el("tr", {role: "row", "data-tone": item.tone ?? ""});
    if (lead) row.append(el("td", {role: "cell", class: "lead"}, lead(item)));
    for (const c of columns) {
      const value = c.value(item);
      const cell = el("td", {role: "cell", "data-label": c.title,
        class: [c.number ? "number" : "", c.class ?? ""].join(" ").trim() ||
          null});
      if (c.opens) {
        const button = el("button", {type: "button", class: "opens",
          "aria-expanded": "false"}, value);
        button.addEventListener("click", () => open(row, button, item.key));
        cell.append(button);
      } else if (value instanceof Node) cell.append(value);
      else put(cell, text(value));
      row.append(cell);
    }
    return row;
  }

  return (list) => {
    items.clear();
    const all = [];
    for (const item of list) {
      items.set(item.key, item);
      all.push(item);
      const more = opened.get(item.key);
      if (more) all.push({key: `${item.key} details`, row: more});
    }
    for (const key of opened.keys()) if (!items.has(key)) opened.delete(key);
    if (all.length === 0) {
      all.push({key: "", row: el("tr", {role: "row", class: "none"},
        el("td", {role: "cell", colspan: heads.length}, empty))});
    }
    keyed(body, all, (item) => item.key, make);
  };
}
