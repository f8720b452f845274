// Asks the server every two seconds what is now. Whatever keeps an answer away makes the screen say that it stands.
"use strict";

const POLL = 2000;
const PATIENCE = 10000; // Milliseconds without an answer until the server counts as gone.
const body = document.body;
const words = body.dataset;
const HOURS = new Intl.DateTimeFormat("vi-VN", { timeStyle: "medium", hour12: false, timeZone: "Asia/Ho_Chi_Minh" });
const clock = (moment) => HOURS.format(moment);
const part = (id) => document.getElementById(id);

let answered = Date.now(); // When the last answer came that all parts stand behind.
let heard = Date.now(); // When the last answer came at all.
const frames = words.playlist.split(" ").filter(Boolean);
let there = false; // Whether a Grafana answers.
let shown = -1;

function show(now) {
  heard = Date.now();
  if (now.bar !== null) part("bar").innerHTML = now.bar;
  if (now.tiles !== null) part("tiles").innerHTML = now.tiles;
  if (now.stopped.length === 0) answered = heard;
  stand(now.stopped);
  view();
  call(now.calls);
}

function stand(stopped) {
  body.classList.toggle("stopped", stopped.length > 0);
  part("stands").hidden = stopped.length === 0;
  part("which").textContent = stopped.join(" · ");
  part("when").textContent = `${words.since} ${clock(answered)}`;
}

async function ask() {
  try {
    const answer = await fetch(`/now?lang=${words.language}`, { cache: "no-store", signal: AbortSignal.timeout(8000) });
    if (answer.status === 401) location.reload();
    if (answer.ok) show(await answer.json());
  } catch {
    // Said below, once it lasts.
  }
  if (Date.now() - heard > PATIENCE) stand([words.server]);
  setTimeout(ask, POLL);
}

// Whether there is a Grafana to show, asked of its server itself: its answers may not be read, but one comes or none.
async function seek() {
  try {
    await fetch(`${new URL(frames[0]).origin}/api/health`, { mode: "no-cors", signal: AbortSignal.timeout(8000) });
    there = true;
  } catch {
    there = false;
    shown = -1;
  }
  view();
  setTimeout(seek, 5 * POLL);
}

// A page that nobody took sounds once; across reloads, too.
function call(keys) {
  const before = JSON.parse(sessionStorage.getItem("calls") ?? "[]");
  sessionStorage.setItem("calls", JSON.stringify(keys));
  if (keys.some((key) => !before.includes(key)) && !muted()) sound();
}

function sound() {
  words.sounded = Number(words.sounded ?? 0) + 1;
  const context = new AudioContext();
  for (const [at, pitch] of [[0, 880], [0.35, 660], [0.7, 880]]) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = pitch;
    volume.gain.value = 0.4;
    tone.connect(volume).connect(context.destination);
    tone.start(context.currentTime + at);
    tone.stop(context.currentTime + at + 0.25);
  }
  setTimeout(() => context.close(), 2000);
}

const muted = () => localStorage.getItem("muted") === "yes";
const tilesWanted = () => localStorage.getItem("view") === "tiles";

function view() {
  const framed = there && !tilesWanted();
  part("tiles").hidden = framed;
  part("frame").hidden = !framed;
  part("view").hidden = !there;
  part("view").textContent = framed ? words.tiles : words.frames;
  part("sound").textContent = muted() ? words.muted : words.sound;
  part("sound").className = muted() ? "off" : "";
  if (framed && shown < 0) next();
}

function next() {
  if (!there || tilesWanted()) return;
  shown = (shown + 1) % frames.length;
  part("frame").src = frames[shown];
}

part("sound").onclick = () => {
  localStorage.setItem("muted", muted() ? "no" : "yes");
  view();
};
part("view").onclick = () => {
  localStorage.setItem("view", tilesWanted() ? "frames" : "tiles");
  view();
};
const tick = () => (part("clock").textContent = clock(Date.now()));
setInterval(tick, 1000);
setInterval(next, Number(words.seconds) * 1000);
tick();
view();
ask();
if (frames.length > 0) seek();
