// The small parts that every room is made of.
import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { ask, Refused } from "./api";

export type Said = { text?: string; command?: string; error?: Refused; notices?: string[] };
export const Teller = createContext<(said: Said) => void>(() => {});

/** Do something and say what came of it, with the command that does the same. */
export function useDeed(): [boolean, <T extends Said>(deed: () => Promise<T>) => Promise<T | null>] {
  const tell = useContext(Teller);
  const [busy, setBusy] = useState(false);
  return [
    busy,
    async (deed) => {
      setBusy(true);
      try {
        const said = await deed();
        tell(said);
        return said;
      } catch (error) {
        tell({ error: error instanceof Refused ? error : new Refused(String(error), "", "failed") });
        return null;
      } finally {
        setBusy(false);
      }
    },
  ];
}

/** Keep the answer to a question, asked anew whenever the question or `again` changes; the old one stays until then. */
export function useAnswer<T>(path: string, body: object | null, again: unknown = ""): [T | null, Refused | null, boolean] {
  const [state, setState] = useState<{ answer: T | null; error: Refused | null; key: string }>({ answer: null, error: null, key: "" });
  const key = body === null ? "" : `${path} ${JSON.stringify(body)}`;
  useEffect(() => {
    if (body === null) return setState({ answer: null, error: null, key: "" });
    let current = true;
    ask<T>(path, body).then(
      (answer) => current && setState({ answer, error: null, key }),
      (error) => current && setState({ answer: null, error, key }),
    );
    return () => {
      current = false;
    };
  }, [key, again]);
  return [state.answer, state.error, state.key !== key];
}

export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return; // not allowed here: what is not copied is not said to be
    }
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" class="quiet" onClick={copy} aria-label={`${label}: ${text}`}>
      {copied ? "Copied" : label}
    </button>
  );
}

export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <code tabIndex={0}>{text}</code>
      <Copy text={text} />
    </div>
  );
}

export function Panel(props: { title: string; children: ComponentChildren; actions?: ComponentChildren; class?: string }) {
  return (
    <section class={`panel ${props.class ?? ""}`} aria-label={props.title}>
      <header>
        <h2>{props.title}</h2>
        {props.actions}
      </header>
      {props.children}
    </section>
  );
}

export function Trouble({ error }: { error: Refused | null }) {
  return error && (
    <p class="trouble" role="alert">
      <strong>{error.message}</strong> {error.remedy}
    </p>
  );
}

export function Field(props: { label: string; children: ComponentChildren; class?: string }) {
  return (
    <label class={`field ${props.class ?? ""}`}>
      <span>{props.label}</span>
      {props.children}
    </label>
  );
}

const WORDS = { recovers: "Recovers it", leaks: "Learns something", nothing: "Learns nothing" } as const;
export type Verdict = keyof typeof WORDS;
export type Learned = { verdict: Verdict; bits: number; of: number; leaks: { logical: string; operator: string }[]; dimension?: number };

/** What is learned of qubits is in bits; of qudits in the units in which a whole one has two. */
export const unit = (dimension = 2) => (dimension === 2 ? "bits" : `units of log₂ ${dimension} bits`);

export function Knows({ found, who }: { found: Learned; who: string }) {
  const share = found.of ? found.bits / found.of : 0;
  return (
    <div class={`knows ${found.verdict}`} data-verdict={found.verdict}>
      <p>
        <b>{WORDS[found.verdict]}</b>
        <span class="bits">
          {number(found.bits)} of {found.of} {unit(found.dimension)}
        </span>
      </p>
      <div class="meter" role="img" aria-label={`${who}: ${number(found.bits)} of ${found.of} ${unit(found.dimension)}`}>
        <i style={{ width: `${100 * share}%` }} />
      </div>
      {found.leaks.length > 0 && (
        <dl class="operators">
          {found.leaks.map((leak) => (
            <div key={leak.logical}>
              <dt>{leak.logical}</dt>
              <dd>{leak.operator}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

/** A number as people read it: no more digits than say something. */
export function number(value: number, digits = 6): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e7) return value.toExponential(2);
  return String(Number(value.toPrecision(digits)));
}

export function seconds(value: number | null): string {
  if (value === null) return "no end";
  if (value === 0) return "0 s";
  for (const [unit, size] of [["h", 3600], ["min", 60], ["s", 1], ["ms", 1e-3], ["µs", 1e-6]] as const)
    if (value >= size) return `${number(value / size, 4)} ${unit}`;
  return `${number(value / 1e-9, 4)} ns`;
}

/** The width of an element, for what is drawn to fit into it. */
export function useWidth<E extends HTMLElement>(): [{ current: E | null }, number] {
  const ref = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!ref.current) return;
    const seen = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    seen.observe(ref.current);
    return () => seen.disconnect();
  }, []);
  return [ref, width];
}

export function save(name: string, content: string, kind: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: kind }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
