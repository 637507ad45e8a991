// The page of the chat: keeps what it said until the server has it, shows what comes once, comes back after a break.
"use strict";
(() => {
  const log = document.getElementById("log");
  const status = document.getElementById("status");
  const form = document.getElementById("form");
  const field = document.getElementById("text");
  const KEPT = 200;

  const read = () => {
    try { return JSON.parse(localStorage.getItem("flowlang chat")) || {}; } catch { return {}; }
  };
  const state = Object.assign({ token: "", last: 0, lines: [], waiting: [] }, read());
  const save = () => {
    state.lines = state.lines.slice(-KEPT);
    try { localStorage.setItem("flowlang chat", JSON.stringify(state)); } catch { /* private window: until it closes */ }
  };
  if (!/^[A-Za-z0-9_-]{43}$/.test(state.token)) {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    state.token = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    save();
  }

  const show = (who, text, id) => {
    const line = document.createElement("p");
    const name = document.createElement("span");
    line.className = who === "You" ? "you" : "they";
    name.className = "who";
    name.textContent = `${who}: `;
    line.append(name, text);
    if (id) { line.dataset.id = id; line.classList.add("waiting"); }
    log.append(line);
    log.scrollTop = log.scrollHeight;
  };
  const arrived = (id) => {
    state.waiting = state.waiting.filter((each) => each.id !== id);
    save();
    const line = log.querySelector(`[data-id="${CSS.escape(id)}"]`);
    if (line) line.classList.remove("waiting");
  };

  let socket = null;
  let ready = false;
  let pause = 500;
  const send = (given) => { if (ready) socket.send(JSON.stringify(given)); };
  const say = (each) => send({ t: "say", id: each.id, text: each.text });

  const heard = (given) => {
    if (given.t === "welcome") {
      ready = true;
      pause = 500;
      status.textContent = "Connected.";
      state.waiting.forEach(say);
    } else if (given.t === "message") {
      if (given.n > state.last) {
        state.last = given.n;
        state.lines.push({ who: "They", text: given.text });
        save();
        show("They", given.text);
      }
      send({ t: "seen", n: given.n });
    } else if (given.t === "kept") {
      arrived(given.id);
    } else if (given.t === "nobody") {
      arrived(given.id);
      status.textContent = "Nobody takes your message here.";
    } else if (given.t === "later") {
      status.textContent = "Your message will be sent again in a moment.";
      const each = state.waiting.find((one) => one.id === given.id);
      if (each) setTimeout(() => say(each), 5000);
    }
  };

  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}/chat/socket`);
    socket.onopen = () => socket.send(JSON.stringify({ t: "hello", token: state.token, last: state.last }));
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
    const each = { id, text };
    state.waiting.push(each);
    state.lines.push({ who: "You", text, id });
    save();
    show("You", text, id);
    say(each);
    field.value = "";
    field.focus();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });

  const unsent = new Set(state.waiting.map((each) => each.id));
  log.setAttribute("aria-live", "off"); // what is shown again is not read out again
  state.lines.forEach((each) => show(each.who, each.text, unsent.has(each.id) ? each.id : undefined));
  requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
  connect();
})();
