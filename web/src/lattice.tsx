// Native circuits on their processor: roles in colour, gates layer by layer, calibration as heat.
import { useEffect, useState } from "preact/hooks";
import type { Room } from "./main";
import { Command, Field, Panel, Trouble, number, useAnswer, useWidth } from "./ui";

type Shelf = { circuits: { device: string; title: string }[]; found: number };
type Qubit = {
  q: number; x: number; y: number; label: string; kind: string | null; output: boolean;
  t1_us: number | null; t2_us: number | null; readout: number | null; pulse: number | null;
};
type Placed = {
  device: { name: string; date: string; qubits: number };
  scheme: string;
  clone: string;
  qubits: Qubit[];
  couplers: { a: number; b: number; error: number; ns: number }[];
  stages: { name: string; layers: [number, number][][]; gates: number }[];
  layers: number;
  gates: number;
  used: number;
  command: string;
};
type Worth = { quantity: string; fidelity: number; gains: { rule: string; meaning: string; gain: number }[] };
type Ladder = {
  layers: number | null; gates: number | null; fidelity: number | null;
  published: { fidelity: number; error: number; layers: number | null; gates: number | null; clones: number | null } | null;
};

const HEAT = {
  roles: "Roles",
  coupler: "Coupler error",
  readout: "Readout error",
  pulse: "Pulse error",
  t1_us: "T1, µs",
  t2_us: "T2, µs",
} as const;
type Heat = keyof typeof HEAT;

export function Lattice({ rest }: Room) {
  const [shelf, trouble] = useAnswer<Shelf>("lattice/shelf", {});
  const device = rest[0] || "kingston";
  const titles = shelf?.circuits.filter((one) => one.device === device).map((one) => one.title) ?? [];
  const title = rest[1] || (titles.includes("canonical, n = 4") ? "canonical, n = 4" : titles[0] ?? "");
  const chosen = shelf && title ? { device, title } : null;
  const [answer, wrong, stale] = useAnswer<Placed>("lattice/placed", chosen);
  const placed = stale ? null : answer; // never one circuit's numbers beside another's name
  const go = (one: string, what: string) => (location.hash = `#/lattice/${encodeURIComponent(one)}/${encodeURIComponent(what)}`);
  if (!shelf) return trouble ? <Trouble error={trouble} /> : <p class="faint waiting">Looking at what ships…</p>;
  const devices = [...new Set(shelf.circuits.map((one) => one.device))];
  return (
    <>
      <Panel title="Circuit" class="chooser">
        <div class="row">
          <Field label="Processor">
            <select value={device} onChange={(e) => go(e.currentTarget.value, "")}>
              {devices.map((one) => <option key={one} value={one}>{one === "found" ? "found by a search" : one}</option>)}
            </select>
          </Field>
          <Field label={device === "found" ? "File" : "Scheme"}>
            <select value={title} onChange={(e) => go(device, e.currentTarget.value)}>
              {titles.map((one) => <option key={one}>{one}</option>)}
              {title && !titles.includes(title) && <option>{title}</option>}
            </select>
          </Field>
        </div>
        {device === "found" && shelf.found > titles.length && (
          <p class="faint" role="note" data-left-out={shelf.found - titles.length}>
            The folder holds {shelf.found} files; the first {titles.length} by name are listed. Any other is shown by its address: <code>#/lattice/found/NAME.json</code>
          </p>
        )}
        {placed && (
          <p class="faint">
            {placed.scheme.slice(0, 1).toUpperCase() + placed.scheme.slice(1)}, decrypting {placed.clone}; {placed.used} of {placed.device.qubits} qubits of {placed.device.name}, calibrated {placed.device.date}.
          </p>
        )}
        <Trouble error={wrong} />
      </Panel>
      {placed && chosen && <Chip key={`${device} ${title}`} placed={placed} />}
      {placed && chosen && <Compare key={`${device} ${title}`} placed={placed} chosen={chosen} />}
    </>
  );
}

function Chip({ placed }: { placed: Placed }) {
  const [heat, setHeat] = useState<Heat>("roles");
  const [layer, setLayer] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [over, setOver] = useState("");
  const [ref, width] = useWidth<HTMLDivElement>();
  const flat = placed.stages.flatMap((stage) => stage.layers.map((gates, i) => ({ stage: stage.name, i, gates, of: stage.layers.length })));
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => setLayer((now) => (now >= flat.length ? 0 : now + 1)), 450);
    return () => clearInterval(timer);
  }, [playing, flat.length]);
  const now = layer > 0 ? flat[layer - 1] : undefined;
  const lit = new Set(now?.gates.map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`));
  const used = new Set(flat.flatMap((one) => one.gates.map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)));
  const busy = new Set(now?.gates.flat());
  const xs = placed.qubits.map((one) => one.x);
  const ys = placed.qubits.map((one) => one.y);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const step = Math.min(width / (right - left + 1.2 || 1), Math.max(640, innerHeight - 520) / (high - low + 1.2 || 1), Math.max(64, innerHeight / 14));
  const radius = Math.max(4, Math.min(40, step * 0.36));
  const at = (one: Qubit) => [(one.x - left + 0.6) * step, (high - one.y + 0.6) * step] as const;
  const where = new Map(placed.qubits.map((one) => [one.q, at(one)]));
  const scale = scaleOf(placed, heat);
  const ends = (one: Qubit) => placed.couplers.filter((c) => c.a === one.q || c.b === one.q).map((c) => `to ${c.a === one.q ? c.b : c.a} ${percent(c.error)}`);
  const time = (value: number | null) => (value === null ? "unknown" : `${value.toFixed(0)} µs`);
  const say = (one: Qubit) =>
    `Qubit ${one.q}${one.label ? `, ${one.label}` : ""}${one.output ? ", the output" : ""}: ` +
    `T1 ${time(one.t1_us)}, T2 ${time(one.t2_us)}, readout error ${percent(one.readout)}, pulse error ${percent(one.pulse)}; coupler error ${ends(one).join(", ")}.`;
  const [cursor, setCursor] = useState<number | null>(null);
  const walk = (event: KeyboardEvent) => {
    const way = ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] } as Record<string, [number, number]>)[event.key];
    if (!way) return;
    event.preventDefault();
    const from = placed.qubits.find((one) => one.q === cursor);
    const next = from ? nearest(placed.qubits, from, way) : placed.qubits.find((one) => one.kind === "A") ?? placed.qubits[0]!;
    setCursor(next.q);
    setOver(say(next));
  };
  return (
    <Panel
      title="On the lattice"
      class="chip-panel"
      actions={
        <select aria-label="What the colours show" class="short" value={heat} onChange={(e) => setHeat(e.currentTarget.value as Heat)}>
          {Object.entries(HEAT).map(([key, name]) => <option key={key} value={key}>{name}</option>)}
        </select>
      }
    >
      <div class="layers">
        <button type="button" onClick={() => setPlaying(!playing)}>{playing ? "Stop" : "Play"}</button>
        <input type="range" min="0" max={flat.length} value={layer} aria-label="Layer" onInput={(e) => { setPlaying(false); setLayer(Number(e.currentTarget.value)); }} />
        <p data-layer={layer}>
          {now ? <><b>{now.stage}</b>, layer {now.i + 1} of {now.of}: {now.gates.length} {now.gates.length === 1 ? "gate" : "gates"}</> : <>All {placed.layers} layers</>}
        </p>
      </div>
      <div class="stagebar" aria-hidden="true">
        {placed.stages.map((stage) => <i key={stage.name} class={stage.name} style={{ flexGrow: stage.layers.length }} title={stage.name} />)}
      </div>
      <div ref={ref} class="lattice-plan">
        {width > 0 && (
          <svg width={(right - left + 1.2) * step} height={(high - low + 1.2) * step} role="application" tabindex={0} onKeyDown={walk}
            aria-label={`Arrow keys go from qubit to qubit. The lattice of ${placed.device.name} with ${placed.used} qubits in use${now ? `; ${now.gates.length} gates in this layer` : ""}`}>
            {placed.couplers.map((one) => {
              const [[x1, y1], [x2, y2]] = [where.get(one.a)!, where.get(one.b)!];
              const key = `${one.a}-${one.b}`;
              return (
                <line
                  key={key}
                  class={`coupler ${used.has(key) ? "used" : ""} ${lit.has(key) ? "lit" : ""}`}
                  x1={x1} y1={y1} x2={x2} y2={y2}
                  style={heat === "coupler" ? { stroke: colour(scale, one.error), strokeWidth: "5" } : {}}
                  onMouseEnter={() => setOver(`Coupler ${key}: error ${percent(one.error)}, ${one.ns.toFixed(0)} ns.`)}
                />
              );
            })}
            {placed.qubits.map((one) => {
              const [x, y] = where.get(one.q)!;
              const value = heat === "roles" || heat === "coupler" ? null : one[heat];
              return (
                <g key={one.q} class={`qubit ${one.kind === null ? "idle" : one.kind || "spare"} ${busy.has(one.q) ? "lit" : ""} ${one.output ? "output" : ""} ${one.q === cursor ? "cursor" : ""} ${heat === "roles" ? "" : "heat"}`} onMouseEnter={() => setOver(say(one))}>
                  <circle cx={x} cy={y} r={one.kind === null ? radius * 0.62 : radius} style={value !== null ? { fill: colour(scale, value) } : {}} />
                  {radius > 9 && one.label && heat === "roles" && (
                    <text x={x} y={y} dy=".35em" text-anchor="middle" style={{ fontSize: `${Math.min(radius * 0.65, (radius * 2.9) / Math.max(2, short(one.label).length))}px` }}>{short(one.label)}</text>
                  )}
                </g>
              );
            })}
          </svg>
        )}
      </div>
      {heat === "roles" ? (
        <ul class="legend">
          <li><i class="R" /> reference R</li>
          <li><i class="A" /> input A</li>
          <li><i class="S" /> signal S</li>
          <li><i class="N" /> noise N</li>
          <li><i /> spare</li>
          <li><i class="ring-mark" /> output</li>
        </ul>
      ) : (
        <p class="faint scale"><span>{text(heat, scale[2] ? scale[1] : scale[0])}</span><i /><span>{text(heat, scale[2] ? scale[0] : scale[1])}</span></p>
      )}
      <p class="faint over" aria-live="polite">{over || "Point at a qubit or a coupler, or walk there by the arrow keys, to read its calibration."}</p>
    </Panel>
  );
}

/** The next qubit in a direction: near, and not too far aside; the same where there is none. */
function nearest(all: Qubit[], from: Qubit, [dx, dy]: [number, number]): Qubit {
  let [best, least] = [from, Infinity];
  for (const one of all) {
    const along = (one.x - from.x) * dx + (one.y - from.y) * dy;
    const aside = Math.abs((one.x - from.x) * dy) + Math.abs((one.y - from.y) * dx);
    if (along > 0 && along + 2 * aside < least) [best, least] = [one, along + 2 * aside];
  }
  return best;
}

/** q3.S1 and S1/S2/N1 by their ends: the whole name is in the line below. */
const short = (label: string) => label.split(/[./]/).at(-1)!;
const percent = (value: number | null) => (value === null ? "unknown" : `${(100 * value).toPrecision(2)} %`);
const text = (heat: Heat, value: number) => (heat === "t1_us" || heat === "t2_us" ? `${value.toFixed(0)} µs` : percent(value));

function scaleOf(placed: Placed, heat: Heat): [number, number, boolean] {
  if (heat === "roles") return [0, 1, false];
  const values = (heat === "coupler" ? placed.couplers.map((one) => one.error) : placed.qubits.map((one) => one[heat]))
    .filter((one): one is number => one !== null)
    .sort((a, b) => a - b);
  // What is far out would leave no colours for the rest.
  return [values[0] ?? 0, values[Math.floor(0.95 * (values.length - 1))] ?? 1, heat.startsWith("t")];
}

/** From pale to strong: the stronger, the worse. */
function colour([low, high, more]: [number, number, boolean], value: number): string {
  const share = Math.max(0, Math.min(1, (value - low) / (high - low || 1)));
  const bad = Math.round(100 * (more ? 1 - share : share));
  return `color-mix(in oklab, var(--hot) ${bad}%, var(--cold))`;
}

function Compare({ placed, chosen }: { placed: Placed; chosen: { device: string; title: string } }) {
  const [worth] = useAnswer<Worth>("lattice/worth", chosen);
  const [ladder, failed] = useAnswer<Ladder>("lattice/ladder", chosen);
  const most = Math.max(...(worth?.gains.map((one) => one.gain) ?? [0]), 1e-9);
  const fidelity = (value: number | null | undefined) => (value == null ? "" : value.toFixed(3));
  return (
    <div class="side">
      <Panel title="Beside the routed ladder">
        <table class="compare">
          <thead><tr><th /><th>Layers</th><th>Gates</th><th>Fidelity</th></tr></thead>
          <tbody>
            {placed.stages.map((stage) => (
              <tr key={stage.name} class="stage"><th scope="row"><i class={stage.name} />{stage.name}</th><td>{stage.layers.length}</td><td>{stage.gates}</td><td /></tr>
            ))}
            <tr class="total"><th scope="row">native</th><td>{placed.layers}</td><td>{placed.gates}</td><td data-fidelity={worth?.fidelity}>{worth ? fidelity(worth.fidelity) : "…"}</td></tr>
            {failed && <tr><th scope="row">ladder, routed</th><td colSpan={3}>{failed.message}</td></tr>}
            {(!ladder || ladder.layers !== null) && !failed && (
              <tr><th scope="row">ladder, routed</th><td>{ladder ? ladder.layers : "…"}</td><td>{ladder ? ladder.gates : "…"}</td><td>{ladder ? fidelity(ladder.fidelity) : "…"}</td></tr>
            )}
            {ladder?.published && (
              <tr><th scope="row">published{ladder.published.clones !== null && `, ${ladder.published.clones} clones`}</th><td>{ladder.published.layers}</td><td>{ladder.published.gates}</td><td>{fidelity(ladder.published.fidelity)}</td></tr>
            )}
          </tbody>
        </table>
        <p class="faint">Exact on the calibrated twin, readout included{worth ? `: ${worth.quantity}` : ""}. The ladder is routed by Qiskit, level 3, seed 0.</p>
        <Command text={placed.command} />
      </Panel>
      {worth && (
        <Panel title="Where the infidelity comes from">
          <table class="gains">
            <tbody>
              {worth.gains.map((one) => (
                <tr key={one.rule} title={one.meaning}>
                  <th scope="row">{one.rule}</th>
                  <td class="wide"><i class="bar" style={{ width: `${Math.max(0, (100 * one.gain) / most)}%` }} /></td>
                  <td>{one.gain < 5e-5 ? "0" : `+${number(one.gain, 2)}`}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="faint">What the fidelity would gain without each kind of noise.</p>
        </Panel>
      )}
    </div>
  );
}
