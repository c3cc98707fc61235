// What pages do beside being pages: parts that change by themselves, questions before what cannot
// be taken back, and numbers under the pointer. Everything else works without it.
"use strict";

// Parts of a live page come as HTML that the server has made, by the ids of their elements.
function follow(main) {
  const stalled = document.getElementById("stalled");
  let timer;
  const isLate = (late) => {
    clearTimeout(timer);
    if (stalled) stalled.hidden = !late;
    if (!late) timer = setTimeout(isLate, 30000, true);
  };
  const source = new EventSource(main.dataset.live);
  source.onmessage = (event) => {
    isLate(false);
    let isAbsent = false;
    for (const [id, html] of Object.entries(JSON.parse(event.data))) {
      const part = document.getElementById(id);
      if (!part) isAbsent = true;
      else if (!part.contains(document.activeElement)) part.innerHTML = html;
    }
    // The page is of a time when less was known.
    if (isAbsent) location.reload();
  };
  source.onerror = () => {
    isLate(true);
    // A session that has ended is told by the page itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 2000);
  };
  window.addEventListener("pagehide", () => source.close());
}

function ask(event) {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
}

const UNITS = {
  "per-second": (value) => `${value.toLocaleString("en", { maximumFractionDigits: 1 })}/s`,
  seconds: (value) => (value < 90 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`),
  octets: (value) => {
    const names = ["B", "KiB", "MiB", "GiB"];
    let at = 0;
    for (; value >= 1024 && at < 3; at += 1) value /= 1024;
    return `${value.toLocaleString("en", { maximumFractionDigits: 1 })} ${names[at]}`;
  },
};

// Tells what the lines of a chart were where the pointer is.
function read(event) {
  const svg = event.target.closest?.(".plot svg");
  const old = document.querySelector(".readout");
  if (!svg) return old?.remove();
  const box = svg.getBoundingClientRect();
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const x = ((event.clientX - box.left) / box.width) * width;
  const minutes = Math.round((1 - x / width) * 60);
  const texts = [minutes <= 0 ? "now" : `${minutes} min ago`];
  for (const line of svg.querySelectorAll(".line")) {
    const point = [...line.getAttribute("d").matchAll(/(\d+) ([\d.]+)(?=[LMH]|$)/g)]
      .map((match) => [Number(match[1]), Number(match[2])])
      .filter(([at]) => Math.abs(at - x) <= 5)
      .sort(([one], [other]) => Math.abs(one - x) - Math.abs(other - x))[0];
    if (!point) continue;
    const value = (1 - (point[1] - 0.5) / (height - 1)) * Number(svg.dataset.top);
    texts.push(`${line.dataset.name} ${UNITS[svg.dataset.unit](Math.max(0, value))}`);
  }
  const figure = svg.closest("figure");
  const readout = old && figure.contains(old) ? old : document.createElement("div");
  if (readout !== old) old?.remove();
  readout.className = "readout";
  readout.setAttribute("aria-hidden", "true");
  readout.textContent = texts.join(" · ");
  figure.append(readout);
}

// On a phone the menu is a line that is longer than the screen.
const here = document.querySelector(".menu nav a[aria-current]");
here?.closest("nav").scrollTo({ left: here.offsetLeft - 40 });

document.addEventListener("submit", ask);
document.addEventListener("pointermove", read);
const main = document.querySelector("main[data-live]");
if (main) follow(main);
