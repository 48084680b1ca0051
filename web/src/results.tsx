// Results of experiments and sweeps as figures, beside what was published.
import { useState } from "preact/hooks";
import { Chart, type Figure, type Series } from "./chart";
import { csvOf } from "./figure_csv";
import type { Room } from "./main";
import { Command, Field, number, Panel, save, Trouble, useAnswer } from "./ui";

type Shelf = { folders: { id: string; title: string; command: string; kind: string }[] };
type Cell = string | number | boolean | null;
type Contents = {
  kind: string;
  figures: Figure[];
  columns: { name: string; number: boolean }[];
  rows: Cell[][];
  csv: string;
  provenance: Record<string, Record<string, unknown>>;
  unused: string[];
  total: number;
};

export function Results({ rest }: Room) {
  const [shelf, trouble] = useAnswer<Shelf>("results/shelf", {});
  const folder = rest[0] || shelf?.folders[0]?.id || "";
  const [answer, wrong, stale] = useAnswer<Contents>("results/folder", folder ? { folder } : null);
  const found = stale ? null : answer; // nothing of another folder stands, or is saved, under this one's name
  const [filter, setFilter] = useState("");
  const [key, setKey] = useState("");
  if (!shelf) return trouble ? <Trouble error={trouble} /> : <p class="faint waiting">Looking for results…</p>;
  const here = shelf.folders.find((one) => one.id === folder);
  const figures = found?.figures.filter((one) => `${one.title} ${one.caption}`.toLowerCase().includes(filter.toLowerCase())) ?? [];
  return (
    <>
      <Panel title="Results" class="chooser">
        <div class="row">
          <Field label="Folder">
            <select value={folder} onChange={(e) => (location.hash = `#/results/${e.currentTarget.value}`)}>
              {shelf.folders.map((one) => <option key={one.id} value={one.id}>{one.title}</option>)}
            </select>
          </Field>
          {found?.kind === "experiments" && (
            <Field label="Show only figures about">
              <input type="search" value={filter} onInput={(e) => setFilter(e.currentTarget.value)} />
            </Field>
          )}
          {found && <button type="button" onClick={() => save(`${here?.title ?? "results"}.csv`, found.csv, "text/csv")}>Save all as CSV</button>}
        </div>
        <Trouble error={wrong} />
        {here?.command && <Command text={here.command} />}
        {found && found.unused.length > 0 && <p class="faint">Left out, for they hold no result: {found.unused.slice(0, 5).join(", ")}.</p>}
        {here?.id === "published" && (
          <p class="faint">The published values alone. Lay your own over them: <code>qclone experiment all --out runs</code>, then <code>qclone web --results runs</code>.</p>
        )}
      </Panel>
      {key && found?.provenance[key] && <Provenance of={found.provenance[key]} close={() => setKey("")} />}
      <div class="figures">
        {figures.map((one) => (
          <Panel key={`${folder} ${one.name}`} title={one.title} class="figure">
            <p class="faint">{one.caption}</p>
            <Chart figure={one} csv={csvOf(one)} pick={setKey} />
          </Panel>
        ))}
      </div>
      {found?.kind === "sweep" && <Sweep key={folder} found={found} />}
    </>
  );
}

function Provenance({ of, close }: { of: Record<string, unknown>; close: () => void }) {
  return (
    <Panel title="Where this value comes from" actions={<button type="button" class="quiet" onClick={close}>Close</button>}>
      <dl class="facts provenance">
        {Object.entries(of).map(([name, value]) => (
          <div key={name}><dt>{name}</dt><dd>{typeof value === "object" && value ? Object.entries(value).map(([k, v]) => `${k} ${v}`).join(", ") : String(value ?? "")}</dd></div>
        ))}
      </dl>
    </Panel>
  );
}

const MOST_DRAWN = 1500;

function Sweep({ found }: { found: Contents }) {
  const numbers = found.columns.filter((one) => one.number).map((one) => one.name);
  const varied = (name: string) => new Set(found.rows.map((row) => String(row[index(name)]))).size;
  const index = (name: string) => found.columns.findIndex((one) => one.name === name);
  const likely = (wanted: string[], but: string) => wanted.find((one) => numbers.includes(one)) ?? numbers.find((one) => one !== but && varied(one) > 1) ?? numbers[0] ?? "";
  const [y, setY] = useState(likely(["fidelity", "value", "chsh", "logical_error_rate"], ""));
  const [x, setX] = useState(likely(["clones", "n", "loss"], y));
  const [by, setBy] = useState("");
  const [only, setOnly] = useState("");
  const rows = found.rows.filter((row) => !only || row.some((cell) => String(cell).includes(only)));
  // More than can be told apart would only make the page slow.
  const every = Math.ceil(rows.length / MOST_DRAWN);
  const drawn = rows.filter((_, i) => i % every === 0);
  const groups = new Map<string, Cell[][]>();
  for (const row of drawn) {
    const name = by ? `${by} = ${row[index(by)]}` : y;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const error = index("error") >= 0 ? index("error") : index(`${y}_error`);
  const series: Series[] = [...groups].slice(0, 12).map(([name, members]) => ({
    name,
    role: "ours",
    of: name,
    points: members
      .filter((row) => typeof row[index(x)] === "number" && typeof row[index(y)] === "number")
      .map((row, i) => ({
        x: Number(row[index(x)]),
        y: Number(row[index(y)]),
        error: error >= 0 && typeof row[error] === "number" ? Number(row[error]) : null,
        low: null, high: null, layers: null, gates: null, key: null,
        told: `${x} = ${row[index(x)]}, row ${i + 1}`,
      }))
      .sort((a, b) => a.x - b.x),
  }));
  const figure: Figure = { name: "sweep", title: "Sweep", caption: "", x: { label: x, categories: null }, y: { label: y }, lines: [], series: series.filter((one) => one.points.length) };
  const choice = (label: string, value: string, set: (one: string) => void, names: string[]) => (
    <Field label={label}>
      <select value={value} onChange={(e) => set(e.currentTarget.value)}>{names.map((one) => <option key={one} value={one}>{one || "nothing"}</option>)}</select>
    </Field>
  );
  return (
    <Panel title={`${rows.length.toLocaleString("en")} points`} class="figure">
      {found.total > found.rows.length && (
        <p class="notice">Of {found.total.toLocaleString("en")} points the first {found.rows.length.toLocaleString("en")} are here; the folder has all of them.</p>
      )}
      <div class="grid">
        {choice("Across", x, setX, numbers)}
        {choice("Up", y, setY, numbers)}
        {choice("Apart by", by, setBy, ["", ...found.columns.map((one) => one.name).filter((one) => varied(one) > 1 && varied(one) <= 12)])}
        <Field label="Only rows that hold"><input type="search" value={only} onInput={(e) => setOnly(e.currentTarget.value)} /></Field>
      </div>
      {every > 1 && <p class="faint">One point in {every} is drawn; show fewer rows to see each.</p>}
      {figure.series.length > 0 ? <Chart figure={figure} csv={found.csv} /> : <p class="faint">No numbers to draw.</p>}
      <div class="scroll" tabIndex={0} role="region" aria-label="Rows">
        <table class="rows-table">
          <thead><tr>{found.columns.map((one) => <th key={one.name}>{one.name}</th>)}</tr></thead>
          <tbody>{rows.slice(0, 50).map((row, i) => <tr key={i}>{row.map((cell, j) => <td key={j}>{typeof cell === "number" ? number(cell) : String(cell ?? "").slice(0, 24)}</td>)}</tr>)}</tbody>
        </table>
      </div>
      {rows.length > 50 && <p class="faint">The first 50 of {rows.length.toLocaleString("en")}; the CSV has every one{found.total > found.rows.length ? " that is here" : ""}.</p>}
    </Panel>
  );
}
