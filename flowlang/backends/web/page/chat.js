// The page of the chat: keeps what it said until the server has it, shows what comes once, comes back after a break.
// Pages of one browser share what is kept: each change is made to what stands there now, what waits has keys of its own.
"use strict";
(() => {
  const log = document.getElementById("log");
  const status = document.getElementById("status");
  const form = document.getElementById("form");
  const field = document.getElementById("text");
  const MAIN = "flowlang chat";
  const WAITING = "flowlang chat waiting ";
  const KEPT = 200;

  const own = new Map(); // in a private window: until it closes
  const get = (key) => {
    try { return JSON.parse(localStorage.getItem(key) ?? own.get(key) ?? "null"); } catch { return JSON.parse(own.get(key) ?? "null"); }
  };
  const put = (key, value) => {
    try { localStorage.setItem(key, JSON.stringify(value)); own.delete(key); } catch { own.set(key, JSON.stringify(value)); }
  };
  const drop = (key) => {
    own.delete(key);
    try { localStorage.removeItem(key); } catch { /* it was not there */ }
  };
  const kept = () => Object.assign({ token: "", epoch: "", last: 0, lines: [] }, get(MAIN));
  const change = (how) => {
    const state = kept();
    how(state);
    state.lines = state.lines.slice(-KEPT);
    put(MAIN, state);
    return state;
  };
  const waiting = () => {
    let keys = [...own.keys()];
    try { keys = keys.concat(Object.keys(localStorage)); } catch { /* private */ }
    const found = keys.filter((key) => key.startsWith(WAITING)).map(get).filter((each) => each);
    return found.sort((a, b) => a.at - b.at);
  };
  change((state) => {
    if (/^[A-Za-z0-9_-]{43}$/.test(state.token)) return;
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    state.token = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  });

  const shown = new Set();
  const show = ({ who, text, id }) => {
    if (shown.has(id)) return;
    shown.add(id);
    const line = document.createElement("p");
    const name = document.createElement("span");
    line.className = who === "You" ? "you" : "they";
    name.className = "who";
    name.textContent = `${who}: `;
    line.append(name, text);
    line.dataset.id = id;
    if (get(WAITING + id)) line.classList.add("waiting");
    log.append(line);
    log.scrollTop = log.scrollHeight;
  };
  const unmark = (id) => {
    const line = log.querySelector(`[data-id="${CSS.escape(id)}"]`);
    if (line) line.classList.remove("waiting");
  };
  const arrived = (id) => { drop(WAITING + id); unmark(id); };

  let socket = null;
  let ready = false;
  let epoch = "";
  let pause = 500;
  const send = (given) => { if (ready) socket.send(JSON.stringify(given)); };
  const say = (each) => send({ t: "say", id: each.id, text: each.text });
  const sayLater = (id) => setTimeout(() => { const each = get(WAITING + id); if (each) say(each); }, 5000);

  const heard = (given) => {
    if (given.t === "welcome") {
      ready = true;
      pause = 500;
      epoch = given.epoch;
      change((state) => { if (state.epoch !== epoch) { state.epoch = epoch; state.last = 0; } });
      status.textContent = "Connected.";
      waiting().forEach(say);
    } else if (given.t === "message") {
      const line = { who: "They", text: given.text, id: `${epoch} ${given.n}` };
      change((state) => {
        if (given.n <= state.last) return;
        state.last = given.n;
        state.lines.push(line);
      });
      show(line);
      send({ t: "seen", n: given.n });
    } else if (given.t === "kept") {
      arrived(given.id);
    } else if (given.t === "nobody") {
      arrived(given.id);
      status.textContent = "Nobody takes your message here.";
    } else if (given.t === "later") {
      status.textContent = "Your message will be sent again in a moment.";
      sayLater(given.id);
    }
  };

  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}/chat/socket`);
    socket.onopen = () => {
      const state = kept();
      socket.send(JSON.stringify({ t: "hello", token: state.token, last: state.last, epoch: state.epoch }));
    };
    socket.onmessage = (event) => heard(JSON.parse(event.data));
    socket.onclose = () => {
      ready = false;
      status.textContent = "The connection is lost. Connecting again …";
      setTimeout(connect, pause * (0.5 + Math.random()));
      pause = Math.min(pause * 2, 15000);
    };
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) { field.focus(); return; }
    const id = [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");
    const each = { id, text, at: Date.now() };
    put(WAITING + id, each);
    const line = { who: "You", text, id };
    change((state) => state.lines.push(line));
    show(line);
    say(each);
    field.value = "";
    field.focus();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
  addEventListener("storage", (event) => { // another page of this browser
    if (event.key === MAIN) kept().lines.forEach(show);
    else if (event.key !== null && event.key.startsWith(WAITING)) {
      const id = event.key.slice(WAITING.length);
      if (event.newValue === null) unmark(id);
      else sayLater(id); // where that page closes before it could
    }
  });

  log.setAttribute("aria-live", "off"); // what is shown again is not read out again
  kept().lines.forEach(show);
  requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
  connect();
})();
