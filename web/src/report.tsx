// The figures of `qclone report`, drawn as the page draws them, in a file of its own.
import { render } from "preact";
import { Chart, type Figure } from "./chart";
import { csvOf } from "./figure_csv";
import "./report.css";

const figures = JSON.parse(document.getElementById("figures")!.textContent!) as Figure[];
for (const figure of figures) {
  const place = document.querySelector(`[id="${CSS.escape(figure.name)}"] .chart-place`)!;
  place.replaceChildren();
  render(<Chart figure={figure} csv={figure.matrices?.length ? undefined : csvOf(figure)} />, place);
}
