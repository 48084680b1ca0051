// Every register, newest first; only the rows that are on the screen are asked for and drawn.
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, send } from "./api";
import { Field, Panel, type Said, useDeed } from "./ui";

export type Summary = {
  id: string;
  name: string;
  qubits: number;
  clones: number;
  key: string;
  recoverable: boolean;
  alone: number;
  adversary: string;
};
type Page = { total: number; start: number; objects: Summary[] };
type Stored = Said & { id: string };

const ROW = 56;
const AT_ONCE = 50;

export function Registers({ revision, chosen, examples }: { revision: string; chosen: string; examples: string[] }) {
  const [search, setSearch] = useState("");
  const [total, setTotal] = useState<number | null>(null);
  const [pages, setPages] = useState<Map<number, Summary[]>>(new Map());
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(480);
  const box = useRef<HTMLDivElement>(null);
  const first = Math.max(0, Math.floor(top / ROW) - 4);
  const last = Math.min(total ?? 0, Math.ceil((top + height) / ROW) + 4);
  const wanted = [...new Set([Math.floor(first / AT_ONCE), Math.floor(Math.max(first, last - 1) / AT_ONCE)])];
  useEffect(() => {
    let current = true;
    Promise.all(wanted.map((page) => ask<Page>("cloud/objects", { search, start: page * AT_ONCE, limit: AT_ONCE }))).then(
      (found) => {
        if (!current) return;
        setTotal(found[0]!.total);
        setPages(new Map(found.map((one) => [one.start / AT_ONCE, one.objects])));
      },
      () => {},
    );
    return () => {
      current = false;
    };
  }, [wanted.join(), search, revision]);
  useEffect(() => {
    if (!box.current) return;
    const seen = new ResizeObserver(([entry]) => entry && setHeight(entry.contentRect.height));
    seen.observe(box.current);
    return () => seen.disconnect();
  }, []);
  const rows = [];
  for (let i = first; i < last; i++) rows.push([i, pages.get(Math.floor(i / AT_ONCE))?.[i % AT_ONCE]] as const);
  return (
    <Panel title="Registers" class="registers" actions={<span class="count">{total?.toLocaleString("en") ?? ""}</span>}>
      <Put examples={examples} />
      <Field label="Find by name or id" class="search">
        <input type="search" value={search} onInput={(e) => { setSearch(e.currentTarget.value); box.current?.scrollTo(0, 0); }} />
      </Field>
      <div class="list" ref={box} tabIndex={0} role="region" aria-label="Stored registers" onScroll={(e) => setTop(e.currentTarget.scrollTop)}>
        {total === 0 && <p class="faint">{search ? "None is called so." : "Nothing is stored yet."}</p>}
        <div style={{ height: `${(total ?? 0) * ROW}px` }} class="rows">
          {rows.map(([i, one]) => one && (
            <a
              key={one.id}
              class="register"
              href={`#/cloud/${one.id}`}
              aria-current={one.id === chosen ? "true" : undefined}
              style={{ top: `${i * ROW}px`, height: `${ROW}px` }}
            >
              <span class="name">{one.name || one.id.slice(0, 8)}</span>
              <span class="about">
                {one.qubits} {one.qubits === 1 ? "qubit" : "qubits"}, {one.clones} clones
              </span>
              <Badge one={one} />
            </a>
          ))}
        </div>
      </div>
    </Panel>
  );
}

export function Badge({ one }: { one: Summary }) {
  const [kind, word] =
    one.key === "consumed"
      ? ["spent", "used"]
      : one.key === "consuming"
        ? ["spent", "being used"]
        : one.recoverable
          ? ["recovers", one.alone > 1 ? `${one.alone} ways` : "1 way"]
          : ["lost", "out of reach"];
  return (
    <span class="badges">
      {one.adversary !== "nothing" && <span class="badge leaks">known</span>}
      <span class={`badge ${kind}`}>{word}</span>
    </span>
  );
}

function Put({ examples }: { examples: string[] }) {
  const [busy, act] = useDeed();
  const [over, setOver] = useState(false);
  const [example, setExample] = useState(examples[0] ?? "");
  const [clones, setClones] = useState("");
  const [source, setSource] = useState("discard");
  const file = useRef<HTMLInputElement>(null);
  const stored = (said: Stored | null) => said && (location.hash = `#/cloud/${said.id}`);
  const options = { source, ...(clones ? { clones } : {}) };
  const take = async (files: FileList | null | undefined) => {
    for (const one of files ?? []) stored(await act(() => send<Stored>("cloud/drop", one, { name: one.name, ...options })));
  };
  return (
    <div
      class={`put ${over ? "over" : ""}`}
      onDragOver={(e) => { e.preventDefault(); setOver(true); }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => { e.preventDefault(); setOver(false); take(e.dataTransfer?.files); }}
    >
      <button type="button" class="drop" disabled={busy} onClick={() => file.current?.click()}>
        <b>Drop a register here</b>
        <span>OpenQASM, QPY or NumPy; or choose a file</span>
      </button>
      <input ref={file} type="file" class="hidden" tabIndex={-1} aria-label="File of a register" accept=".qasm,.qpy,.npy"
        onChange={(e) => { take(e.currentTarget.files).then(() => file.current && (file.current.value = "")); }} />
      <div class="row">
        <select aria-label="A register that ships" value={example} onChange={(e) => setExample(e.currentTarget.value)}>
          {examples.map((name) => <option key={name} value={name}>{name.replace("example:", "")}</option>)}
        </select>
        <button
          type="button"
          class="primary"
          disabled={busy}
          onClick={async () => stored(await act(() => ask<Stored>("cloud/put", { example, source, clones: clones ? Number(clones) : null })))}
        >
          Put sample
        </button>
      </div>
      <details>
        <summary>How it is put</summary>
        <div class="grid">
          <Field label="Clones">
            <input type="number" min="1" placeholder="one a server" value={clones} onInput={(e) => setClones(e.currentTarget.value)} />
          </Field>
          <Field label="The source A">
            <select value={source} onChange={(e) => setSource(e.currentTarget.value)}>
              <option value="discard">is thrown away</option>
              <option value="client">stays with the client</option>
              <option value="server">goes to a server</option>
            </select>
          </Field>
        </div>
      </details>
    </div>
  );
}
