// Secrets: choose a scheme, click wires in and out of a coalition, read what it can do.
import { useEffect, useMemo, useState } from "preact/hooks";
import { exported } from "./api";
import { Choose, type Choice } from "./choose";
import { Diagram, type Drawn } from "./diagram";
import { Loss } from "./loss";
import { decoded, type Room } from "./main";
import { ClassMap, type Alike, type Classes } from "./classmap";
import { Command, Knows, type Learned, Panel, Trouble, useAnswer } from "./ui";

export type Scheme = {
  name: string;
  dimension: number;
  inputs: number;
  wires: { label: string; role: "A" | "S" | "N" }[];
  columns: { title: string; columns: string[][] }[];
  clones: { label: string; wires: string[]; key: string[] }[];
  notices: string[];
  counts: Record<"nothing" | "leaks" | "recovers", string> | null;
  distance: number | null;
  mapped: boolean;
  decodes: boolean;
  command: string;
};
type Found = Learned & { held: string[]; command: string | null; alike?: Alike };
type Decoding = { outputs: string[]; gates: number; circuit: Drawn | null; crumble: string | null; quirk: string | null };
type Sets = { sets: string[][]; more: boolean };

const FIRST: Choice = { kind: "canonical", n: 4 };

function read(text: string | undefined): Choice {
  try {
    const said = JSON.parse(text || "null");
    return said && typeof said === "object" && typeof said.kind === "string" ? said : FIRST;
  } catch {
    return FIRST;
  }
}

export function Secrets({ rest, raw }: Room) {
  const choice = useMemo(() => read(rest[0]), [rest[0]]);
  const chosen = raw[1] ? raw[1].split(",").map(decoded) : []; // a name may hold a comma
  const go = (one: Choice, held: string[]) => {
    location.hash = `#/secrets/${encodeURIComponent(JSON.stringify(one))}/${held.map(encodeURIComponent).join(",")}`;
  };
  const [scheme, wrong, changing] = useAnswer<Scheme>("secrets/scheme", { choice });
  const labels = new Set(scheme?.wires.map((wire) => wire.label));
  const held = chosen.filter((label) => labels.has(label));
  const ready = scheme && !changing;
  const hold = (labels: string[]) => go(choice, scheme!.wires.map((w) => w.label).filter((label) => labels.includes(label)));
  return (
    <>
      <div class="left">
        <Choose choice={choice} choose={(one) => go(one, [])} />
        {scheme && <About scheme={scheme} />}
      </div>
      <div class="middle">
        <Trouble error={wrong} />
        {scheme && (
          <>
            <Wires scheme={scheme} held={held} hold={hold} />
            {ready && <Told choice={choice} held={held} scheme={scheme} hold={hold} />}
          </>
        )}
      </div>
    </>
  );
}

function About({ scheme }: { scheme: Scheme }) {
  return (
    <Panel title={scheme.name} class="about">
      <dl class="facts">
        <div><dt>Wires</dt><dd>{scheme.wires.length}</dd></div>
        <div><dt>Clones</dt><dd>{scheme.clones.length}</dd></div>
        {scheme.distance !== null && <div><dt>Code distance</dt><dd>{scheme.distance}</dd></div>}
        {scheme.dimension > 2 && <div><dt>Dimension</dt><dd>{scheme.dimension}</dd></div>}
      </dl>
      {scheme.counts && (
        <dl class="facts counts">
          <div class="recovers"><dt>sets recover</dt><dd>{scheme.counts.recovers}</dd></div>
          <div class="leaks"><dt>leak</dt><dd>{scheme.counts.leaks}</dd></div>
          <div><dt>learn nothing</dt><dd>{scheme.counts.nothing}</dd></div>
        </dl>
      )}
      {scheme.notices.map((notice) => <p key={notice} class="notice">{notice}</p>)}
      <Command text={scheme.command} />
    </Panel>
  );
}

function Wires({ scheme, held, hold }: { scheme: Scheme; held: string[]; hold: (labels: string[]) => void }) {
  const roles = new Map(scheme.wires.map((wire) => [wire.label, wire.role]));
  const all = scheme.wires.map((wire) => wire.label);
  const of = (role: string) => all.filter((label) => roles.get(label) === role);
  const clone = scheme.clones[0]!;
  const toggle = (label: string) => hold(held.includes(label) ? held.filter((one) => one !== label) : [...held, label]);
  return (
    <Panel
      title={`Coalition: ${held.length} of ${all.length} wires`}
      class="wires"
      actions={
        <span class="row">
          <button type="button" class="quiet" onClick={() => hold(of("S"))}>Every clone</button>
          <button type="button" class="quiet" onClick={() => hold([...clone.wires, ...clone.key])}>{clone.label} and key</button>
          <button type="button" class="quiet" onClick={() => hold(all.filter((label) => !held.includes(label)))}>The others</button>
          <button type="button" class="quiet" onClick={() => hold([])}>None</button>
        </span>
      }
    >
      <div class="groups">
        {scheme.columns.map((group) => (
          <div key={group.title} class="group" role="group" aria-label={group.title || "Wires"}>
            {group.title && <span class="title">{group.title}</span>}
            <div class="columns">
              {group.columns.map((column) => (
                <div key={column[0]} class="column">
                  {column.map((label) => (
                    <button key={label} type="button" class={`wire ${roles.get(label)}`} aria-pressed={held.includes(label)} onClick={() => toggle(label)} title={label}>
                      {label.slice(group.title ? group.title.length + 1 : 0)}
                    </button>
                  ))}
                </div>
              ))}
            </div>
          </div>
        ))}
      </div>
      <ul class="legend">
        <li><i class="A" /> input</li>
        <li><i class="S" /> encrypted clone</li>
        <li><i class="N" /> key</li>
      </ul>
    </Panel>
  );
}

function Told({ choice, held, scheme, hold }: { choice: Choice; held: string[]; scheme: Scheme; hold: (labels: string[]) => void }) {
  const [found, wrong, stale] = useAnswer<Found>("secrets/verdict", { choice, held });
  return (
    <>
      <div class={scheme.mapped ? "told" : "stack"}>
      <div class="stack">
      <Panel title="What it can do" class={`verdict ${stale ? "stale" : ""}`}>
        <Trouble error={wrong} />
        {found && <Knows found={found} who="The coalition" />}
        {found?.command && <Command text={found.command} />}
      </Panel>
      {found?.verdict === "recovers" && scheme.decodes && <Decoder choice={choice} held={held} />}
      </div>
      {scheme.mapped && <Atlas choice={choice} alike={found?.alike ?? null} scheme={scheme} hold={hold} />}
      </div>
      <div class="two">
        <Loss choice={choice} scheme={scheme} />
        <Smallest choice={choice} hold={hold} />
      </div>
    </>
  );
}

function Decoder({ choice, held }: { choice: Choice; held: string[] }) {
  const [settled, setSettled] = useState(held);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(held), exported ? 0 : 120);
    return () => clearTimeout(timer);
  }, [held.join()]);
  const [answer, wrong, stale] = useAnswer<Decoding>("secrets/decoder", { choice, held: settled });
  const late = stale || settled.join() !== held.join();
  const found = late ? null : answer; // a decoder of another set would be wrong, and its links too
  return (
    <Panel
      title={found ? `A decoder: ${found.gates} two-qubit gates, out on ${found.outputs.join(", ")}` : "A decoder"}
      class="decoder"
      actions={
        found && (
          <span class="row">
            {found.crumble && <a href={found.crumble} target="_blank" rel="noreferrer noopener">Crumble</a>}
            {found.quirk && <a href={found.quirk} target="_blank" rel="noreferrer noopener">Quirk</a>}
          </span>
        )
      }
    >
      {late ? <p class="faint">Looking for one…</p> : <Trouble error={wrong} />}
      {found?.circuit && <Diagram drawn={found.circuit} outputs={found.outputs} />}
      {found && !found.circuit && <p class="faint">It is too long to be drawn here; the links open it.</p>}
    </Panel>
  );
}

function Atlas({ choice, alike, scheme, hold }: { choice: Choice; alike: Alike | null; scheme: Scheme; hold: (labels: string[]) => void }) {
  const [found, wrong] = useAnswer<Classes>("secrets/classes", { choice });
  return (
    <Panel title="Every set, by what is held of the pairs" class="map">
      <Trouble error={wrong} />
      {found && <ClassMap found={found} alike={alike} dimension={scheme.dimension} hold={hold} />}
    </Panel>
  );
}

function Smallest({ choice, hold }: { choice: Choice; hold: (labels: string[]) => void }) {
  const [limit, setLimit] = useState(exported ? 24 : 12);
  const [found, wrong] = useAnswer<Sets>("secrets/minimal", { choice, limit });
  return (
    <Panel title="Smallest sets that recover" class="smallest">
      {wrong && <p class="faint">{wrong.message}</p>}
      <ul>
        {found?.sets.map((wires) => (
          <li key={wires.join()}>
            <button type="button" class="quiet" onClick={() => hold(wires)}>
              {wires.length > 14 ? `${wires.slice(0, 12).join(" ")} and ${wires.length - 12} more` : wires.join(" ")}
            </button>
          </li>
        ))}
      </ul>
      {found?.more && limit < 192 && !exported && (
        <button type="button" onClick={() => setLimit(limit * 4)}>More</button>
      )}
    </Panel>
  );
}
