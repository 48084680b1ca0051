// How likely the input survives when wires are lost: exact, for a click on every slider.
import { useState } from "preact/hooks";
import { exported } from "./api";
import type { Choice } from "./choose";
import type { Scheme } from "./secrets";
import { Command, Panel, Trouble, useAnswer, useWidth } from "./ui";

const NAMES = { A: "the input A", S: "a clone's wire", N: "a key's wire" } as const;
type Role = keyof typeof NAMES;

export function Loss({ choice, scheme }: { choice: Choice; scheme: Scheme }) {
  const [rates, setRates] = useState<Record<Role, number>>({ A: 0.1, S: 0.1, N: 0.1 });
  const [apart, setApart] = useState(false);
  const [found, wrong] = useAnswer<{ probability: number; command: string | null }>("secrets/loss", { choice, ...rates });
  const [curve] = useAnswer<{ probabilities: number[] }>("secrets/curve", { choice });
  const roles = (["A", "S", "N"] as Role[]).filter((role) => scheme.wires.some((wire) => wire.role === role));
  const slide = (value: number, role?: Role) => setRates(role ? { ...rates, [role]: value } : { A: value, S: value, N: value });
  return (
    <Panel
      title="If wires are lost"
      class="loss"
      actions={
        !exported && (
          <label class="check">
            <input type="checkbox" checked={apart} onChange={(e) => { setApart(e.currentTarget.checked); if (!e.currentTarget.checked) slide(rates.S); }} /> each kind apart
          </label>
        )
      }
    >
      <Trouble error={wrong} />
      {apart
        ? roles.map((role) => <Slider key={role} label={`Loss of ${NAMES[role]}`} value={rates[role]} set={(value) => slide(value, role)} />)
        : <Slider label="Loss of every wire" value={rates.S} set={(value) => slide(value)} />}
      <p class="big" data-probability={found?.probability}>
        {found && <><b>{found.probability.toFixed(9)}</b> recovered</>}
      </p>
      {curve && <Curve values={curve.probabilities} at={apart ? null : rates.S} />}
      {found?.command && <Command text={found.command} />}
    </Panel>
  );
}

function Slider({ label, value, set }: { label: string; value: number; set: (value: number) => void }) {
  return (
    <label class="slider">
      <span>{label}</span>
      <output>{value.toFixed(2)}</output>
      <input type="range" min="0" max="1" step="0.01" value={value} onInput={(e) => set(Number(e.currentTarget.value))} />
    </label>
  );
}

function Curve({ values, at }: { values: number[]; at: number | null }) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const height = 150;
  const x = (p: number) => 30 + p * (width - 40);
  const y = (v: number) => 8 + (1 - v) * (height - 34);
  const line = values.map((v, i) => `${i ? "L" : "M"}${x(i / (values.length - 1)).toFixed(1)} ${y(v).toFixed(1)}`).join("");
  return (
    <div ref={ref} class="curve">
      {width > 0 && (
        <svg width={width} height={height} role="img" aria-label="Probability of recovery by probability of loss; beside it, a single qubit kept at one place">
          {[0, 0.5, 1].map((v) => (
            <g key={v}>
              <line class="gridline" x1={x(0)} x2={x(1)} y1={y(v)} y2={y(v)} />
              <text class="tick" x={24} y={y(v)} dy=".35em" text-anchor="end">{v}</text>
              <text class="tick" x={x(v)} y={height - 10} text-anchor="middle">{v}</text>
            </g>
          ))}
          <path class="alone" d={`M${x(0)} ${y(1)}L${x(1)} ${y(0)}`} />
          <path class="ours" d={line} />
          {at !== null && <line class="now" x1={x(at)} x2={x(at)} y1={y(1)} y2={y(0)} />}
        </svg>
      )}
      <p class="faint">Dashed: one qubit, not cloned, lost as likely.</p>
    </div>
  );
}
