// Correlation matrices: of the reference with every wire, X, Y and Z of each.

export type Told = { told: string; wires: { wire: string; values: number[][] }[] };

export function Matrices({ rows }: { rows: Told[] }) {
  return (
    <div class="matrices">
      {rows.map((row) => (
        <div key={row.told}>
          <h4>{row.told}</h4>
          <ul>
            {row.wires.map(({ wire, values }) => (
              <li key={wire}>
                <table>
                  <caption>{wire}</caption>
                  <thead><tr><td />{[..."XYZ"].map((p) => <th key={p} scope="col">{p}</th>)}</tr></thead>
                  <tbody>
                    {values.map((line, i) => (
                      <tr key={i}>
                        <th scope="row">{"XYZ"[i]}</th>
                        {line.map((value, j) => <td key={j} style={shade(value)}>{value.toFixed(2).replace("-0.00", "0.00")}</td>)}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}

/** From -1, red, over nothing to +1, blue; the words stay readable on either. */
const shade = (value: number) => ({
  background: `color-mix(in srgb, var(${value < 0 ? "--series-1" : "--series-0"}) ${Math.round(70 * Math.min(1, Math.abs(value)))}%, transparent)`,
});
