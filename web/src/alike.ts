// Sets of a scheme whose pairs S1 N1, S2 N2, ... are alike: any of them as the one of its class that an export holds.

/** Return that set, and what changes the names in an answer about it back to those of the set that was asked about.
 *
 * `pairs` is how many there are: wires of a circuit are numbered A, S1 to Sn, N1 to Nn. */
export function renamed(held: string[], pairs: number): [string[], <T extends object>(answer: T) => T] {
  const numbers = [...new Set(held.filter((label) => label !== "A").map((label) => Number(label.slice(1))))];
  const has = new Set(held);
  const kind = (i: number) => (has.has(`S${i}`) ? (has.has(`N${i}`) ? 0 : 1) : 2);
  const order = numbers.sort((i, j) => kind(i) - kind(j) || i - j);
  const asked = [
    ...(has.has("A") ? ["A"] : []),
    ...order.flatMap((i, k) => (has.has(`S${i}`) ? [`S${k + 1}`] : [])),
    ...order.flatMap((i, k) => (has.has(`N${i}`) ? [`N${k + 1}`] : [])),
  ];
  const same = order.every((i, k) => i === k + 1);
  const name = (text: string) => text.replace(/([SN])(\d+)/g, (_, role: string, k: string) => `${role}${order[Number(k) - 1] ?? k}`);
  const wire = (i: number) => (i === 0 ? 0 : i <= pairs ? order[i - 1] ?? i : pairs + (order[i - pairs - 1] ?? i - pairs));
  const change = (value: unknown, key = ""): unknown => {
    if (typeof value === "string" && (key === "crumble" || key === "stim")) return value.replace(/([ _])(\d+)(?=[ _;\n]|$)/g, (_, before: string, i: string) => before + wire(Number(i)));
    if (typeof value === "string" && key === "quirk") return quirk(value, wire);
    if (typeof value === "string") return name(value);
    if (Array.isArray(value)) return value.map((one) => change(one));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, one]) => [k, change(one, k)]));
    return value;
  };
  return [asked, (answer) => (same ? answer : (change(answer) as typeof answer))];
}

/** As many as Quirk simulates. */
const QUIRK = 16;

/** A link to the same circuit on other wires: in each column of Quirk's a gate stands at the place of its wire. */
function quirk(link: string, wire: (i: number) => number): string | null {
  const [page, said] = link.split("#circuit=") as [string, string];
  const { cols } = JSON.parse(decodeURIComponent(said)) as { cols: unknown[][] };
  const moved = cols.map((column) => {
    const to: unknown[] = [];
    column.forEach((gate, i) => gate !== 1 && (to[wire(i)] = gate));
    return Array.from(to, (gate) => gate ?? 1);
  });
  if (moved.some((column) => column.length > QUIRK)) return null;
  return `${page}#circuit=${encodeURIComponent(JSON.stringify({ cols: moved }))}`;
}
