// A figure: values with one standard deviation, what they stand beside, and what each point says of itself.
import { useRef, useState } from "preact/hooks";
import "./chart.css";
import { Matrices, type Told } from "./matrices";
import { number, save, useWidth } from "./ui";

export type Point = { x: number; y: number; error: number | null; low: number | null; high: number | null; layers: number | null; gates: number | null; key: string | null; told: string };
export type Series = { name: string; role: "ours" | "published"; of: string; points: Point[] };
export type Figure = {
  name: string;
  title: string;
  caption: string;
  x: { label: string; categories: string[] | null };
  y: { label: string };
  lines: { name: string; points: [number, number][] }[];
  series: Series[];
  joined?: boolean;
  matrices?: Told[];
};

const SHAPES = ["#0b6fb8", "#d1495b", "#3a7d44", "#8f5fbf", "#c9822b", "#4b6472"];

export function Chart(props: { figure: Figure; csv?: string; pick?: (key: string) => void }) {
  return props.figure.matrices?.length ? <Matrices rows={props.figure.matrices} /> : <Plot {...props} />;
}

function Plot({ figure, csv, pick }: { figure: Figure; csv?: string; pick?: (key: string) => void }) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const svg = useRef<SVGSVGElement>(null);
  const [off, setOff] = useState<string[]>([]);
  const [at, setAt] = useState("");
  const [over, setOver] = useState<{ point: Point; name: string } | null>(null);
  const names = [...new Set(figure.series.map((one) => one.of))];
  const shown = figure.series.filter((one) => !off.includes(one.name));
  const lines = figure.lines.filter((one) => !off.includes(one.name));
  const all = figure.series.flatMap((one) => one.points);
  const height = Math.round(Math.min(420, Math.max(240, width * 0.5)));
  const margin = { left: 52, right: 14, top: 12, bottom: 46 };
  const xs = [...all.map((one) => one.x), ...figure.lines.flatMap((one) => one.points.map((p) => p[0]))];
  const ys = [...all.flatMap((one) => [one.y - (one.error ?? 0), one.y + (one.error ?? 0)]), ...figure.lines.flatMap((one) => one.points.map((p) => p[1]))];
  const [x0, x1] = widen(Math.min(...xs), Math.max(...xs), 0.5);
  const [y0, y1] = widen(Math.min(0, ...ys), Math.max(...ys), 0.04);
  const x = (v: number) => margin.left + ((v - x0) / (x1 - x0)) * (width - margin.left - margin.right);
  const y = (v: number) => margin.top + ((y1 - v) / (y1 - y0)) * (height - margin.top - margin.bottom);
  const xticks = figure.x.categories ? figure.x.categories.map((_, i) => i) : ticks(x0, x1, width / 60, xs.every(Number.isInteger) && figure.joined !== false);
  const yticks = ticks(y0, y1, height / 50, false);
  const toggle = (name: string) => setOff(off.includes(name) ? off.filter((one) => one !== name) : [...off, name]);
  const paint = (one: Series) => (names.length === 1 && one.role === "published" ? "var(--ink)" : `var(--series-${names.indexOf(one.of) % SHAPES.length})`);
  // One stop of the Tab key; from there arrow keys go from value to value.
  const order = shown.flatMap((one) => one.points.map((p) => `${one.name} ${p.told}`));
  const stop = order.includes(at) ? at : order[0];
  const walk = (event: KeyboardEvent) => {
    const step = ({ ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 } as Record<string, number>)[event.key];
    if (!step) return;
    event.preventDefault();
    const next = order.indexOf(stop!) + step;
    svg.current!.querySelectorAll<SVGElement>(".point")[Math.max(0, Math.min(order.length - 1, next))]?.focus();
  };
  const line = (points: (readonly [number, number])[]) => points.map(([a, b], i) => `${i ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("");
  return (
    <div class="chart" ref={ref}>
      {width > 0 && (
        <svg ref={svg} width={width} height={height} role="group" onKeyDown={walk} aria-label={`${figure.title}: ${figure.y.label} against ${figure.x.label}`}>
          {yticks.map((v) => (
            <g key={v}>
              <line class="gridline" x1={margin.left} x2={width - margin.right} y1={y(v)} y2={y(v)} />
              <text class="tick" x={margin.left - 8} y={y(v)} dy=".35em" text-anchor="end">{number(v, 3)}</text>
            </g>
          ))}
          {xticks.map((v) => (
            <text key={v} class="tick" x={x(v)} y={height - margin.bottom + 18} text-anchor="middle">{figure.x.categories?.[v] ?? number(v, 4)}</text>
          ))}
          <text class="axis" x={(margin.left + width - margin.right) / 2} y={height - 6} text-anchor="middle">{figure.x.label}</text>
          <text class="axis" transform={`translate(13 ${(margin.top + height - margin.bottom) / 2}) rotate(-90)`} text-anchor="middle">{figure.y.label}</text>
          {lines.map((one) => <path key={one.name} class={`beside ${kind(one.name)}`} d={line(one.points)} />)}
          {shown.map((one) => (
            <g key={one.name} class={`series ${one.role}`} style={{ color: paint(one) }}>
              {figure.joined !== false && <path class="join" d={line(one.points.map((p) => [p.x, p.y] as const))} />}
              {one.points.map((p) => (
                <g
                  key={p.told}
                  class="point"
                  tabindex={`${one.name} ${p.told}` === stop ? 0 : -1}
                  role={pick && p.key ? "button" : "img"}
                  aria-label={`${one.name}, ${p.told}: ${value(p)}`}
                  onMouseEnter={() => setOver({ point: p, name: one.name })}
                  onFocus={() => (setOver({ point: p, name: one.name }), setAt(`${one.name} ${p.told}`))}
                  onClick={() => p.key && pick?.(p.key)}
                  onKeyDown={(e) => (e.key === "Enter" || e.key === " ") && p.key && pick && (e.preventDefault(), pick(p.key))}
                >
                  {p.low !== null && p.high !== null && <line class="reach" x1={x(p.x)} x2={x(p.x)} y1={y(p.low)} y2={y(p.high)} />}
                  {p.error !== null && <path class="error" d={`M${x(p.x)} ${y(p.y - p.error)}V${y(p.y + p.error)}M${x(p.x) - 4} ${y(p.y - p.error)}h8M${x(p.x) - 4} ${y(p.y + p.error)}h8`} />}
                  {one.role === "ours" ? <circle cx={x(p.x)} cy={y(p.y)} r="4" /> : <rect x={x(p.x) - 3.5} y={y(p.y) - 3.5} width="7" height="7" />}
                  <circle class="hit" cx={x(p.x)} cy={y(p.y)} r="11" />
                </g>
              ))}
            </g>
          ))}
        </svg>
      )}
      <p class="read" aria-live="off">
        {over ? <><b>{value(over.point)}</b> {over.name}: {over.point.told}{over.point.layers ? `; ${over.point.layers} layers` : ""}{over.point.gates ? `, ${over.point.gates} gates` : ""}</> : <span class="faint">Point at a value to read it.</span>}
      </p>
      <div class="keys">
        {figure.series.map((one) => (
          <button key={one.name} type="button" class="key" aria-pressed={!off.includes(one.name)} onClick={() => toggle(one.name)} style={{ color: paint(one) }}>
            <svg width="26" height="12" aria-hidden="true" class={`series ${one.role}`}><path class="join" d="M0 6h26" />{one.role === "ours" ? <circle cx="13" cy="6" r="4" /> : <rect x="9.5" y="2.5" width="7" height="7" />}</svg>
            <span>{one.name}</span>
          </button>
        ))}
        {figure.lines.map((one) => (
          <button key={one.name} type="button" class="key" aria-pressed={!off.includes(one.name)} onClick={() => toggle(one.name)}>
            <svg width="26" height="12" aria-hidden="true"><path class={`beside ${kind(one.name)}`} d="M0 6h26" /></svg>
            <span>{one.name}</span>
          </button>
        ))}
      </div>
      <div class="row">
        <button type="button" class="quiet" onClick={() => svg.current && save(`${figure.name}.svg`, drawing(svg.current), "image/svg+xml")}>Save SVG</button>
        {csv && <button type="button" class="quiet" onClick={() => save(`${figure.name}.csv`, csv, "text/csv")}>Save CSV</button>}
      </div>
    </div>
  );
}

const kind = (line: string) => (line === "noise alone" ? "b1" : line === "best approximate cloner" ? "b2" : "b0");
const value = (p: Point) => `${number(p.y, 4)}${p.error ? ` ± ${number(p.error, 2)}` : ""}`;

function widen(low: number, high: number, share: number): [number, number] {
  const wanted = share >= 0.5 ? (high > low ? Math.min(0.5, (high - low) * 0.04) : 0.5) : (high - low || 1) * share;
  const room = Math.max(wanted, 1e-9 * Math.max(Math.abs(low), Math.abs(high))); // to large numbers little is nothing
  return [low === 0 && share < 0.5 ? 0 : low - room, high + room];
}

/** Round numbers between two ends, about so many. */
function ticks(low: number, high: number, about: number, whole: boolean): number[] {
  const rough = (high - low) / Math.max(2, about);
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough)!;
  if (whole && step < 1) step = 1;
  if (!(low + step > low)) return [low]; // all alike, and too large for anything beside it
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-family", "opacity", "text-anchor"];

/** The figure by itself: what the style sheet says is written into it. */
function drawing(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [[svg, ...svg.querySelectorAll("*")], [copy, ...copy.querySelectorAll("*")]];
  from.forEach((one, i) => {
    const style = getComputedStyle(one);
    for (const name of KEPT) to[i]!.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "style", "tabindex", "role"]) to[i]!.removeAttribute(name);
  });
  copy.querySelectorAll("*").forEach((one) => one.getAttribute("fill") === "none" && one.getAttribute("stroke") === "none" && one.remove());
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(copy);
}
