// A circuit: time to the right, a line for each wire.

export type Drawn = { rows: string[]; columns: number; gates: { column: number; rows: number[]; ends: string[] }[] };

const [STEP, HIGH] = [34, 32];

export function Diagram({ drawn, outputs }: { drawn: Drawn; outputs: string[] }) {
  const margin = 14 + 8 * Math.max(2, ...drawn.rows.map((label) => label.length));
  const width = margin + STEP * (drawn.columns + 0.6) + 34;
  const height = HIGH * drawn.rows.length + 6;
  const x = (column: number) => margin + STEP * (column + 0.7);
  const y = (row: number) => HIGH * (row + 0.5) + 3;
  return (
    <div class="diagram" tabIndex={0} role="img" aria-label={`A circuit of ${drawn.gates.length} gates on ${drawn.rows.join(", ")}`}>
      <svg width={width} height={height}>
        {drawn.rows.map((label, row) => (
          <g key={label}>
            <line class="wire" x1={margin} x2={width - 30} y1={y(row)} y2={y(row)} />
            <text x={margin - 8} y={y(row)} dy=".35em" text-anchor="end">{label}</text>
            {outputs.includes(label) && <text class="out" x={width - 26} y={y(row)} dy=".35em">out</text>}
          </g>
        ))}
        {drawn.gates.map((gate, i) => (
          <g key={i} class="gate">
            {gate.rows.length > 1 && (
              <line x1={x(gate.column)} x2={x(gate.column)} y1={y(gate.rows[0]!)} y2={y(gate.rows[1]!)} />
            )}
            {gate.rows.map((row, j) => <End key={j} what={gate.ends[j]!} x={x(gate.column)} y={y(row)} />)}
          </g>
        ))}
      </svg>
    </div>
  );
}

function End({ what, x, y }: { what: string; x: number; y: number }) {
  if (what === "dot") return <circle class="dot" cx={x} cy={y} r="4" />;
  if (what === "target")
    return (
      <>
        <circle class="target" cx={x} cy={y} r="8.5" />
        <path d={`M${x - 8.5} ${y}h17M${x} ${y - 8.5}v17`} />
      </>
    );
  if (what === "swap") return <path d={`M${x - 6} ${y - 6}l12 12m0-12l-12 12`} />;
  const half = what.length > 2 ? 14 : 11;
  return (
    <>
      <rect x={x - half} y={y - 11} width={2 * half} height="22" rx="3" />
      <text x={x} y={y} dy=".35em" text-anchor="middle">{what}</text>
    </>
  );
}
