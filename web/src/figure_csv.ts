// A figure's values as text that spreadsheets read.
import type { Figure } from "./chart";

export function csvOf(figure: Figure): string {
  const quote = (one: unknown) => (one === null ? "" : /[",\n]/.test(String(one)) ? `"${String(one).replaceAll('"', '""')}"` : String(one));
  const rows = figure.series.flatMap((one) => one.points.map((p) => [one.name, p.told, p.x, p.y, p.error, p.low, p.high, p.layers, p.gates]));
  return [["series", "row", "x", "value", "error", "lowest", "highest", "layers", "gates"], ...rows].map((row) => row.map(quote).join(",")).join("\n") + "\n";
}
