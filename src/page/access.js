// Questions to the service, and the token that some of them need.

import {$, put} from "./dom.js";

const KEY = "extq-token";

export const token = () => sessionStorage.getItem(KEY);

export async function ask(path, parameters = {}, method = "GET") {
  const query = new URLSearchParams(Object.entries(parameters)
    .filter(([, value]) => value));
  const headers = token() ? {Authorization: `Bearer ${token()}`} : {};
  const answer = await fetch(`${path}?${query}`,
    {method, headers, cache: "no-store"});
  const body = answer.status === 204 ? {} : await answer.json();
  if (answer.status === 401) forget();
  if (!answer.ok) throw new Error(body.error ?? `status ${answer.status}`);
  return body;
}

function forget() {
  sessionStorage.removeItem(KEY);
  showAccess(true);
}

export function showAccess(admin) {
  $("token").hidden = !admin;
  put($("token"), token() ? "Lock" : "Unlock");
  document.body.classList.toggle("trusted", Boolean(admin && token()));
}

let answered = Promise.resolve(), unlocking = null;

// What is said to a question. One waits for the other: a dialog's close event
// comes a frame late, and would answer a question asked in between.
function question(dialog, prepare) {
  answered = answered.then(() => new Promise((done) => {
    prepare();
    dialog.returnValue = "";
    dialog.addEventListener("close", () => done(dialog.returnValue),
      {once: true});
    dialog.showModal();
  }));
  return answered;
}

async function askToken() {
  put($("token-said"), "");
  while (!token()) {
    const said = await question($("token-dialog"),
      () => { $("token-value").value = ""; });
    const value = $("token-value").value.trim();
    $("token-value").value = "";
    if (said !== "ok") return false;
    if (!value) continue;
    sessionStorage.setItem(KEY, value);
    try {
      await ask("/page/token", {}, "POST");
    } catch (error) {
      sessionStorage.removeItem(KEY);
      put($("token-said"), error.message);
    }
  }
  showAccess(true);
  return true;
}

// True once there is a token that is the right one: it is asked for once,
// however many wait for it.
export function unlock() {
  unlocking ??= askToken().finally(() => { unlocking = null; });
  return unlocking;
}

export async function sure(words, yes) {
  return await question($("sure-dialog"), () => {
    put($("sure-text"), words);
    put($("sure-yes"), yes);
  }) === "ok";
}

export function makeAccess(changed) {
  $("token").addEventListener("click", async () => {
    if (token()) forget();
    else await unlock();
    changed();
  });
}
