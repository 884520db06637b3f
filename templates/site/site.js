"use strict";
// Every text below is data: it enters the page through textContent alone.
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const articles = Array.from(document.querySelectorAll("main > article"));
  const nav = byId("nav"), menu = byId("menu"), theme = byId("theme"), input = byId("words"), list = byId("found");
  const project = document.title;
  const make = (tag, text, kind) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  root.classList.add("js");
  menu.hidden = theme.hidden = input.parentElement.hidden = false;

  // One document at a time; the address says which, and where in it.
  const openMenu = (open) => {
    nav.classList.toggle("open", open);
    menu.setAttribute("aria-expanded", String(open));
  };
  const asked = () => {
    try { return byId(decodeURIComponent(location.hash.slice(1))); } catch { return null; }
  };
  const route = (moved) => {
    const target = asked();
    const article = (target && target.closest("main > article")) || articles[0];
    if (!article) return;
    for (const one of articles) one.classList.toggle("shown", one === article);
    document.title = article.getAttribute("aria-label") + " | " + project;
    let here = null;
    for (const link of nav.querySelectorAll("a")) {
      const mine = link.hash === "#" + article.id;
      if (mine) { link.setAttribute("aria-current", "page"); here = link; } else link.removeAttribute("aria-current");
      if (link.closest("ul ul") === null) link.parentElement.classList.toggle("open", mine);
    }
    if (here && nav.scrollHeight > nav.clientHeight) here.scrollIntoView({ block: "nearest" });
    openMenu(false);
    if (target && target !== article && target.id !== "content") target.scrollIntoView();
    else if (!moved) scrollTo(0, 0);
    else if (!target || target === article) {
      scrollTo(0, 0);
      const head = article.querySelector("h1");
      if (head) { head.tabIndex = -1; head.focus({ preventScroll: true }); }
    }
  };
  // Back leads to the very line that was left.
  let left = null;
  history.scrollRestoration = "manual";
  addEventListener("click", (event) => {
    if (event.target.closest && event.target.closest("a[href^='#']")) history.replaceState({ y: scrollY }, "");
  }, true);
  addEventListener("popstate", (event) => { left = event.state ? event.state.y : null; });
  addEventListener("hashchange", () => {
    route(true);
    if (left !== null) scrollTo(0, left);
  });
  addEventListener("load", () => route(false));
  menu.addEventListener("click", () => openMenu(menu.getAttribute("aria-expanded") !== "true"));
  route(false);

  // Light, dark, or what the system says.
  const THEMES = ["auto", "light", "dark"];
  const stored = () => { try { return localStorage.getItem("maquette-theme"); } catch { return null; } };
  const setTheme = (name) => {
    if (name === "auto") delete root.dataset.theme; else root.dataset.theme = name;
    theme.textContent = { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" }[name];
    theme.dataset.now = name;
  };
  setTheme(THEMES.includes(stored()) ? stored() : "auto");
  theme.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(theme.dataset.now) + 1) % THEMES.length];
    setTheme(next);
    try { localStorage.setItem("maquette-theme", next); } catch { /* a page from a file may keep nothing */ }
  });

  // One kind of number stands out.
  for (const button of document.querySelectorAll("button[data-kind]")) {
    button.addEventListener("click", () => {
      const kind = root.dataset.show === button.dataset.kind ? "" : button.dataset.kind;
      if (kind) root.dataset.show = kind; else delete root.dataset.show;
      for (const one of document.querySelectorAll("button[data-kind]")) one.setAttribute("aria-pressed", String(one.dataset.kind === kind));
    });
  }

  // A mark tells the words of its source before anybody follows it.
  const tell = (event) => {
    const mark = event.target.closest ? event.target.closest("a.mark") : null;
    if (!mark || mark.dataset.told) return;
    mark.dataset.told = "1";
    const place = byId(decodeURIComponent(mark.hash.slice(1)));
    const row = place && place.closest("tr, li, p");
    if (row) mark.title += ": " + Array.from(row.children.length ? row.children : [row], (one) => one.textContent.trim()).join(", ").slice(0, 240);
  };
  addEventListener("mouseover", tell);
  addEventListener("focusin", tell);

  // Search: every word of the question must begin, or be inside, a word of the part.
  const parts = JSON.parse(byId("about").textContent);
  const index = JSON.parse(byId("index").textContent);
  const words = Object.keys(index.words);
  const lists = new Map();
  const partsOf = (word) => {
    if (!lists.has(word)) {
      let at = 0;
      lists.set(word, index.words[word].map((gap) => (at += gap)));
    }
    return lists.get(word);
  };
  const split = (text) => text.normalize("NFC").toLowerCase().match(/[\p{L}\p{N}]+/gu) || [];
  const scored = (term) => {
    const found = new Map();
    for (const word of words) {
      const at = word.indexOf(term.slice(0, 40));
      if (at < 0) continue;
      const weight = word === term ? 4 : at === 0 ? 2 : 1;
      for (const part of partsOf(word)) found.set(part, Math.max(weight, found.get(part) || 0));
    }
    return found;
  };
  const blocks = (part) => Array.from(part.querySelectorAll("tr, li, p, pre, h1, h2, h3, h4"));
  const sorted = (found) => found.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  // The words side by side count more than apart, and most where a row or a line begins with them.
  const refined = (found, asked) => sorted(found.map(([part, weight]) => {
    const section = byId(parts[part][0]);
    if (!section.textContent.toLowerCase().includes(asked)) return [part, weight];
    return [part, weight + (blocks(section).some((one) => one.textContent.toLowerCase().startsWith(asked)) ? 7 : 2)];
  }));
  const find = (terms) => {
    let all = null;
    for (const term of terms) {
      const found = scored(term);
      if (all === null) all = found;
      else for (const [part, weight] of all) {
        if (found.has(part)) all.set(part, weight + found.get(part)); else all.delete(part);
      }
    }
    const heading = (part) => terms.filter((term) => parts[part][1].toLowerCase().includes(term)).length * 5;
    return sorted(Array.from(all || [], ([part, weight]) => [part, weight + heading(part)]));
  };
  const MOST = 30;
  const hits = (text, terms) => { const low = text.toLowerCase(); return terms.filter((term) => low.includes(term)).length; };
  const best = (part, terms) => {
    let block = part, most = 0;
    for (const one of blocks(part)) {
      const count = hits(one.textContent, terms);
      if (count > most) { most = count; block = one; }
    }
    return block;
  };
  const said = (block) => (block.tagName === "TR" ? Array.from(block.children, (cell) => cell.textContent.trim()).filter(Boolean).join(" · ") : block.textContent).replace(/\s+/gu, " ").trim();
  const snippet = (block, terms) => {
    const text = said(block), low = text.toLowerCase();
    const first = Math.max(0, Math.min(...terms.map((term) => low.indexOf(term)).filter((at) => at >= 0), text.length) - 60);
    const cut = (first > 0 ? "… " : "") + text.slice(first, first + 190) + (first + 190 < text.length ? " …" : "");
    const made = make("small"), lower = cut.toLowerCase();
    let at = 0;
    while (at < cut.length) {
      const next = terms.map((term) => [lower.indexOf(term, at), term.length]).filter((one) => one[0] >= 0).sort((a, b) => a[0] - b[0] || b[1] - a[1])[0];
      if (!next) break;
      made.append(cut.slice(at, next[0]), make("mark", cut.slice(next[0], next[0] + next[1])));
      at = next[0] + next[1];
    }
    made.append(cut.slice(at));
    return made;
  };
  const paint = (block, terms) => {
    if (!window.Highlight || !CSS.highlights) return;
    const ranges = [];
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const low = walker.currentNode.textContent.toLowerCase();
      for (const term of terms) {
        for (let at = low.indexOf(term); at >= 0; at = low.indexOf(term, at + term.length)) {
          if (at + term.length > walker.currentNode.length) break;
          const range = new Range();
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + term.length);
          ranges.push(range);
        }
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  };
  let chosen = -1;
  const options = () => Array.from(list.querySelectorAll("a"));
  const choose = (at) => {
    const all = options();
    chosen = all.length ? (at + all.length) % all.length : -1;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === chosen)));
    if (chosen >= 0) { all[chosen].scrollIntoView({ block: "nearest" }); input.setAttribute("aria-activedescendant", all[chosen].id); }
    else input.removeAttribute("aria-activedescendant");
  };
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); };
  const result = (part, terms, number) => {
    const section = byId(parts[part][0]);
    const article = section.closest("article");
    const block = best(section, terms);
    const anchor = block.querySelector(".at[id]");
    const head = section.querySelector("h1[id], h2[id], h3[id]");
    const link = make("a");
    link.id = "found-" + number;
    link.setAttribute("role", "option");
    link.tabIndex = -1;
    link.href = "#" + (anchor || head || article).id;
    const title = make("bdi");
    title.append(make("strong", parts[part][1]));
    link.append(title, make("span", article.getAttribute("aria-label")), snippet(block, terms));
    link.addEventListener("click", (event) => {
      event.preventDefault();
      close();
      if (location.hash === link.hash) route(false); else location.hash = link.hash;
      setTimeout(() => { paint(section, terms); block.scrollIntoView({ block: "center" }); }, 30);
    });
    return link;
  };
  const search = () => {
    const terms = split(input.value);
    list.textContent = "";
    if (!terms.length) { close(); return; }
    const all = find(terms);
    const found = refined(all.slice(0, MOST * 2), input.value.trim().toLowerCase()).concat(all.slice(MOST * 2));
    const count = found.length === 1 ? "1 section" : found.length + " sections";
    list.append(make("p", found.length > MOST ? count + ", the best " + MOST + " below" : found.length ? count : "Nothing has all of these words."));
    found.slice(0, MOST).forEach((one, number) => list.append(result(one[0], terms, number)));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    choose(0);
  };
  input.addEventListener("input", search);
  input.addEventListener("focus", () => { if (input.value) search(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      options()[chosen].click();
      input.blur();
    } else if (event.key === "Escape") {
      close();
      input.blur();
    }
  });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest && event.target.closest("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
  addEventListener("pointerdown", (event) => { if (!input.parentElement.contains(event.target)) close(); });
})();
