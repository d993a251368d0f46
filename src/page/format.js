// Numbers and times for people.

export function count(n) {
  return n == null ? "–" : Number(n).toLocaleString("en");
}

export function rate(n) {
  if (n >= 100) return count(Math.round(n));
  return n >= 10 ? n.toFixed(0) : n > 0 ? n.toFixed(1) : "0";
}

export function ms(n) {
  if (n < 1) return n > 0 ? "<1 ms" : "0";
  if (n < 1000) return `${Math.round(n)} ms`;
  return n < 60000 ? `${(n / 1000).toFixed(n < 10000 ? 1 : 0)} s` : span(n);
}

// "3 m 12 s": two units at most.
export function span(n) {
  const s = Math.max(0, Math.round(n / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} m ${s % 60} s`;
  if (s < 86400) {
    return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} m`;
  }
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

const two = (n) => String(n).padStart(2, "0");

export function clock(at) {
  const d = new Date(Number(at));
  if (Number.isNaN(d.getTime())) return "–";
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

// With the day, if that is another one.
export function moment(at) {
  const d = new Date(Number(at));
  if (Number.isNaN(d.getTime())) return "–";
  if (d.toDateString() === new Date().toDateString()) return clock(at);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ` +
    clock(at);
}

export function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; n >= 1024 && unit < units.length - 1; unit++) n /= 1024;
  return `${n < 10 && unit ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}
