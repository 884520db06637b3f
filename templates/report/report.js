"use strict";
// Every text below is data: it enters the page through textContent alone.
(() => {
  const PAGE = 100;
  const byId = (id) => document.getElementById(id);
  const lines = (id) => byId(id).textContent.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const models = JSON.parse(byId("data-models").textContent);
  const examples = lines("data-asked");
  for (const example of examples) example.answers = [];
  for (const answer of lines("data-answers")) examples[answer.e].answers[answer.t] = answer;

  const make = (tag, text, kind) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const standing = (answer) => {
    if (!answer) return "none";
    if (answer.fail) return "failed";
    if (answer.v === null) return "unscored";
    return answer.v >= 1 ? "right" : "wrong";
  };
  const WORDS = { right: "✓", wrong: "✗", failed: "! failed", unscored: "? unscored", none: "not asked" };
  const found = (example) => models.map((_, at) => standing(example.answers[at]));
  const of = (example, model) => (model === "" ? found(example) : [standing(example.answers[model])]);
  const KINDS = {
    all: () => true,
    wrong: (states) => states.includes("wrong"),
    failed: (states) => states.includes("failed"),
    unscored: (states) => states.includes("unscored"),
  };
  const disagree = (example) => {
    const states = found(example);
    return states.includes("right") && states.includes("wrong");
  };

  for (const example of examples) {
    const texts = [example.id, example.input, example.expected];
    for (const answer of example.answers) if (answer) texts.push(answer.out, answer.fail, answer.calls, ...answer.scores.map((s) => s[2]));
    example.text = texts.filter(Boolean).join("\n").toLowerCase();
  }

  const state = { words: "", stratum: "", model: "", kind: "all", sort: null, down: false, most: PAGE };
  const columns = [
    { name: "example", key: (e) => e.id },
    { name: "stratum", key: (e) => e.strata.join(" + ") },
    { name: "expected", key: (e) => e.expected },
    ...models.map((name, at) => ({ name, key: (e) => (e.answers[at] && e.answers[at].v !== null ? e.answers[at].v : -1) })),
    { name: "slowest ms", key: (e) => slowest(e) ?? -1 },
  ];
  const slowest = (example) => {
    const times = example.answers.filter((a) => a && a.ms !== undefined).map((a) => a.ms);
    return times.length ? Math.max(...times) : undefined;
  };
  const ordered = new Intl.Collator("en", { numeric: true });

  const chosen = () => {
    const words = state.words.toLowerCase().trim();
    const kept = examples.filter((example) =>
      (!words || example.text.includes(words)) &&
      (!state.stratum || example.strata.includes(state.stratum)) &&
      (state.kind === "disagree" ? disagree(example) : KINDS[state.kind](of(example, state.model))));
    if (state.sort === null) return kept;
    const key = columns[state.sort].key;
    const by = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : ordered.compare(String(a ?? ""), String(b ?? "")));
    kept.sort((a, b) => (state.down ? by(key(b), key(a)) : by(key(a), key(b))));
    return kept;
  };

  const pair = (name, note, text, kind) => {
    const row = make("div", undefined, "pair");
    const label = make("div", name);
    if (note) label.append(make("small", note));
    const body = make("pre", text, kind);
    body.dir = "auto";
    row.append(label, body);
    return row;
  };
  const details = (example) => {
    const cell = make("td");
    cell.colSpan = columns.length;
    const marks = [example.strata.join(" + "), example.must ? "must be right" : "", example.cluster ? `belongs to ${example.cluster}` : ""];
    cell.append(pair("input", marks.filter(Boolean).join(", "), example.input ?? "unknown", example.input === null ? "mute" : ""));
    cell.append(pair("expected", "", example.expected ?? "unknown", example.expected === null ? "mute" : ""));
    models.forEach((name, at) => {
      const answer = example.answers[at];
      const kind = standing(answer);
      if (!answer) return cell.append(pair(name, "not asked", "", "mute"));
      const row = pair(name, answer.took, answer.out ?? answer.fail ?? "no text");
      const body = row.lastChild;
      if (answer.calls) body.append(`\n${answer.calls}`);
      const wrap = make("div");
      row.append(wrap);
      wrap.append(body, make("small", WORDS[kind] === "✓" ? "✓ right" : WORDS[kind] === "✗" ? "✗ wrong" : WORDS[kind], kind));
      for (const [metric, value, why] of answer.scores) wrap.append(make("small", `${metric} ${value}${why ? `: ${why}` : ""}`));
      cell.append(row);
    });
    return cell;
  };

  const body = byId("list").tBodies[0];
  const shown = (example, at) => {
    const row = make("tr");
    const head = make("th");
    head.scope = "row";
    const open = make("button", example.id);
    open.type = "button";
    open.dir = "auto";
    open.setAttribute("aria-expanded", "false");
    head.append(open);
    row.append(head, make("td", example.strata.join(" + ")), make("td", example.expected ?? "unknown", example.expected === null ? "mute" : ""));
    models.forEach((_, model) => {
      const answer = example.answers[model];
      const kind = standing(answer);
      const cell = make("td", undefined, kind === "none" ? "mute" : kind);
      cell.textContent = `${WORDS[kind]} ${answer && answer.out !== null && kind !== "failed" ? answer.out.slice(0, 80) : ""}`;
      cell.title = answer?.fail ?? "";
      row.append(cell);
    });
    const time = slowest(example);
    row.append(make("td", time === undefined ? "" : Math.round(time).toLocaleString("en"), "num"));
    open.addEventListener("click", () => {
      const isOpen = open.getAttribute("aria-expanded") === "true";
      open.setAttribute("aria-expanded", String(!isOpen));
      if (isOpen) return row.nextSibling.remove();
      const more = make("tr", undefined, "open");
      more.append(details(example));
      row.after(more);
    });
    return row;
  };

  const draw = () => {
    const kept = chosen();
    body.replaceChildren(...kept.slice(0, state.most).map(shown));
    byId("count").textContent = `${kept.length.toLocaleString("en")} of ${examples.length.toLocaleString("en")} examples`;
    const left = kept.length - state.most;
    byId("more").hidden = left <= 0;
    byId("more").textContent = `Show ${Math.min(left, PAGE).toLocaleString("en")} more of ${left.toLocaleString("en")}`;
    heads.forEach((head, at) => head.setAttribute("aria-sort", state.sort !== at ? "none" : state.down ? "descending" : "ascending"));
    heads.forEach((head, at) => { head.firstChild.textContent = columns[at].name + (state.sort !== at ? "" : state.down ? " ▾" : " ▴"); });
  };

  const headRow = make("tr");
  const heads = columns.map((column, at) => {
    const head = make("th", undefined, at === columns.length - 1 ? "num" : "");
    head.scope = "col";
    const sort = make("button");
    sort.type = "button";
    sort.addEventListener("click", () => {
      state.down = state.sort === at ? !state.down : false;
      state.sort = at;
      draw();
    });
    head.append(sort);
    headRow.append(head);
    return head;
  });
  byId("list").tHead.append(headRow);
  byId("list").style.minWidth = `${33 + 9.5 * models.length}em`;
  [...new Set(examples.flatMap((example) => example.strata))].sort(ordered.compare).forEach((name) => {
    const option = make("option", name);
    option.value = name;
    byId("stratum").append(option);
  });
  models.forEach((name, at) => {
    const option = make("option", name);
    option.value = String(at);
    byId("model").append(option);
  });
  const form = byId("filters");
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    state.words = byId("words").value;
    state.stratum = byId("stratum").value;
    state.model = byId("model").value;
    state.kind = form.elements.kind.value;
    state.most = PAGE;
    draw();
  });
  byId("more").addEventListener("click", () => {
    const first = state.most;
    state.most += PAGE;
    draw();
    body.querySelectorAll("th button")[first]?.focus();
  });
  draw();
})();
