// The cloud: registers on the left, servers as places in the middle, one register and what is known of it on the right.
import { useState } from "preact/hooks";
import { ask } from "./api";
import type { Room } from "./main";
import { Places } from "./places";
import { Register, type Whole } from "./register";
import { Registers } from "./registers";
import { Copy, Field, Panel, seconds, type Said, Trouble, useAnswer, useDeed } from "./ui";

export type Server = { name: string; state: "up" | "down" | "lost" | "compromised"; qubits: number };
export type CloudState = {
  directory: string;
  playground: boolean;
  settings: string;
  servers: Server[];
  client_qubits: number;
  now_s: number;
  memory: { t1_s: number | null; t2_s: number | null };
  links: { fidelity: number; loss: number };
  examples: string[];
};

export function Cloud({ revision, rest }: Room) {
  const [cloud, trouble] = useAnswer<CloudState>("cloud", {}, revision);
  const [coalition, setCoalition] = useState<string[]>([]);
  const chosen = rest[0] ?? "";
  const [register, lost] = useAnswer<Whole>("cloud/object", chosen ? { id: chosen, coalition } : null, revision);
  if (trouble) return <Trouble error={trouble} />;
  if (!cloud) return <p class="faint waiting">Looking at the cloud…</p>;
  const toggle = (name: string) =>
    setCoalition((now) => (now.includes(name) ? now.filter((one) => one !== name) : [...now, name]));
  return (
    <>
      <Registers revision={revision} chosen={chosen} examples={cloud.examples} />
      <div class="middle">
        <Places cloud={cloud} register={register} coalition={coalition} toggle={toggle} />
        <Deeds cloud={cloud} coalition={coalition} choose={setCoalition} />
        <Clock cloud={cloud} />
      </div>
      <div class="side">
        <Trouble error={lost} />
        {register ? (
          <Register key={register.id} whole={register} coalition={coalition} />
        ) : (
          !lost && (
            <Panel title="Register">
              <p class="faint">
                Choose a register, or put one: drop an OpenQASM, QPY or NumPy file on the list, or take a sample. Its clones
                go to the servers, the key stays with the client.
              </p>
            </Panel>
          )
        )}
      </div>
    </>
  );
}

const VERBS = [
  ["fail", "Fail", "stop answering; their qubits are there and age"],
  ["heal", "Heal", "up again; empty if they were lost or compromised"],
  ["lose", "Lose", "gone for good, with their qubits"],
  ["compromise", "Compromise", "an adversary holds them, with their qubits"],
] as const;

function Deeds({ cloud, coalition, choose }: { cloud: CloudState; coalition: string[]; choose: (names: string[]) => void }) {
  const [busy, act] = useDeed();
  const names = coalition.filter((name) => name !== "client");
  const all = cloud.servers.map((one) => one.name);
  return (
    <Panel
      title={names.length ? `${names.length} of ${all.length} servers chosen` : "Choose servers"}
      class="deeds"
      actions={
        <span class="row">
          <button type="button" class="quiet" onClick={() => choose(all)}>All</button>
          <button type="button" class="quiet" onClick={() => choose(all.filter((name) => !coalition.includes(name)))}>Others</button>
          <button type="button" class="quiet" onClick={() => choose([])}>None</button>
        </span>
      }
    >
      <div class="row">
        {VERBS.map(([verb, word, meaning]) => (
          <button
            key={verb}
            type="button"
            class={`verb ${verb}`}
            title={meaning}
            disabled={busy || !names.length}
            onClick={() => act(() => ask<Said>("cloud/servers", { verb, names }))}
          >
            {word}
          </button>
        ))}
      </div>
    </Panel>
  );
}

function Clock({ cloud }: { cloud: CloudState }) {
  const [busy, act] = useDeed();
  const [wait, setWait] = useState("1");
  const { memory, links } = cloud;
  const noisy = memory.t1_s !== null || memory.t2_s !== null;
  return (
    <Panel title="Clock and noise" class="clock">
      <dl class="facts">
        <div><dt>Clock</dt><dd>{seconds(cloud.now_s)}</dd></div>
        <div><dt>T1</dt><dd>{memory.t1_s === null ? "∞" : seconds(memory.t1_s)}</dd></div>
        <div><dt>T2</dt><dd>{memory.t2_s === null ? "∞" : seconds(memory.t2_s)}</dd></div>
        <div><dt>Link fidelity</dt><dd>{links.fidelity}</dd></div>
        <div><dt>Link loss</dt><dd>{links.loss}</dd></div>
      </dl>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          act(() => ask<Said>("cloud/wait", { seconds: Number(wait) }));
        }}
      >
        <Field label="Let it run for, seconds" class="inline">
          <input type="number" min="0" step="any" value={wait} onInput={(e) => setWait(e.currentTarget.value)} />
        </Field>
        <button type="submit" disabled={busy || !(Number(wait) >= 0)}>Wait</button>
      </form>
      {!noisy && <p class="faint">These memories keep for ever: waiting costs nothing here.</p>}
      {cloud.playground && <Anew />}
      <p class="faint where">
        <span>To follow in a terminal:</span> <code tabIndex={0}>{cloud.settings}</code> <Copy text={cloud.settings} />
      </p>
    </Panel>
  );
}

function Anew() {
  const [busy, act] = useDeed();
  const [servers, setServers] = useState("5");
  const [t1, setT1] = useState("");
  const [fidelity, setFidelity] = useState("1");
  const [loss, setLoss] = useState("0");
  return (
    <details>
      <summary>A new playground</summary>
      <form
        class="grid"
        onSubmit={(event) => {
          event.preventDefault();
          const body = { servers: Number(servers), t1_s: t1 ? Number(t1) : null, fidelity: Number(fidelity), loss: Number(loss) };
          act(() => ask<Said>("cloud/new", body)).then((said) => said && (location.hash = "#/cloud"));
        }}
      >
        <Field label="Servers"><input type="number" min="1" max="1000" value={servers} onInput={(e) => setServers(e.currentTarget.value)} /></Field>
        <Field label="T1, seconds"><input type="number" min="0" step="any" placeholder="∞" value={t1} onInput={(e) => setT1(e.currentTarget.value)} /></Field>
        <Field label="Link fidelity"><input type="number" min="0.25" max="1" step="any" value={fidelity} onInput={(e) => setFidelity(e.currentTarget.value)} /></Field>
        <Field label="Link loss"><input type="number" min="0" max="0.99" step="any" value={loss} onInput={(e) => setLoss(e.currentTarget.value)} /></Field>
        <button type="submit" disabled={busy}>Make it, and forget this one</button>
      </form>
    </details>
  );
}
