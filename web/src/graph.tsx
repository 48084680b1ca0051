// A graph to draw: click two vertices to join or part them; mark which are signal qubits.
import { useEffect, useRef, useState } from "preact/hooks";
import { Field } from "./ui";

export type GraphChoice = { kind: "graph"; edges: [number, number][]; sectors: number[][]; encoder: string };

const SIZE = 250;
/** Vertices that are drawn: none has more wires than a page shows. */
const MOST = 400;

export function Graph({ choice, choose }: { choice: GraphChoice; choose: (one: GraphChoice) => void }) {
  const [from, setFrom] = useState<number | null>(null);
  const [marking, setMarking] = useState(false);
  const signals = choice.sectors[0] ?? [];
  const least = Math.min(MOST, 1 + Math.max(1, ...choice.edges.flat(), ...signals));
  const [asked, setCount] = useState(least);
  const count = Math.max(least, asked);
  // What was chosen elsewhere, an example or the page before, is drawn with the vertices that it has.
  const drawn = useRef(JSON.stringify(choice));
  const draw = (one: GraphChoice) => {
    drawn.current = JSON.stringify(one);
    choose(one);
  };
  useEffect(() => {
    if (drawn.current === JSON.stringify(choice)) return;
    drawn.current = JSON.stringify(choice);
    setCount(least);
    setFrom(null);
  }, [choice]);
  const at = (i: number) => {
    const turn = (2 * Math.PI * i) / count - Math.PI / 2;
    return [SIZE / 2 + (SIZE / 2 - 22) * Math.cos(turn), SIZE / 2 + (SIZE / 2 - 22) * Math.sin(turn)] as const;
  };
  const click = (i: number) => {
    if (marking) {
      const marked = signals.includes(i) ? signals.filter((one) => one !== i) : [...signals, i].sort((a, b) => a - b);
      return draw({ ...choice, sectors: [marked] });
    }
    if (from === null || from === i) return setFrom(from === i ? null : i);
    const edge: [number, number] = [Math.min(from, i), Math.max(from, i)];
    const same = (other: [number, number]) => other[0] === edge[0] && other[1] === edge[1];
    const edges = choice.edges.some(same) ? choice.edges.filter((one) => !same(one)) : [...choice.edges, edge];
    setFrom(null);
    draw({ ...choice, edges });
  };
  const resize = (more: number) => {
    const next = 2 * Math.floor(count / 2) + more;
    setCount(next);
    const ring = Array.from({ length: next }, (_, i) => [Math.min(i, (i + 1) % next), Math.max(i, (i + 1) % next)] as [number, number]);
    draw({ ...choice, edges: next > 2 ? ring : [[0, 1]], sectors: [Array.from({ length: next / 2 }, (_, i) => i)] });
  };
  return (
    <div class="graph">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="group" aria-label="The graph">
        {choice.edges.map(([a, b]) => {
          const [[x1, y1], [x2, y2]] = [at(a), at(b)];
          return <line key={`${a}-${b}`} x1={x1} y1={y1} x2={x2} y2={y2} />;
        })}
        {Array.from({ length: count }, (_, i) => {
          const [x, y] = at(i);
          const signal = signals.includes(i);
          return (
            <g
              key={i}
              role="button"
              tabindex={0}
              aria-pressed={from === i}
              aria-label={`Vertex ${i}, ${signal ? "signal" : "noise"}`}
              class={`vertex ${signal ? "S" : "N"} ${from === i ? "from" : ""}`}
              onClick={() => click(i)}
              onKeyDown={(e) => {
                if (e.key === "Enter" || e.key === " ") {
                  e.preventDefault();
                  click(i);
                }
              }}
            >
              <circle cx={x} cy={y} r="15" />
              <text x={x} y={y} dy=".35em">{i}</text>
            </g>
          );
        })}
      </svg>
      <div class="row">
        <button type="button" aria-pressed={!marking} onClick={() => setMarking(false)}>Join</button>
        <button type="button" aria-pressed={marking} onClick={() => { setMarking(true); setFrom(null); }}>Mark signals</button>
        <button type="button" disabled={count <= 2} onClick={() => resize(-2)}>Fewer</button>
        <button type="button" disabled={count >= 16} onClick={() => resize(2)}>More</button>
      </div>
      <Field label="Encoder">
        <select value={choice.encoder} onChange={(e) => draw({ ...choice, encoder: e.currentTarget.value })}>
          {["XZ", "YZ", "XY"].map((name) => <option key={name}>{name}</option>)}
        </select>
      </Field>
    </div>
  );
}
