// One register: from where it can be had, who knows what of it, and getting it, once.
import { useState } from "preact/hooks";
import { ask, Refused } from "./api";
import { type Computed, numbers, Programs, Values } from "./programs";
import { Badge, type Summary } from "./registers";
import { State, type Outcomes } from "./state";
import { Command, Knows, type Learned, number, Panel, type Said, save, useDeed } from "./ui";

export type Whole = Summary & {
  created_at: string;
  scheme: string;
  /** Some of each server's clones, and how many more it has. */
  places: { label: string; server: string; state: string }[];
  more: Record<string, number>;
  key_used: { server: string | null; at: string | null };
  kept: boolean;
  key_qubits: { held: number; of: number };
  servers: string[];
  recoverable_text: string;
  servers_together: Learned;
  compromised: Learned & { servers: string[] };
  coalition: Learned & { sites: string[] };
  released: string;
  check: string;
  computed: Computed;
  why_not: { message: string; remedy: string } | null;
};

export type Got = Said & {
  id: string;
  server: string;
  computed: string | null;
  entanglement_fidelity: number | null;
  checks: number | null;
  errors_seen: number | null;
  fidelity: number | null;
  state: Outcomes;
  qasm: string | null;
  file: string;
};

export function Register({ whole, coalition }: { whole: Whole; coalition: string[] }) {
  return (
    <>
      <Panel title={whole.name || whole.id.slice(0, 8)} class="one" actions={<Badge one={whole} />}>
        <p class="faint">
          <code>{whole.id.slice(0, 8)}</code> · {whole.scheme} · put {whole.created_at.replace("T", " ").slice(0, 19)}
        </p>
        <h3>Recoverable</h3>
        <p data-recoverable={String(whole.recoverable)}>{whole.recoverable_text}</p>
        <Get whole={whole} />
      </Panel>
      <Programs whole={whole} coalition={coalition} />
      <Panel title="Who knows what">
        {whole.released && <p data-released>{whole.released} The qubits that are left tell this:</p>}
        {whole.coalition.sites.length > 0 && (
          <>
            <h3>The chosen: {names(whole.coalition.sites)}</h3>
            <Knows found={whole.coalition} who="The chosen" />
          </>
        )}
        {whole.compromised.servers.length > 0 && (
          <>
            <h3>The adversary, at {names(whole.compromised.servers)}</h3>
            <Knows found={whole.compromised} who="The adversary" />
          </>
        )}
        <h3>All servers together</h3>
        <Knows found={whole.servers_together} who="All servers together" />
        {!coalition.length && <p class="faint">Choose servers, or the client, to see what they would know together.</p>}
        <Command text={whole.check} />
      </Panel>
    </>
  );
}

function names(all: string[]) {
  return all.length > 4 ? `${all.slice(0, 3).join(", ")} and ${all.length - 3} more` : all.join(", ");
}

function Get({ whole }: { whole: Whole }) {
  const [busy, act] = useDeed();
  const [from, setFrom] = useState("");
  const [correct, setCorrect] = useState(false);
  const [measured, setMeasured] = useState(false);
  const [values, setValues] = useState<Record<string, string>>({});
  const ran = whole.computed.runs.find((run) => run.server === (from || whole.computed.committed));
  const free = whole.kept ? [] : ran?.parameters ?? [];
  const [got, setGot] = useState<Got | null>(null);
  const [refused, setRefused] = useState<Refused | null>(null);
  const get = async () => {
    setRefused(null);
    const found = await act(async () => {
      try {
        return await ask<Got>("cloud/get", { id: whole.id, server: from || null, correct, measured, values: numbers(values, free) });
      } catch (error) {
        if (error instanceof Refused) setRefused(error);
        throw error;
      }
    });
    if (found) setGot(found);
  };
  const finish = () => act(() => ask<Said>("cloud/done", { id: whole.id }));
  return (
    <div class="get">
      <div class="row">
        <select aria-label="From which server" value={from} onChange={(e) => setFrom(e.currentTarget.value)}>
          <option value="">from any server</option>
          {whole.servers.slice(0, 100).map((name) => <option key={name} value={name}>from {name}</option>)}
        </select>
        <label class="check">
          <input type="checkbox" checked={correct} disabled={measured} onChange={(e) => setCorrect(e.currentTarget.checked)} /> correct errors
        </label>
        {(whole.computed.runs.length > 0 || whole.computed.committed) && (
          <label class="check">
            <input type="checkbox" checked={measured} disabled={correct} onChange={(e) => setMeasured(e.currentTarget.checked)} /> it stays at the server
          </label>
        )}
        <button type="button" class="primary" disabled={busy} onClick={get}>
          Get it
        </button>
      </div>
      <Values free={free} values={values} set={setValues} />
      {refused && (
        <p class="trouble" role="alert">
          <strong>{refused.message}</strong> {refused.remedy}
        </p>
      )}
      {!refused && !got && whole.why_not && !whole.kept && <p class="faint">{whole.why_not.message}</p>}
      {got && (
        <div class="got">
          <h3>Recovered from {got.server}</h3>
          {got.computed && <p class="faint">It went through {got.computed}.</p>}
          <dl class="facts">
            {got.entanglement_fidelity !== null && (
              <div><dt>Fidelity of the storage</dt><dd>{number(got.entanglement_fidelity)}</dd></div>
            )}
            {got.fidelity !== null && <div><dt>With what was put in{got.computed ? ", put through the program" : ""}</dt><dd>{number(got.fidelity)}</dd></div>}
            {got.checks !== null && <div><dt>Bell checks fired</dt><dd>{got.errors_seen} of {got.checks}</dd></div>}
          </dl>
          <State state={got.state} />
          <div class="row">
            {got.qasm && (
              <button type="button" onClick={() => { save(got.file, got.qasm!, "text/plain"); }}>Save as OpenQASM</button>
            )}
            {whole.kept && (
              <button type="button" class="primary" onClick={finish} disabled={busy}>I have it</button>
            )}
          </div>
          {whole.kept && <p class="faint">It is kept, and handed over again, until you say that you have it. Then it is gone for good.</p>}
        </div>
      )}
      {!got && whole.kept && <p class="faint">It was recovered and is kept: get it again until you say that you have it.</p>}
    </div>
  );
}
