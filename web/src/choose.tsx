// The choice of a scheme: one of the examples, a few numbers, a drawing, or JSON.
import { useEffect, useState } from "preact/hooks";
import { exported } from "./api";
import { Graph, type GraphChoice } from "./graph";
import { Field, Panel, useAnswer } from "./ui";

export type Choice = { kind: string } & Record<string, unknown>;
type Example = { title: string; choice: Choice };

const KINDS = {
  canonical: "Canonical",
  iterated: "Iterated",
  parallel: "A register in parallel",
  qudit: "Qudits",
  graph: "A graph state, drawn",
  code: "A code",
  access: "An access structure",
  spec: "Any, as JSON",
} as const;
const STARTS: Record<keyof typeof KINDS, Choice> = {
  canonical: { kind: "canonical", n: 4 },
  iterated: { kind: "iterated", n: 2, levels: 1, virtual: true },
  parallel: { kind: "parallel", n: 4, copies: 2 },
  qudit: { kind: "qudit", n: 3, d: 3 },
  graph: { kind: "graph", edges: [[0, 1], [1, 2], [2, 3], [0, 3]], sectors: [[0, 1]], encoder: "XZ" },
  code: { kind: "code", name: "five" },
  access: { kind: "access", sets: [["key", "east"], ["key", "west"]] },
  spec: { kind: "spec", text: '{"scheme": "canonical", "num_clones": 4}' },
};

export function Choose({ choice, choose }: { choice: Choice; choose: (one: Choice) => void }) {
  const [known] = useAnswer<{ examples: Example[] }>("secrets/choices", {});
  const now = JSON.stringify(choice);
  const set = (more: Record<string, unknown>) => choose({ ...choice, ...more });
  return (
    <Panel title="Scheme" class="choose">
      {!exported && (
        <>
          <Field label="Kind">
            <select value={choice.kind} onChange={(e) => choose(STARTS[e.currentTarget.value as keyof typeof KINDS])}>
              {Object.entries(KINDS).map(([kind, name]) => <option key={kind} value={kind}>{name}</option>)}
            </select>
          </Field>
          <div class="grid">
            {"n" in choice && <Count label="Clones n" value={choice.n} low={1} set={(n) => set({ n })} />}
            {"levels" in choice && <Count label="Levels" value={choice.levels} low={1} set={(levels) => set({ levels })} />}
            {"copies" in choice && <Count label="Qubits" value={choice.copies} low={1} set={(copies) => set({ copies })} />}
            {"d" in choice && <Count label="Dimension d" value={choice.d} low={2} set={(d) => set({ d })} />}
          </div>
          {choice.kind === "iterated" && (
            <label class="check">
              <input type="checkbox" checked={Boolean(choice.virtual)} onChange={(e) => set({ virtual: e.currentTarget.checked })} />
              one clone a level only
            </label>
          )}
          {choice.kind === "code" && (
            <Field label="Code">
              <select value={String(choice.name)} onChange={(e) => set({ name: e.currentTarget.value })}>
                <option value="five">Five-qubit code</option>
                <option value="steane">Steane code</option>
              </select>
            </Field>
          )}
          {choice.kind === "access" && <Access choice={choice} set={set} />}
          {choice.kind === "spec" && (
            <Text label="Scheme as JSON" value={String(choice.text)} rows={6} done={(text) => set({ text })} />
          )}
          {choice.kind === "graph" && <Graph choice={choice as unknown as GraphChoice} choose={(one) => choose(one as unknown as Choice)} />}
        </>
      )}
      <h3>{exported ? "Choose one" : "Or begin with"}</h3>
      <ul class="examples">
        {known?.examples.map((one) => (
          <li key={one.title}>
            <button type="button" class="quiet" aria-pressed={JSON.stringify(one.choice) === now} onClick={() => choose(one.choice)}>
              {one.title.replace("n = ", "n\u00a0=\u00a0")}
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Count({ label, value, low, set }: { label: string; value: unknown; low: number; set: (n: number) => void }) {
  return (
    <Field label={label}>
      <input
        type="number"
        min={low}
        value={Number(value)}
        onInput={(e) => {
          const n = Number(e.currentTarget.value);
          if (Number.isInteger(n) && n >= low) set(n);
        }}
      />
    </Field>
  );
}

function Text({ label, value, rows, done }: { label: string; value: string; rows: number; done: (text: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <form onSubmit={(e) => { e.preventDefault(); done(text); }}>
      <Field label={label}>
        <textarea rows={rows} value={text} spellcheck={false} onInput={(e) => setText(e.currentTarget.value)} />
      </Field>
      <button type="submit">Take it</button>
    </form>
  );
}

function Access({ choice, set }: { choice: Choice; set: (more: Record<string, unknown>) => void }) {
  const sets = (choice.sets as string[][]).map((one) => one.join(" ")).join("\n");
  const done = (text: string) =>
    set({ sets: text.split("\n").map((line) => line.split(/[\s,]+/).filter(Boolean)).filter((one) => one.length) });
  return <Text label="Qualified sets, one a line: who is in it" value={sets} rows={4} done={done} />;
}
