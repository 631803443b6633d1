// The task table: real inputs, kept across reruns so that focus, caret and text being typed are never touched.
//
// An edit stays in `pending` until Python says it has been taken (data.taken); every message carries all that is pending, and is
// repeated. The server merges messages that arrive while it is busy and a restart drops them, so one alone may be lost.

const mounted = new WeakMap();
const REPEAT_AFTER_MS = 3000;
const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  open: "M5 12h13M12 5l7 7-7 7",
  fields: "M4 6h9M17 6h3M4 12h3M11 12h9M4 18h9M17 18h3M13 4v4M11 10v4M13 16v4",
  duplicate: "M9 9h11v11H9zM5 15H4V4h11v1",
  delete: "M4 7h16M10 11v6M14 11v6M6 7l1 13h10l1-13M9 7V4h6v3",
};

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === "") node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

class Grid {
  constructor(root) {
    this.root = root;
    this.client = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.number = 0;
    this.pending = [];
    this.rows = new Map();
    this.shape = "";
    this.wrap = root.querySelector(".wrap");
    this.table = root.querySelector("table");
    this.head = root.querySelector("thead");
    this.body = root.querySelector("tbody");
    this.models = root.querySelector("datalist");
    this.table.addEventListener("keydown", (event) => this.onKey(event));
    this.table.addEventListener("change", (event) => this.commit(event.target));
    this.table.addEventListener("paste", (event) => this.onPaste(event));
    this.table.addEventListener("click", (event) => this.onClick(event));
  }

  // ---- talking to Python

  send(items) {
    const group = this.number + 1;
    for (const item of items) this.pending.push({ ...item, number: ++this.number, group });
    this.repeat();
  }

  repeat() {
    clearTimeout(this.timer);
    if (!this.pending.length) return;
    this.emit("act", { client: this.client, items: this.pending });
    this.timer = setTimeout(() => this.repeat(), REPEAT_AFTER_MS);
  }

  settle(taken) {
    const upTo = taken?.client === this.client ? taken.number : 0;
    this.pending = this.pending.filter((item) => item.number > upTo);
  }

  awaits(id, field) {
    return this.pending.some((item) => item.id === id && item.field === field);
  }

  // ---- what people do

  commit(input) {
    const { id, field } = input.dataset;
    if (!field || input.value === input.dataset.sent) return;
    input.dataset.sent = input.value;
    this.send([{ kind: "edit", id, field, value: input.value }]);
  }

  revert(input) {
    input.value = input.dataset.stored;
    input.dataset.sent = input.value;
    if (input.getAttribute("aria-invalid")) this.send([{ kind: "revert", id: input.dataset.id, field: input.dataset.field }]);
  }

  neighbour(input, steps) {
    const column = [...this.body.querySelectorAll(`[data-field="${CSS.escape(input.dataset.field)}"]`)];
    return column[column.indexOf(input) + steps];
  }

  onKey(event) {
    const input = event.target;
    if (!input.dataset?.field || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") this.revert(input);
    const lists = input.tagName === "SELECT" || input.hasAttribute("list");
    const down = event.key === "Enter" && !event.shiftKey ? 1 : event.key === "ArrowDown" && !lists ? 1 : 0;
    const up = event.key === "Enter" && event.shiftKey ? -1 : event.key === "ArrowUp" && !lists ? -1 : 0;
    if (!down && !up) return;
    event.preventDefault();
    this.commit(input);
    const next = this.neighbour(input, down || up);
    if (!next) return;
    next.focus();
    next.select?.();
  }

  onPaste(event) {
    const start = event.target;
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!start.dataset?.field || !/[\t\n]/.test(text.trimEnd())) return;
    event.preventDefault();
    const rows = [...this.body.querySelectorAll("tr.task")];
    const first = rows.indexOf(start.closest("tr"));
    const from = this.fields.indexOf(start.dataset.field);
    const items = [];
    text.trimEnd().split(/\r?\n/).forEach((line, down) => line.split("\t").forEach((value, right) => {
      const field = this.fields[from + right];
      const input = rows[first + down]?.querySelector(`[data-field="${field}"]`);
      if (!input) return;
      input.value = value.trim();
      input.dataset.sent = input.value;
      items.push({ kind: "edit", id: input.dataset.id, field, value: input.value });
    }));
    this.send(items);
  }

  onClick(event) {
    const control = event.target.closest("[data-act]");
    if (!control || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.send([{ kind: control.dataset.act, id: control.dataset.id, field: control.dataset.why }]);
  }

  // ---- drawing

  render(data, emit) {
    this.emit = emit;
    this.columns = data.columns;
    this.fields = data.columns.filter((column) => column.kind !== "result").map((column) => column.field);
    this.actions = data.actions;
    this.settle(data.taken);
    this.paint();
    const shape = JSON.stringify([data.columns, data.models]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.drawHead();
      this.models.replaceChildren(...data.models.map((model) => Object.assign(document.createElement("option"), { value: model })));
      this.rows.clear();
      this.body.replaceChildren();
    }
    const kept = new Set(data.rows.map((row) => row.id));
    for (const [id, row] of this.rows) {
      if (kept.has(id)) continue;
      row.line.remove();
      row.problem.remove();
      this.rows.delete(id);
    }
    let before = this.body.firstElementChild;
    for (const row of data.rows) {
      const drawn = this.rows.get(row.id) ?? this.newRow(row);
      this.update(drawn, row);
      if (drawn.line === before) before = drawn.problem.nextElementSibling;
      else before ? before.before(drawn.line, drawn.problem) : this.body.append(drawn.line, drawn.problem);
    }
  }

  paint() {
    const host = this.root.host ?? this.root;
    const colours = getComputedStyle(host).getPropertyValue("--st-chart-categorical-colors").split(",");
    ["nano", "small", "mid", "large", "unknown"].forEach((size, at) => this.wrap.style.setProperty(`--size-${size}`, (colours[at] ?? "").trim() || "currentColor"));
  }

  drawHead() {
    const groups = element("tr", "groups");
    const names = element("tr", "names");
    let last = null;
    for (const column of this.columns) {
      if (last && last.textContent === column.group) last.colSpan += 1;
      else {
        last = element("th", column.kind === "result" ? "result" : "", column.group);
        last.scope = "colgroup";
        groups.append(last);
      }
      const cell = element("th", `${column.kind} ${column.field}`, column.label);
      cell.scope = "col";
      cell.title = column.help;
      names.append(cell);
    }
    groups.firstElementChild?.classList.add("frozen");
    names.firstElementChild?.classList.add("frozen");
    groups.append(element("td", "actions"));
    const actions = element("th", "actions");
    actions.scope = "col";
    actions.append(element("span", "unseen", "Actions"));
    names.append(actions);
    this.head.replaceChildren(groups, names);
  }

  newRow(row) {
    const line = element("tr", "task");
    const problem = element("tr", "problem");
    const cells = {};
    problem.hidden = true;
    const message = element("td");
    message.colSpan = this.columns.length + 1;
    const text = element("div", "reasons");
    message.append(text);
    problem.append(message);
    for (const column of this.columns) {
      const head = column === this.columns[0];
      const cell = element(head ? "th" : "td", `${column.kind} ${column.field}${head ? " frozen" : ""}`);
      if (head) cell.scope = "row";
      cells[column.field] = column.kind === "result" ? this.newResult(cell, row, column) : this.newInput(cell, row, column);
      if (column.below) cells[column.below.field] = this.newInput(cell, row, column.below);
      line.append(cell);
    }
    const last = element("td", "actions");
    for (const action of this.actions) {
      const control = element(action.href ? "a" : "button", "act");
      if (!action.href) control.type = "button";
      control.dataset.act = action.kind;
      control.dataset.id = row.id;
      control.append(icon(action.kind));
      last.append(control);
    }
    line.append(last);
    const drawn = { line, problem, text, cells, last };
    this.rows.set(row.id, drawn);
    return drawn;
  }

  newInput(cell, row, column) {
    const select = column.kind === "choice";
    const input = element(select ? "select" : "input", `field ${column.kind} ${column.field}`);
    if (select) for (const option of column.options) input.append(Object.assign(document.createElement("option"), { value: option.value, textContent: option.label }));
    else {
      input.type = "text";
      input.spellcheck = false;
      input.autocomplete = "off";
      if (["quantity", "number", "integer"].includes(column.kind)) input.inputMode = "text";
      if (column.placeholder) input.placeholder = column.placeholder;
      if (column.kind === "model") input.setAttribute("list", this.models.id);
    }
    input.dataset.id = row.id;
    input.dataset.field = column.field;
    cell.append(input);
    return input;
  }

  newResult(cell, row, column) {
    const parts = { cell, main: element("span", "main"), note: element("div", "note"), badges: element("div", "badges"), seen: null };
    if (column.why) {
      parts.why = element("button", "why");
      parts.why.type = "button";
      Object.assign(parts.why.dataset, { act: "why", id: row.id, why: column.why });
      parts.why.append(parts.main);
      cell.append(parts.why, parts.badges, parts.note);
      return parts;
    }
    cell.append(parts.main, parts.badges, parts.note);
    return parts;
  }

  update(drawn, row) {
    const name = row.values.name;
    const reasons = [];
    for (const column of this.columns) {
      if (column.kind === "result") this.updateResult(drawn.cells[column.field], row.results[column.field], column, name);
      else for (const each of [column, column.below].filter(Boolean)) this.updateInput(drawn.cells[each.field], row, each, reasons, name);
    }
    for (const control of drawn.last.children) {
      const action = this.actions.find((each) => each.kind === control.dataset.act);
      setAttribute(control, "aria-label", `${action.label} ${name}`);
      setAttribute(control, "title", action.label);
      if (action.href) setAttribute(control, "href", action.href + encodeURIComponent(row.id));
    }
    drawn.problem.hidden = reasons.length === 0;
    drawn.line.classList.toggle("has-problem", reasons.length > 0);
    const shown = reasons.map(({ input, reason }) => {
      const id = `why-${row.id}-${input.dataset.field}`;
      const line = element("p", "", reason);
      line.id = id;
      setAttribute(input, "aria-describedby", id);
      return line;
    });
    if (drawn.text.textContent !== shown.map((line) => line.textContent).join("")) drawn.text.replaceChildren(...shown);
    if (reasons.length) {
      const room = Math.max(0, this.wrap.clientWidth - 340);
      drawn.text.style.marginLeft = `${Math.min(reasons[0].input.closest("td, th").offsetLeft, room)}px`;
    }
  }

  updateInput(input, row, column, reasons, name) {
    const value = row.values[column.field] ?? "";
    const error = row.errors[column.field];
    const active = this.root.activeElement === input || (this.root.activeElement === undefined && document.activeElement === input);
    const typing = active && input.value !== input.dataset.sent;
    const shown = error ? error.raw : value;
    setAttribute(input, "aria-label", `${column.label}, ${name}`);
    input.dataset.stored = value;
    if (!typing && !this.awaits(row.id, column.field)) {
      // A choice that has left the catalogue is still shown as it was stored.
      if (input.tagName === "SELECT" && ![...input.options].some((option) => option.value === shown)) input.append(Object.assign(document.createElement("option"), { value: shown, textContent: shown }));
      if (input.value !== shown) {
        input.value = shown;
        if (active) input.select?.();
      }
      input.dataset.sent = shown;
    }
    input.classList.toggle("assumed", !error && row.assumed.includes(column.field));
    setAttribute(input, "title", error ? error.reason : row.assumed.includes(column.field) ? "Starting value of this kind of task; type over it." : column.kind === "model" ? value || column.help : column.help);
    setAttribute(input, "aria-invalid", error ? "true" : null);
    if (error) reasons.push({ input, reason: error.reason });
    else input.removeAttribute("aria-describedby");
  }

  updateResult(parts, result, column, name) {
    if (parts.why) setAttribute(parts.why, "aria-label", `${column.label}, ${name}: ${result.text}. Show the working`);
    setAttribute(parts.cell, "title", result.title);
    const seen = JSON.stringify([result.text, result.note, result.tone, result.badges]);
    if (parts.seen === seen) return;
    setText(parts.main, result.text);
    setText(parts.note, result.note);
    parts.main.className = `main ${result.tone}`;
    parts.badges.replaceChildren(...result.badges.map((badge) => {
      const node = element("span", `badge ${badge.kind}`, badge.text);
      if (badge.size) node.style.setProperty("--dot", `var(--size-${badge.size})`);
      if (badge.title) node.title = badge.title;
      return node;
    }));
    if (parts.seen !== null) {
      parts.cell.classList.remove("changed");
      void parts.cell.offsetWidth;
      parts.cell.classList.add("changed");
    }
    parts.seen = seen;
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!mounted.has(parentElement)) mounted.set(parentElement, new Grid(parentElement));
  const grid = mounted.get(parentElement);
  grid.render(data, setTriggerValue);
  return () => clearTimeout(grid.timer);
}
