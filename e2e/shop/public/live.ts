import { follow, type ResultMessage } from "./live-feed.ts";
import { column, duration, hueOf, timeOf, visitorOf, type Row } from "./live-row.ts";

const MAX_ROWS = 14;
const MAX_SESSIONS = 8;
const MAX_VISITORS = 5000;
const ACTIVE_MS = 5 * 60_000;
const SECONDS = 60;

interface Visitor {
  readonly since: number;
  last: number;
  events: number;
  where: string;
}

const part = (id: string): Element => {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no ${id}`);
  return element;
};
const events = part("events");
const sessions = part("sessions");
const visitors = new Map<string, Visitor>();
/** events of each of the last seconds, newest last */
const perSecond: number[] = Array.from({ length: SECONDS }, () => 0);
let eventCount = 0;
let sessionCount = 0;

function line(...parts: readonly (Node | undefined)[]): HTMLLIElement {
  const item = document.createElement("li");
  item.append(...parts.filter((each) => each !== undefined));
  return item;
}

function text(name: string, content: string): HTMLSpanElement {
  return Object.assign(document.createElement("span"), { className: name, textContent: content });
}

/** An SVG fill is an attribute, so the strict policy without inline styles allows it. */
function dot(visitor: string | undefined): SVGElement | undefined {
  if (visitor === undefined) return undefined;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "dot");
  svg.setAttribute("viewBox", "0 0 10 10");
  const circle = document.createElementNS(svg.namespaceURI ?? "", "circle") as SVGElement;
  for (const [name, value] of [
    ["cx", "5"],
    ["cy", "5"],
    ["r", "5"],
    ["fill", `hsl(${hueOf(visitor)} 65% 65%)`],
  ] as const) {
    circle.setAttribute(name, value);
  }
  svg.append(circle);
  return svg;
}

function show(list: Element, item: HTMLLIElement, limit: number): void {
  list.prepend(item);
  while (list.children.length > limit) list.lastElementChild?.remove();
}

function eventLine(row: Row): HTMLLIElement {
  const type = column(row, "type", "event.type") ?? "event";
  const kind = text("kind", type);
  kind.dataset["kind"] = type;
  const where = column(row, "page.path", "path") ?? "";
  const what = [column(row, "click.name", "click"), column(row, "product.sku", "sku"), where]
    .filter(Boolean)
    .join(" · ");
  const time = new Date(timeOf(row, "time", "at") ?? Date.now());
  return line(dot(visitorOf(row)), kind, text("what", what), text("more", time.toLocaleTimeString("en-GB")));
}

function countEvent(row: Row): void {
  const now = Date.now();
  const visitor = visitorOf(row);
  if (visitor === undefined) return;
  const known = visitors.get(visitor) ?? { since: now, last: now, events: 0, where: "" };
  known.last = now;
  known.events++;
  known.where = column(row, "page.path", "path") ?? known.where;
  // Inserted anew, so that the map stays in the order of last activity.
  visitors.delete(visitor);
  visitors.set(visitor, known);
  const oldest = visitors.size > MAX_VISITORS ? visitors.keys().next().value : undefined;
  if (oldest !== undefined) visitors.delete(oldest);
}

function sessionLine(row: Row): HTMLLIElement {
  const start = timeOf(row, "session.start", "start");
  const end = timeOf(row, "session.end", "end");
  const hits = column(row, "session.events", "events", "hits", "count") ?? "?";
  const length = start !== undefined && end !== undefined ? duration(end - start) : "";
  const path = [column(row, "entry", "first_path", "landing"), column(row, "exit", "last_path")]
    .filter(Boolean)
    .join(" → ");
  return line(dot(visitorOf(row)), text("what", `${hits} events${path ? ` · ${path}` : ""}`), text("more", length));
}

function gapLine(message: ResultMessage): HTMLLIElement {
  const item = line(
    text("what", `Some rows were left out here: ${message.__typename === "ResultGap" ? message.reason : ""}`),
  );
  item.className = "gap";
  return item;
}

function onEvents(message: ResultMessage): void {
  if (message.__typename === "ResultGap") return show(events, gapLine(message), MAX_ROWS);
  eventCount += message.rows.length;
  perSecond[SECONDS - 1] = (perSecond[SECONDS - 1] ?? 0) + message.rows.length;
  message.rows.forEach(countEvent);
  // A burst is counted whole; drawn is only what stays in the list.
  for (const row of message.rows.slice(-MAX_ROWS)) show(events, eventLine(row), MAX_ROWS);
  drawCounters();
}

function onSessions(message: ResultMessage): void {
  if (message.__typename === "ResultGap") return show(sessions, gapLine(message), MAX_SESSIONS);
  sessionCount += message.rows.length;
  for (const row of message.rows.slice(-MAX_SESSIONS)) show(sessions, sessionLine(row), MAX_SESSIONS);
  drawCounters();
}

let drawing = false;
/** At most once a frame, however fast messages come. */
function drawCounters(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const number = (id: string, value: number): void => {
      part(id).textContent = value.toLocaleString("en");
    };
    const active = [...visitors].filter(([, { last }]) => Date.now() - last < ACTIVE_MS).reverse();
    number("count-events", eventCount);
    number("count-sessions", sessionCount);
    number("count-active", active.length);
    number(
      "count-minute",
      perSecond.reduce((sum, n) => sum + n, 0),
    );
    part("active").replaceChildren(...active.slice(0, MAX_SESSIONS).map(([id, visitor]) => activeLine(id, visitor)));
    drawPulse();
  });
}

function activeLine(id: string, visitor: Visitor): HTMLLIElement {
  const item = line(
    dot(id),
    text("what", `${visitor.events} events · ${visitor.where}`),
    text("more", duration(visitor.last - visitor.since)),
  );
  item.classList.add("still");
  return item;
}

function drawPulse(): void {
  const highest = Math.max(4, ...perSecond);
  const bars = perSecond.map((count, n) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const height = count === 0 ? 1 : Math.max(3, (count / highest) * 48);
    for (const [name, value] of [
      ["x", n * 4],
      ["y", 48 - height],
      ["width", 3],
      ["height", height],
    ] as const) {
      bar.setAttribute(name, String(value));
    }
    return bar;
  });
  part("pulse").replaceChildren(...bars);
}

setInterval(() => {
  perSecond.push(0);
  perSecond.shift();
  drawCounters();
}, 1000);

const state = part("state") as HTMLElement;
function onState(next: "live" | "waiting"): void {
  state.dataset["state"] = next;
  state.textContent = next === "live" ? "Live" : "Waiting for the platform";
}

drawCounters();
void follow("events", onEvents, onState);
void follow("sessions", onSessions, onState);
