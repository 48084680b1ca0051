// A state: how often measuring every qubit gives each outcome, and the amplitudes behind it.
import { number } from "./ui";

export type Outcomes = { qubits: number; total: number | null; outcomes: { bits: string; p: number; re: number; im: number }[] };

export function State({ state }: { state: Outcomes }) {
  if (state.total === null) return <p class="faint">{state.qubits} qubits have more amplitudes than are shown.</p>;
  const most = Math.max(...state.outcomes.map((one) => one.p));
  return (
    <>
      <table class="state">
        <caption class="hidden">Outcomes, their probabilities and amplitudes</caption>
        <thead>
          <tr><th>Outcome</th><th>Probability</th><th class="wide" /><th>Amplitude</th></tr>
        </thead>
        <tbody>
          {state.outcomes.map((one) => (
            <tr key={one.bits}>
              <th scope="row">{one.bits}</th>
              <td>{(100 * one.p).toFixed(1)} %</td>
              <td class="wide"><i class="bar" style={{ width: `${(100 * one.p) / most}%` }} /></td>
              <td>{amplitude(one.re, one.im)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {state.total > state.outcomes.length && <p class="faint">The likeliest {state.outcomes.length} of {state.total}.</p>}
    </>
  );
}

function amplitude(re: number, im: number): string {
  const flat = (x: number) => (Math.abs(x) < 5e-7 ? 0 : x);
  const [a, b] = [flat(re), flat(im)];
  if (!b) return number(a, 4);
  const imaginary = `${number(Math.abs(b), 4)} i`;
  return a ? `${number(a, 4)} ${b < 0 ? "−" : "+"} ${imaginary}` : `${b < 0 ? "−" : ""}${imaginary}`;
}
