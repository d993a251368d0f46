// Making elements. Whatever came from outside goes through text() and
// textContent: nothing here reads markup.

// What could garble the line that it stands in is shown by its number.
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

// Marks heaped on one letter reach into other lines.
const HEAPED = /(\p{M}{3})\p{M}+/gu;

export function text(value, most = 300) {
  let clean = String(value ?? "").slice(0, most + 1).replace(HIDDEN, (c) =>
    "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
  clean = clean.replace(HEAPED, "$1…");
  if (clean.length > most) clean = clean.slice(0, most) + "…";
  return clean;
}

export const $ = (id) => document.getElementById(id);

// el("td", {class: "x", onclick: f, hidden: true}, "text", child, ...)
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.filter((c) => c != null));
  return element;
}

// Sets it if it is another one: a screen reader hears no echo.
export function put(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

// Makes the parent's children those of the items, in their order, and moves
// none that is in place: what has the focus keeps it.
export function keyed(parent, items, key, make, update) {
  const old = new Map();
  for (const child of parent.children) old.set(child.dataset.key, child);
  let at = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let child = old.get(name);
    if (!child) {
      child = make(item);
      child.dataset.key = name;
    }
    old.delete(name);
    update?.(child, item);
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
  for (const child of old.values()) child.remove();
}

// A table with its head; columns: [{title, number, value(item) -> text or
// element, class}]. Returns show(items, key). Roles are given because small
// screens show rows as cards, and lose them.
export function table(element, columns, empty) {
  const head = el("tr", {role: "row"}, ...columns.map((c) =>
    el("th", {scope: "col", role: "columnheader",
      class: c.number ? "number" : null}, c.title)));
  const body = el("tbody", {role: "rowgroup"});
  const none = el("tr", {role: "row", class: "none", "data-key": ""},
    el("td", {role: "cell", colspan: columns.length}, empty));
  element.setAttribute("role", "table");
  element.append(el("thead", {role: "rowgroup"}, head), body);

  function fill(cell, column, item) {
    const value = column.value(item);
    if (value instanceof Node) cell.replaceChildren(value);
    else put(cell, text(value));
  }
  function make(item) {
    return el("tr", {role: "row"}, ...columns.map((c) => {
      const cell = el(c.head ? "th" : "td", {
        scope: c.head ? "row" : null, role: c.head ? "rowheader" : "cell",
        "data-label": c.title, class: [c.number ? "number" : "",
          c.class ?? ""].join(" ").trim() || null,
      });
      fill(cell, c, item);
      return cell;
    }));
  }
  function update(row, item) {
    columns.forEach((c, n) => {
      if (!c.once) fill(row.children[n], c, item);
    });
    row.dataset.tone = item.tone ?? "";
  }
  return (items, key) => {
    if (items.length === 0) {
      body.replaceChildren(none);
      return;
    }
    none.remove();
    keyed(body, items, key, make, update);
  };
}

// Names and what is there of values: texts, or elements.
export function facts(list) {
  return el("dl", {}, ...list.filter(([, value]) => value).flatMap(
    ([name, value]) => [el("dt", {}, text(name, 40)), el("dd", {},
      value instanceof Node ? value : text(value, 4096))]));
}

// A command to type, and a button that copies it.
export function command(line) {
  const button = el("button", {type: "button", class: "copy",
    "aria-label": `Copy: ${line}`}, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(line);
      put(button, "Copied");
    } catch {
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      put(button, "Selected");
    }
    setTimeout(() => put(button, "Copy"), 2000);
  });
  return el("span", {class: "command"}, el("code", {}, line), button);
}

// A word for a shell: names of ours pass as they are.
export function word(value) {
  const clean = text(value, 200);
  return /^[\w.:~/@-]+$/.test(clean) ? clean :
    "'" + clean.replaceAll("'", "'\\''") + "'";
}
