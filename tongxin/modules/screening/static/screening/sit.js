/* Filling in a paper. Each answer is sent as it is given; what could not be sent stays in this page's memory, nowhere else,
   and is sent again until the server has it. Without this file the page is a plain form. */
"use strict";
(() => {
  /* Nothing comes back out of the browser's memory: a page that is left is emptied, and asked for anew if shown again. */
  addEventListener("pagehide", (event) => { if (event.persisted) document.body.replaceChildren(); });
  addEventListener("pageshow", (event) => { if (event.persisted) location.replace(location.pathname); });
  const way = document.querySelector("[data-forget]");
  if (way) history.replaceState(null, "", way.dataset.forget);

  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  const said = form.dataset;
  const state = form.querySelector("[data-state]");
  const unsent = new Map();
  let sending = false, cut = false, over = false, wait = 0, timer = 0, then = null;

  /* seconds this page was looked at since they were last told */
  let looked = 0, since = performance.now();
  const clock = () => { if (document.visibilityState === "visible") looked += performance.now() - since; since = performance.now(); };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") since = performance.now();
    else { looked += performance.now() - since; send(); }
  });
  const counted = document.createElement("input");
  counted.type = "hidden";
  counted.name = "seconds";
  form.append(counted);

  function tell(text, tone) { state.textContent = text; state.dataset.tone = tone || ""; }

  function note(field) {
    if (!field.name.startsWith("a-")) return;
    unsent.set(field.name, field.value);
    if (!over) send();
  }

  async function send() {
    clearTimeout(timer);
    if (over || sending || !unsent.size) return;
    sending = true;
    const batch = new Map(unsent);
    clock();
    const seconds = Math.round(looked / 1000);
    const body = new URLSearchParams([
      ["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value], ["page", form.elements.page.value], ["seconds", seconds], ...batch,
    ]);
    if (!cut) tell(said.keeping);
    let answer = null;
    try {
      answer = await fetch(said.keep, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true, redirect: "error", signal: AbortSignal.timeout(15000) });
      if (answer.status >= 500) answer = null;
    } catch { answer = null; }
    sending = false;
    if (!answer) return later();
    if (answer.status === 409) return refused(await answer.json().catch(() => ({})), batch);
    if (!answer.ok) return gone();
    for (const [name, value] of batch) if (unsent.get(name) === value) unsent.delete(name);
    looked = Math.max(0, looked - seconds * 1000);
    show((await answer.json().catch(() => ({}))).shown);
    if (unsent.size) return send();
    tell(cut ? said.back : said.kept, cut ? "back" : "");
    cut = false;
    wait = 0;
    if (then) { const go = then; then = null; leave(go); }
  }

  function later() {
    cut = true;
    then = null;
    tell(said.offline, "cut");
    wait = Math.min(wait ? wait * 2 : 1500, 15000);
    timer = setTimeout(send, wait);
  }

  function refused(why, batch) {
    for (const name of batch.keys()) unsent.delete(name);
    then = null;
    tell(why.say || "", "cut");
  }

  function gone() {
    over = true;
    const link = document.createElement("a");
    link.href = said.enter;
    link.textContent = said.gone;
    state.dataset.tone = "cut";
    state.replaceChildren(link);
  }

  function show(items) {
    if (!items) return;
    for (const box of form.querySelectorAll("[data-item]")) {
      const asked = items.includes(box.dataset.item);
      box.hidden = !asked;
      box.disabled = !asked;
    }
  }

  function count() { clock(); counted.value = Math.round(looked / 1000); }

  /* later than the press of the button: once everything is with the server */
  function leave(button) {
    count();
    form.dataset.leaving = "";
    form.requestSubmit(button);
  }

  form.addEventListener("change", (event) => note(event.target));
  let typing = 0;
  form.addEventListener("input", (event) => {
    if (event.target.type === "radio") return;
    clearTimeout(typing);
    typing = setTimeout(() => note(event.target), 800);
  });
  form.addEventListener("submit", (event) => {
    if ("leaving" in said) return;
    const button = event.submitter, hold = () => { event.preventDefault(); event.stopPropagation(); };
    if (button?.name === "clear") {
      hold();
      for (const input of button.closest("[data-item]").querySelectorAll("input")) input.checked = false;
      unsent.set(`a-${button.value}`, "");
      return void send();
    }
    clearTimeout(typing);
    for (const field of form.querySelectorAll("textarea, input:not([type=radio], [type=hidden])")) if (field.value !== field.defaultValue) unsent.set(field.name, field.value);
    if (!navigator.onLine) { hold(); return later(); }
    if (!unsent.size) return count();
    hold();
    then = button;
    send();
  });
  addEventListener("online", () => { wait = 0; if (unsent.size) send(); else if (cut) { cut = false; tell(said.back, "back"); } });
  addEventListener("offline", () => { cut = true; tell(said.offline, "cut"); });
})();
