/* What pages do in the browser. Every page works as a plain form post; this only makes it quicker and kinder.
   start(root) may run again on any part of the page that was put in later. */
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const english = document.documentElement.lang === "en";
  const words = english
    ? { unreached: "No connection. Please try again.", sending: "Sending", failed: "Not sent: the connection failed. What you wrote is still here.", here: ". What you wrote is still here.", retry: "Send again", kept: "Restored what you wrote last time.", cancel: "Discard", more: "Too many matches; type another letter." }
    : { unreached: "没有连上，请再试一次。", sending: "正在发送", failed: "没有发出去：网络不通。您填写的内容还在这里。", here: "。您填写的内容还在这里。", retry: "重新发送", kept: "已恢复上次没有提交的内容。", cancel: "不要了", more: "人数较多，请再打一个字母。" };

  /* short notices */
  function toast(text, tone) {
    const box = document.createElement("div");
    box.className = `toast toast--${tone || "info"}`;
    const line = document.createElement("p");
    line.textContent = text;
    box.append(line);
    $("#toasts")?.append(box);
    fade(box);
  }
  function fade(box) {
    const hold = $("form", box) ? 15000 : 6000;
    let left = setTimeout(() => box.remove(), hold);
    box.addEventListener("pointerenter", () => clearTimeout(left));
    box.addEventListener("focusin", () => clearTimeout(left));
    box.addEventListener("pointerleave", () => { left = setTimeout(() => box.remove(), 3000); });
  }

  /* a form is sent once: the button says so and waits */
  function busy(form, on) {
    form.toggleAttribute("data-busy", on);
    for (const button of $$("button[type=submit], button:not([type])", form)) {
      if (on) button.setAttribute("aria-busy", "true"); else button.removeAttribute("aria-busy");
      button.setAttribute("aria-disabled", String(on));
      if (!on) button.removeAttribute("aria-disabled");
    }
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "get" || form.hasAttribute("hx-get") || form.hasAttribute("hx-post")) return;
    if (form.hasAttribute("data-busy")) { event.preventDefault(); return; }
    const finding = event.submitter?.hasAttribute("formnovalidate");
    if (form.hasAttribute("data-send") && !finding) { event.preventDefault(); send(form, event.submitter); return; }
    busy(form, true);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) for (const form of $$("form[data-busy]")) busy(form, false); });

  /* send with progress; a failure keeps everything and offers to send again */
  async function send(form, submitter) {
    busy(form, true);
    await Promise.all($$("[data-photos]", form).map((box) => box.ready || null));
    const body = new FormData(form, submitter);
    const request = new XMLHttpRequest();
    const said = sendingLine(form);
    request.open("POST", form.action || location.href);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.upload.onprogress = (event) => { if (event.lengthComputable) said.show(event.loaded / event.total); };
    request.onerror = request.ontimeout = () => { busy(form, false); said.fail(() => form.requestSubmit(submitter || undefined)); };
    request.onload = () => {
      busy(form, false);
      said.remove();
      arrived(form, request);
    };
    request.timeout = 120000;
    said.show(0);
    request.send(body);
  }
  /* what our own page of an error says first; "" when the line is down or somebody else answered */
  function saidBy(request) {
    if (!request || request.status < 500) return "";
    return $("#main h1", new DOMParser().parseFromString(request.responseText, "text/html"))?.textContent.trim() || "";
  }
  function sendingLine(form) {
    $(".sending", form)?.remove();
    const box = document.createElement("div");
    box.className = "sending";
    box.setAttribute("role", "status");
    form.append(box);
    return {
      show(share) {
        let bar = $("progress", box);
        if (!bar) {
          const line = document.createElement("span");
          line.textContent = words.sending;
          bar = document.createElement("progress");
          bar.max = 100;
          bar.setAttribute("aria-label", words.sending);
          box.replaceChildren(line, bar);
        }
        bar.value = Math.round(share * 100);
      },
      fail(again, why) {
        const line = document.createElement("p");
        line.className = "notice notice--warn";
        line.textContent = why ? why + words.here : words.failed;
        const button = document.createElement("button");
        button.type = "button";
        button.className = "btn btn--primary";
        button.textContent = words.retry;
        button.addEventListener("click", again);
        box.replaceChildren(line, button);
        button.focus();
      },
      remove() { box.remove(); },
    };
  }
  function arrived(form, request) {
    const parsed = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = $("#main", parsed);
    const elsewhere = request.responseURL && new URL(request.responseURL).pathname !== new URL(form.action || location.href).pathname;
    if (request.status >= 500 || !main) { sendingLine(form).fail(() => form.requestSubmit(), saidBy(request)); return; }
    if (elsewhere || request.status < 400 && !$("[aria-invalid=true], .notice--error, .field__error", main)) forget(form);
    document.title = parsed.title || document.title;
    if (elsewhere) history.pushState({}, "", request.responseURL);
    $("#main").replaceWith(document.adoptNode(main));
    const notices = $("#toasts", parsed);
    if (notices) $("#toasts")?.replaceChildren(...[...notices.children].map((child) => document.adoptNode(child)));
    const place = $("#main");
    globalThis.htmx?.process(place);
    start(place);
    start($("#toasts"));
    scrollTo(0, 0);
    ($("[data-focus]", place) || place).focus({ preventScroll: true });
  }
  addEventListener("popstate", (event) => { if (event.state && !event.state.htmx) location.reload(); });

  /* a draft of long typing, kept in this tab only; pages about care never ask for it */
  const draftKey = (form) => `draft:${form.dataset.draft}:${location.pathname}`;
  const drafted = (form) => $$("input[name], textarea[name], select[name]", form).filter((field) => !["hidden", "file", "password"].includes(field.type) && field.name !== "once");
  function keep(form) {
    const values = drafted(form).map((field) => [field.name, field.type === "checkbox" || field.type === "radio" ? field.value : "", field.type === "checkbox" || field.type === "radio" ? field.checked : field.value]);
    const chosen = $$("[data-people]", form).map((box) => [box.dataset.name, chosenOf(box)]);
    try { sessionStorage.setItem(draftKey(form), JSON.stringify({ values, chosen })); } catch { /* a full store loses only the draft */ }
  }
  function forget(form) {
    if (form.dataset.draft) try { sessionStorage.removeItem(draftKey(form)); } catch { /* nothing to forget */ }
  }
  function restore(form) {
    let draft = null;
    try { draft = JSON.parse(sessionStorage.getItem(draftKey(form)) || "null"); } catch { draft = null; }
    if (!draft || $(".field__error, .notice--error", form)) return;
    let changed = false;
    for (const [name, value, kept] of draft.values) {
      for (const field of drafted(form).filter((f) => f.name === name)) {
        if (field.type === "checkbox" || field.type === "radio") {
          if (field.value === value && field.checked !== kept && !field.closest("[data-people]")) { field.checked = kept; changed = true; }
        } else if (field.value !== kept && kept !== "") { field.value = kept; changed = true; }
      }
    }
    for (const [name, people] of draft.chosen || []) {
      const box = $$("[data-people]", form).find((b) => b.dataset.name === name);
      for (const person of people) if (box && choose(box, person)) changed = true;
    }
    if (!changed) return;
    const line = document.createElement("p");
    line.className = "notice row";
    line.setAttribute("role", "status");
    const text = document.createElement("span");
    text.textContent = words.kept;
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "btn btn--quiet";
    drop.textContent = words.cancel;
    drop.addEventListener("click", () => { forget(form); location.reload(); });
    line.append(text, drop);
    form.prepend(line);
  }

  /* day picker: 今天 and 昨天 beside the native one */
  function dayPicker(box) {
    const input = $("input[type=date]", box);
    const mark = () => { for (const button of $$("[data-day]", box)) button.setAttribute("aria-pressed", String(button.dataset.day === input.value)); };
    for (const button of $$("[data-day]", box)) {
      button.hidden = false;
      button.addEventListener("click", () => { input.value = button.dataset.day; input.dispatchEvent(new Event("change", { bubbles: true })); mark(); });
    }
    input.addEventListener("change", mark);
    mark();
  }

  /* people: type pinyin or initials, pick a class, several at once */
  const normal = (text) => text.toLowerCase().replace(/[\s·'’]/g, "");
  const inputs = (box) => $$("[data-people-list] input", box);
  const chosenOf = (box) => inputs(box).filter((input) => input.checked).map((input) => ({ id: input.value, name: input.closest("li").dataset.label || $(".people__name", input.closest("li")).textContent }));
  function peoplePicker(box) {
    const query = $("[data-people-q]", box);
    const list = $("[data-people-list]", box);
    const said = $("[data-people-said]", box);
    const group = $("[data-people-group]", box);
    const all = $("[data-people-all]", box);
    const go = $(".people__go", box);
    let waiting = 0;
    let asked = 0;
    go.hidden = true;
    const filter = () => {
      const wanted = normal(query.value);
      let seen = 0;
      for (const item of $$("li", list)) {
        const fits = !wanted || item.dataset.found === wanted || item.dataset.keys.split(" ").some((key) => normal(key).includes(wanted));
        item.hidden = !fits || (item.dataset.group !== undefined && group?.value && !item.dataset.group.split(" ").includes(group.value));
        if (!item.hidden) seen += 1;
      }
      return seen;
    };
    const look = async () => {
      const seen = filter();
      all && (all.hidden = !group?.value || "single" in box.dataset);
      if (!box.dataset.url) { said.textContent = seen || !query.value ? "" : box.dataset.none; return; }
      const mine = ++asked;
      const address = new URL(box.dataset.url, location.href);
      address.searchParams.set("q", query.value.trim());
      if (group?.value) address.searchParams.set("group", group.value);
      try {
        const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
        if (!answer.ok) throw new Error(String(answer.status));
        const found = await answer.json();
        if (mine !== asked) return;
        show(found.people || []);
        const counted = $$("li:not([hidden])", list).length;
        said.textContent = counted ? (found.more ? words.more : "") : query.value ? box.dataset.none : "";
      } catch {
        if (mine === asked) said.textContent = box.dataset.failed;
      }
    };
    const show = (people) => {
      for (const item of $$("li", list)) if (!$("input", item).checked) item.remove(); else item.hidden = true;
      const wanted = normal(query.value);
      for (const person of people) {
        const present = $$("li", list).find((item) => item.dataset.id === String(person.id));
        if (present) { present.hidden = false; present.dataset.found = wanted; continue; }
        list.append(personItem(box, person, wanted));
      }
    };
    box.lookNow = look;
    query.addEventListener("input", () => { clearTimeout(waiting); filter(); waiting = setTimeout(look, 160); });
    query.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        const first = $$("li:not([hidden]) input", list).find((input) => !input.checked);
        if (first && query.value) { first.click(); query.select(); }
      } else if (event.key === "ArrowDown") { event.preventDefault(); $("li:not([hidden]) input", list)?.focus(); }
    });
    group?.addEventListener("change", look);
    all?.addEventListener("click", () => { for (const input of $$("li:not([hidden]) input", list)) input.checked = true; chips(box); changed(box); });
    list.addEventListener("change", () => chips(box));
    list.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp" || event.target.type === "radio") return;
      const open = $$("li:not([hidden]) input", list);
      const next = open[open.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
      event.preventDefault();
      (next || query).focus();
    });
    chips(box);
    if (box.dataset.url && !$("li", list)) look();
  }
  function personItem(box, person, wanted) {
    const item = document.createElement("li");
    item.dataset.id = person.id;
    item.dataset.keys = `${person.name} ${person.pinyin || ""} ${person.initials || ""}`;
    item.dataset.label = person.name;
    item.dataset.found = wanted;
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "single" in box.dataset ? "radio" : "checkbox";
    input.name = box.dataset.name;
    input.value = person.id;
    const name = document.createElement("span");
    name.className = "people__name";
    name.textContent = person.name;
    label.append(input, name);
    if (person.detail) {
      const detail = document.createElement("span");
      detail.className = "people__detail";
      detail.textContent = person.detail;
      label.append(detail);
    }
    item.append(label);
    return item;
  }
  function choose(box, person) {
    const list = $("[data-people-list]", box);
    let item = $$("li", list).find((one) => one.dataset.id === String(person.id));
    if (!item) { item = personItem(box, person, ""); list.append(item); }
    const input = $("input", item);
    if (input.checked) return false;
    input.checked = true;
    chips(box);
    return true;
  }
  function changed(box) { box.dispatchEvent(new Event("change", { bubbles: true })); }
  function chips(box) {
    const place = $(".people__chosen", box);
    const people = chosenOf(box);
    place.hidden = !people.length || "single" in box.dataset;
    place.replaceChildren(...people.map((person) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = person.name;
      button.setAttribute("aria-label", `${box.dataset.remove} ${person.name}`);
      button.addEventListener("click", () => {
        const input = inputs(box).find((one) => one.value === person.id);
        if (input) input.checked = false;
        chips(box);
        changed(box);
        $("[data-people-q]", box).focus();
      });
      item.append(button);
      return item;
    }));
  }

  /* photos: shown at once, made small before they are sent */
  const LONGEST = 1600;
  function photoPicker(box) {
    const input = $("input[type=file]", box);
    const list = $(".photos__list", box);
    let files = [];
    const put = () => { const bag = new DataTransfer(); for (const file of files) bag.items.add(file); input.files = bag.files; };
    const add = async (file) => {
      const item = document.createElement("li");
      item.textContent = box.dataset.reading;
      list.append(item);
      let small;
      try { small = await shrink(file); } catch {
        item.textContent = box.dataset.unreadable;
        return;
      }
      files.push(small);
      const image = document.createElement("img");
      image.alt = file.name;
      image.src = URL.createObjectURL(small);
      const drop = document.createElement("button");
      drop.type = "button";
      drop.setAttribute("aria-label", `${box.dataset.remove} ${file.name}`);
      drop.addEventListener("click", () => { files = files.filter((one) => one !== small); URL.revokeObjectURL(image.src); item.remove(); put(); input.focus(); });
      item.replaceChildren(image, drop);
    };
    input.addEventListener("change", () => {
      const fresh = [...input.files].filter((file) => !files.includes(file));
      box.ready = (async () => { for (const file of fresh) await add(file); put(); box.ready = null; })();
    });
  }
  async function shrink(file) {
    if (!file.type.startsWith("image/")) return file;
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
    if (scale === 1 && file.size < 600000) { bitmap.close(); return file; }
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file;
  }

  /* charts: their library comes only when one is seen */
  const loaded = new Map();
  const load = (address) => {
    if (!loaded.has(address)) loaded.set(address, new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = done;
      script.onerror = () => { loaded.delete(address); failed(new Error(address)); };
      document.head.append(script);
    }));
    return loaded.get(address);
  };
  async function draw(plot) {
    if (plot.dataset.drawn !== undefined || plot.dataset.drawing !== undefined) return;
    plot.dataset.drawing = "";
    try {
      await load(plot.dataset.library);
      await load(plot.dataset.drawer);
      globalThis.drawChart(plot, JSON.parse($(`#${plot.dataset.chart}`).textContent));
    } catch {
      plot.textContent = plot.dataset.failed;
      delete plot.dataset.drawing;
    }
  }
  const watcher = "IntersectionObserver" in globalThis
    ? new IntersectionObserver((seen) => { for (const one of seen) if (one.isIntersecting) { watcher.unobserve(one.target); draw(one.target); } }, { rootMargin: "200px" })
    : null;
  addEventListener("beforeprint", () => { for (const plot of $$("[data-chart]:not([data-drawn])")) { const fold = $(".fold", plot.closest("figure")); if (fold) fold.open = true; } });

  /* a table that fits scrolls with the page, its head below the top bar; a wider one scrolls by itself */
  function tableWrap(box) {
    const measure = () => { box.classList.remove("fits"); box.classList.toggle("fits", box.scrollWidth <= box.clientWidth); };
    new ResizeObserver(measure).observe(box.parentElement);
    measure();
  }

  /* a paper typed in by keyboard: a whole answer jumps to the next cell, what is no answer stays and says so */
  function codesForm(form) {
    const cells = $$("[data-code]", form);
    const known = (cell) => cell.dataset.codes.split("|").map((codes) => codes.split(" "));
    const own = (cell) => {
      const chosen = $("select", cell.closest("fieldset"));
      return known(cell)[chosen ? chosen.selectedIndex : 0] || known(cell)[0];
    };
    const go = (cell, step) => { const next = cells[cells.indexOf(cell) + step]; if (next) { next.focus(); next.select(); } };
    const judge = (cell) => {
      const value = cell.value.trim();
      const wrong = value !== "" && !own(cell).some((code) => code.startsWith(value));
      cell.setAttribute("aria-invalid", String(wrong));
      cell.setCustomValidity(wrong ? form.dataset.refused : "");
      cell.title = wrong ? form.dataset.refused : "";
      return wrong;
    };
    form.addEventListener("input", (event) => {
      const cell = event.target.closest("[data-code]");
      if (!cell) return;
      cell.value = cell.value.normalize("NFKC");
      const value = cell.value.trim();
      if (judge(cell)) { cell.select(); return; }
      if (own(cell).includes(value) && !own(cell).some((code) => code !== value && code.startsWith(value))) go(cell, 1);
    });
    form.addEventListener("change", (event) => { if (event.target.matches("select")) cells.forEach(judge); });
    form.addEventListener("keydown", (event) => {
      const cell = event.target.closest("[data-code]");
      if (!cell) return;
      const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key] || (event.key === "Backspace" && cell.value === "" ? -1 : 0);
      if (!step || event.isComposing) return;
      event.preventDefault();
      go(cell, step);
    });
  }

  /* a tap on the school's own map fills in metres east and north of the school */
  function mapPicker(figure) {
    const drawing = $("svg", figure);
    const picked = $(".sketch__picked", drawing);
    const { left, top, scale } = figure.dataset;
    const fields = ["x", "y"].map((name) => document.getElementById(`id_${name}`));
    drawing.addEventListener("click", (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
      picked.setAttribute("cx", at.x);
      picked.setAttribute("cy", at.y);
      picked.removeAttribute("hidden");
      fields[0].value = Math.round(Number(left) + at.x * Number(scale));
      fields[1].value = Math.round(Number(top) - at.y * Number(scale));
      $("figcaption", figure).textContent = figure.dataset.said;
    });
  }

  /* a signature by finger: strokes on a clear ground, kept in the form as a picture */
  function signaturePad(box) {
    const canvas = $("canvas", box);
    const field = $(`input[name=${box.dataset.name}]`, box.closest("form"));
    const pen = canvas.getContext("2d");
    const ink = getComputedStyle(canvas).color;
    let drawing = false;
    box.hidden = false;
    const at = (event) => {
      const frame = canvas.getBoundingClientRect();
      return [(event.clientX - frame.left) * canvas.width / frame.width, (event.clientY - frame.top) * canvas.height / frame.height];
    };
    canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      drawing = true;
      Object.assign(pen, { lineWidth: 5, lineCap: "round", lineJoin: "round", strokeStyle: ink });
      pen.beginPath();
      pen.moveTo(...at(event));
    });
    canvas.addEventListener("pointermove", (event) => { if (drawing) { pen.lineTo(...at(event)); pen.stroke(); } });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => { if (drawing) { drawing = false; field.value = canvas.toDataURL("image/png"); } });
    }
    $("[data-clear]", box).addEventListener("click", () => { pen.clearRect(0, 0, canvas.width, canvas.height); field.value = ""; });
  }

  function start(root) {
    if (!root) return;
    for (const figure of $$("[data-map]", root)) once(figure, mapPicker);
    for (const box of $$("[data-signature]", root)) once(box, signaturePad);
    for (const form of $$("form[data-codes-form]", root)) once(form, codesForm);
    for (const box of $$(".table-wrap", root)) once(box, tableWrap);
    for (const box of $$("[data-date-picker]", root)) once(box, dayPicker);
    for (const box of $$("[data-people]", root)) once(box, peoplePicker);
    for (const tab of $$(".tabs [aria-current]", root)) { const row = tab.closest("ul"); row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2; }
    for (const box of $$("[data-photos]", root)) once(box, photoPicker);
    for (const form of $$("form[data-draft]", root)) once(form, () => { restore(form); form.addEventListener("input", () => keep(form)); form.addEventListener("change", () => keep(form)); });
    for (const plot of $$("[data-chart]", root)) once(plot, () => (watcher ? watcher.observe(plot) : draw(plot)));
    for (const form of $$("form[data-autosubmit]", root)) once(form, () => { if (!form.hasAttribute("hx-get")) form.addEventListener("change", () => form.requestSubmit()); });
    for (const box of $$(".toast", root)) once(box, fade);
  }
  function once(element, work) {
    if (element.dataset.started !== undefined) return;
    element.dataset.started = "";
    work(element);
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close=toast]")) event.target.closest(".toast").remove();
    if (event.target.closest("[data-print]")) print();
    for (const menu of $$("details.menu[open], details.column-choice[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const menu of $$("details.menu[open], details.column-choice[open]")) { menu.open = false; $("summary", menu).focus(); }
  });
  /* a part that is asked for again keeps open what was open */
  let open = [];
  document.addEventListener("htmx:beforeSwap", (event) => { open = $$("details[open][id]", event.detail.target).map((one) => one.id); });
  document.addEventListener("htmx:afterSwap", () => { for (const id of open) { const one = document.getElementById(id); if (one) one.open = true; } open = []; });
  document.addEventListener("htmx:load", (event) => start(event.detail.elt));
  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(failure, (event) => toast(saidBy(event.detail.xhr) || words.unreached, "warning"));
  document.addEventListener("htmx:beforeRequest", (event) => event.detail.elt.setAttribute("aria-busy", "true"));
  document.addEventListener("htmx:afterRequest", (event) => event.detail.elt.removeAttribute("aria-busy"));
  globalThis.tongxin = { start, toast };
  start(document);
  $("[data-focus]")?.focus();
})();
