// Programs on clones: a server computes on what is noise to it; then the key is narrowed, committed, released.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ask, send } from "./api";
import type { Whole } from "./register";
import { Field, Panel, type Said, useDeed } from "./ui";

export type Run = { server: string; clone: string; gates: number; tails: number; late: number; done: boolean; parameters: string[] };
export type Computed = { runs: Run[]; kept_clones: string[] | null; committed: string | null; sealed: boolean; no_programs: string | null };

const HEAD = `OPENQASM 3.0;\ninclude "stdgates.inc";\n`;
const SAMPLES: Record<string, (qubits: number) => string> = {
  "T gates": (k) => `${HEAD}qubit[${k}] q;\nh q[0];\nt q[0];\n${k > 1 ? "cx q[0], q[1];\nt q[1];\n" : ""}`,
  "A Toffoli gate": (k) => `${HEAD}qubit[${k}] q;\n${k > 2 ? "ccx q[0], q[1], q[2];\n" : "// takes three qubits\n"}`,
  "An angle of your own": (k) => `${HEAD}input float theta;\nqubit[${k}] q;\nh q[0];\nrz(theta) q[0];\n`,
};

export function Programs({ whole, coalition }: { whole: Whole; coalition: string[] }) {
  const { computed } = whole;
  const open = computed.sealed || computed.committed !== null;
  if (!open && !computed.runs.length) return null;
  return (
    <Panel title="Computing on its clones" class="programs">
      {computed.runs.length > 0 && <Runs runs={computed.runs} />}
      {computed.kept_clones && <p class="faint">The key was narrowed: only {names(computed.kept_clones)} can be decrypted.</p>}
      {computed.no_programs ? <p class="faint">{computed.no_programs}</p> : computed.sealed && <Ask whole={whole} />}
      {open && !computed.no_programs && <Key whole={whole} coalition={coalition} />}
    </Panel>
  );
}

const names = (all: string[]) => (all.length > 6 ? `${all.slice(0, 5).join(", ")} and ${all.length - 5} more` : all.join(", "));
const many = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

function Runs({ runs }: { runs: Run[] }) {
  return (
    <ul class="runs">
      {runs.map((run) => (
        <li key={run.server}>
          <b>{run.server}</b>, clone {run.clone}: {many(run.gates, "Clifford instruction")}, {many(run.tails, "qubit")} to come back
          {run.late > 0 && <>, {many(run.late, "angle")} it was not told</>}
          {run.parameters.length > 0 && <> (free: {names(run.parameters)})</>}
          {!run.done && <>; not done yet</>}.
        </li>
      ))}
    </ul>
  );
}

function Ask({ whole }: { whole: Whole }) {
  const [busy, act] = useDeed();
  const free = whole.servers.filter((name) => !whole.computed.runs.some((run) => run.server === name));
  const [server, setServer] = useState("");
  const [text, setText] = useState(SAMPLES["T gates"]!(whole.qubits));
  const [late, setLate] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const on = free.includes(server) ? server : free[0] ?? "";
  const run = (body: Blob, name: string) => act(() => send<Said>("cloud/run", body, { id: whole.id, server: on, late: String(late), name }));
  if (!on) return null;
  return (
    <details>
      <summary>Run a program on a clone</summary>
      <div class="grid">
        <Field label="On the clone of">
          <select value={on} onChange={(e) => setServer(e.currentTarget.value)}>
            {free.slice(0, 100).map((name) => <option key={name}>{name}</option>)}
          </select>
        </Field>
        <Field label="Begin with">
          <select onChange={(e) => setText(SAMPLES[e.currentTarget.value]!(whole.qubits))}>
            {Object.keys(SAMPLES).map((name) => <option key={name}>{name}</option>)}
          </select>
        </Field>
      </div>
      <Field label={`Program on ${many(whole.qubits, "qubit")}, OpenQASM`}>
        <textarea rows={7} spellcheck={false} value={text} onInput={(e) => setText(e.currentTarget.value)} />
      </Field>
      <label class="check">
        <input type="checkbox" checked={late} onChange={(e) => setLate(e.currentTarget.checked)} /> tell the server no angle
      </label>
      <div class="row">
        <button type="button" class="primary" disabled={busy} onClick={() => run(new Blob([text]), "")}>Run it</button>
        <button type="button" disabled={busy} onClick={() => file.current?.click()}>Run a file…</button>
        <input ref={file} type="file" class="hidden" tabIndex={-1} aria-label="File of a program" accept=".qasm,.qpy"
          onChange={(e) => { const one = e.currentTarget.files?.[0]; if (one) run(one, one.name).then(() => file.current && (file.current.value = "")); }} />
      </div>
      <p class="faint">It computes on noise. Other servers may run other programs; which of them was real is decided by from whom you get it.</p>
    </details>
  );
}

function Key({ whole, coalition }: { whole: Whole; coalition: string[] }) {
  const [busy, act] = useDeed();
  const { computed } = whole;
  const chosen = coalition.filter((name) => whole.servers.includes(name));
  const one = computed.committed ?? (chosen.length === 1 ? chosen[0]! : null);
  const [values, setValues] = useState<Record<string, string>>({});
  const free = computed.runs.find((run) => run.server === one)?.parameters ?? [];
  return (
    <details>
      <summary>What becomes of the key</summary>
      <div class="row">
        {computed.sealed && (
          <>
            <button type="button" disabled={busy || !chosen.length} onClick={() => act(() => ask<Said>("cloud/narrow", { id: whole.id, names: chosen }))}>
              Narrow to the chosen
            </button>
            <button type="button" disabled={busy || !one} onClick={() => act(() => ask<Said>("cloud/commit", { id: whole.id, server: one }))}>
              Commit to {one ?? "one"}
            </button>
          </>
        )}
        <button type="button" disabled={busy || !one} onClick={() => act(() => ask<Said>("cloud/release", { id: whole.id, server: one, values: numbers(values, free) }))}>
          Release to {one ?? "one"}
        </button>
      </div>
      <Values free={free} values={values} set={setValues} />
      <p class="faint">
        None of it can be undone. Narrowed, only the chosen servers' clones can be decrypted, with a smaller key. Committed, the key is bits for
        one server's clone. Released, that server has the bits, and the result in the clear.
        {computed.sealed && !chosen.length && " Choose servers first."}
      </p>
    </details>
  );
}

/** Values of a program's free parameters, in radians. */
export function Values({ free, values, set }: { free: string[]; values: Record<string, string>; set: (values: Record<string, string>) => void }) {
  useLayoutEffect(() => set({}), [free.join()]); // before anybody can type
  if (!free.length) return null;
  return (
    <div class="grid">
      {free.map((name) => (
        <Field key={name} label={`${name}, radians`}>
          <input type="number" step="any" value={values[name] ?? ""} onInput={(e) => set({ ...values, [name]: e.currentTarget.value })} />
        </Field>
      ))}
    </div>
  );
}

export function numbers(values: Record<string, string>, free: string[]): Record<string, number> {
  return Object.fromEntries(free.filter((name) => values[name]?.trim() && Number.isFinite(Number(values[name]))).map((name) => [name, Number(values[name])]));
}
