// Puts the chat into another page: <script src="https://flow.example/chat/embed.js" data-title="Chat"></script>
"use strict";
(() => {
  const script = document.currentScript;
  const title = script.dataset.title || "Chat";
  const frame = document.createElement("iframe");
  frame.title = title;
  frame.src = new URL("/chat", script.src).href;
  frame.hidden = true;
  Object.assign(frame.style, { position: "fixed", right: "1rem", bottom: "4.5rem", width: "min(24rem, 90vw)",
    height: "min(34rem, 75vh)", border: "1px solid gray", borderRadius: ".5rem", background: "Canvas", zIndex: 2147483646 });
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = title;
  button.setAttribute("aria-expanded", "false");
  Object.assign(button.style, { position: "fixed", right: "1rem", bottom: "1rem", padding: ".75rem 1.25rem",
    font: "1rem system-ui, sans-serif", borderRadius: "2rem", zIndex: 2147483647 });
  button.addEventListener("click", () => {
    frame.hidden = !frame.hidden;
    button.setAttribute("aria-expanded", String(!frame.hidden));
    if (!frame.hidden) frame.focus();
  });
  const put = () => document.body.append(frame, button);
  if (document.body) put(); else addEventListener("DOMContentLoaded", put);
})();
