// Sets of a scheme whose pairs S1 N1, S2 N2, ... are alike: any of them as the one of its class that an export holds.

/** Return that set, and what changes the names in an answer about it back to those of the set that was asked about. */
export function renamed(held: string[]): [string[], <T extends object>(answer: T) => T] {
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
  const change = (value: unknown, key = ""): unknown => {
    if (typeof value === "string") return key === "crumble" || key === "quirk" || key === "stim" ? null : name(value);
    if (Array.isArray(value)) return value.map((one) => change(one));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, one]) => [k, change(one, k)]));
    return value;
  };
  return [asked, (answer) => (same ? answer : (change(answer) as typeof answer))];
}
