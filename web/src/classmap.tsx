// Every symmetry class of sets as a cell: by pairs held whole and missed, and those that miss none and hold none whole.
import { useMemo, useState } from "preact/hooks";
import { number, unit, useWidth } from "./ui";

export type Alike = { complete: number; signals: number; noise: number; absent: number; with_input: boolean; sets: string };
type Cell = { a: boolean; bits: number; sets: string };
export type Classes = { n: number; cells: (Cell & { c: number; e: number })[]; aligned: (Cell & { p: number })[] };

type Props = { found: Classes; alike: Alike | null; dimension: number; hold: (labels: string[]) => void };

export function ClassMap({ found, alike, dimension, hold }: Props) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const [over, setOver] = useState("");
  const { n } = found;
  const panels = width > 560 ? 2 : 1;
  const side = Math.max(3, Math.min(30, Math.floor((width / panels - 62) / (n + 1))));
  const pick = (a: boolean, c: number, e: number, p: number) => {
    const labels = a ? ["A"] : [];
    for (let i = 1; i <= n; i++) {
      if (i <= c) labels.push(`S${i}`, `N${i}`);
      else if (i <= n - e) labels.push(i - c <= p ? `S${i}` : `N${i}`);
    }
    hold(labels);
  };
  // From the set that is held, or from none: a pair more or fewer that is held whole, or missed.
  const walk = (a: boolean) => (event: KeyboardEvent) => {
    const way = ({ ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] } as Record<string, [number, number]>)[event.key];
    if (!way) return;
    event.preventDefault();
    const [c, e] = alike && alike.with_input === a ? [alike.complete, alike.absent] : [0, n];
    const inside = (value: number) => Math.max(0, Math.min(n, value));
    const whole = inside(c + way[0]);
    // Where the map ends, the other number gives way.
    const missed = way[0] ? Math.min(e, n - whole) : Math.min(inside(e + way[1]), n - c);
    pick(a, whole, missed, n - whole - missed);
  };
  const walkRow = (a: boolean) => (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const aligned = alike && alike.with_input === a && !alike.complete && !alike.absent;
    pick(a, 0, 0, aligned ? Math.max(0, Math.min(n, alike.signals + step)) : 0);
  };
  const held = alike
    ? `Held: ${alike.with_input ? "with A" : "without A"}, ${pairs(alike.complete)} whole, ${alike.absent} missed, of ${alike.signals} the signal wire alone; ${alike.sets} ${alike.sets === "1" ? "set is" : "sets are"} like it.`
    : "";
  const say = (a: boolean, what: string, one: Cell) =>
    setOver(`${a ? "With A" : "Without A"}, ${what}: ${number(one.bits)} of 2 ${unit(dimension)}; ${one.sets} ${one.sets === "1" ? "set" : "sets"}.`);
  // Thousands, of which a click changes none: drawn once, and the set that is held is marked on top.
  const cells = useMemo(
    () =>
      [false, true].map((a) =>
        found.cells
          .filter((one) => one.a === a)
          .map((one) => (
            <rect
              key={`${one.c} ${one.e}`}
              class={`cell ${kind(one.bits)}`}
              x={34 + side * one.c} y={side * (n - one.e)} width={side - 1} height={side - 1}
              style={shade(one.bits)}
              onClick={() => pick(a, one.c, one.e, n - one.c - one.e)}
              onMouseEnter={() => say(a, `${pairs(one.c)} whole, ${one.e} missed`, one)}
            />
          )),
      ),
    [found, side],
  );
  return (
    <div ref={ref} class="classmap">
      {width > 0 && (
        <div class="maps">
          {[false, true].map((a) => (
            <figure key={String(a)}>
              <figcaption>{a ? "A is held" : "A is not held"}</figcaption>
              <svg width={side * (n + 1) + 46} height={side * (n + 1) + 34} role="application" tabindex={0} onKeyDown={walk(a)}
                aria-label={`${a ? "With" : "Without"} A: what sets learn, by pairs held whole (left and right arrow) and pairs missed (up and down)`}>
                {cells[Number(a)]}
                {alike && alike.with_input === a && alike.complete + alike.absent > 0 && (
                  <rect class="here" x={34 + side * alike.complete} y={side * (n - alike.absent)} width={side - 1} height={side - 1} />
                )}
                <text class="tick" x={28} y={side * n + side / 2} dy=".35em" text-anchor="end">0</text>
                <text class="tick" x={28} y={side / 2} dy=".35em" text-anchor="end">{n}</text>
                <text class="tick" x={34 + side / 2} y={side * (n + 1) + 13} text-anchor="middle">0</text>
                <text class="tick" x={34 + side * (n + 0.5)} y={side * (n + 1) + 13} text-anchor="middle">{n}</text>
                <text class="axis" x={34 + (side * (n + 1)) / 2} y={side * (n + 1) + 29} text-anchor="middle">pairs held whole</text>
                <text class="axis" transform={`translate(12 ${(side * (n + 1)) / 2}) rotate(-90)`} text-anchor="middle">pairs missed</text>
              </svg>
              <svg width={side * (n + 1) + 46} height={Math.max(20, side) + 18} role="application" tabindex={0} onKeyDown={walkRow(a)}
                aria-label={`${a ? "With" : "Without"} A and one wire of each pair, by the number of signal wires (left and right arrow)`}>
                {found.aligned.filter((one) => one.a === a).map((one) => (
                  <rect
                    key={one.p}
                    class={`cell ${kind(one.bits)} ${alike && alike.with_input === a && !alike.complete && !alike.absent && alike.signals === one.p ? "here" : ""}`}
                    x={34 + side * one.p} y={2} width={side - 1} height={Math.max(16, side - 1)}
                    style={shade(one.bits)}
                    onClick={() => pick(a, 0, 0, one.p)}
                    onMouseEnter={() => say(a, `one wire of each pair, ${one.p} of them signals`, one)}
                  />
                ))}
                <text class="tick" x={34 + side / 2} y={Math.max(20, side) + 13} text-anchor="middle">0</text>
                <text class="tick" x={34 + side * (n + 0.5)} y={Math.max(20, side) + 13} text-anchor="middle">{n}</text>
              </svg>
              <p class="faint">one wire of each pair: signals</p>
            </figure>
          ))}
        </div>
      )}
      <ul class="legend">
        <li><i class="recovers" /> recovers</li>
        <li><i class="leaks" /> leaks, in {unit(dimension)}</li>
        <li><i class="nothing" /> nothing</li>
      </ul>
      <p class="faint over" aria-live="off">{over || "Point at a cell to read it; click to take such a set, or walk there by the arrow keys."}</p>
      <p class="faint" aria-live="polite" data-held>{held}</p>
    </div>
  );
}

const pairs = (count: number) => `${count} ${count === 1 ? "pair" : "pairs"}`;
const kind = (bits: number) => (bits === 2 ? "recovers" : bits ? "leaks" : "nothing");
/** The more is known, the stronger the colour. */
const shade = (bits: number) => ({ opacity: bits && bits < 2 ? 0.45 + 0.55 * Math.min(1, bits) : 1 });
