// Servers as places around the client; what of the chosen register is where.
import { useState } from "preact/hooks";
import type { CloudState, Server } from "./cloud";
import type { Whole } from "./register";
import { useWidth } from "./ui";

/** Places grow with their words, on large screens too. */
const REM = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 14;
const HIGH = () => 74 * REM();
const wide = (width: number) => (width < 480 ? 92 : 118 * REM());
const TILES = 60;
const SAY = { up: "up", down: "down", lost: "lost", compromised: "compromised" };

type Props = { cloud: CloudState; register: Whole | null; coalition: string[]; toggle: (name: string) => void };

export function Places(props: Props) {
  const [ref, width] = useWidth<HTMLDivElement>();
  // As many as fit around an ellipse; more are tiles.
  const card = wide(width);
  const fits = Math.floor((2.4 * Math.max(0, width - card)) / card) + 1;
  const around = width > 0 && props.cloud.servers.length <= Math.min(fits, 14);
  return (
    <div class="places" ref={ref}>
      {width > 0 && (around ? <Ring {...props} width={width} /> : <Tiles {...props} />)}
      <ul class="legend">
        <li><i class="S" /> clone</li>
        <li><i class="A" /> the source</li>
        <li><i class="N" /> key</li>
      </ul>
    </div>
  );
}

function Ring({ cloud, register, coalition, toggle, width }: Props & { width: number }) {
  const count = cloud.servers.length;
  const card = wide(width);
  const [high, rem] = [HIGH(), REM()];
  const height = (count < 3 ? 300 : Math.min(560, Math.max(390, width * 0.6))) * rem;
  const turns = cloud.servers.map((_, i) => (2 * Math.PI * i) / count - Math.PI / 2);
  // The lowest of an odd number does not reach as low as the highest reaches high: use all of the height.
  const low = Math.max(0.5, ...turns.map((turn) => Math.sin(turn)));
  const ry = (height - high - 8) / (1 + low);
  const [cx, cy, rx] = [width / 2, high / 2 + 4 + ry, Math.min((width - card) / 2 - 4, 1.6 * height)];
  const at = (i: number) => [cx + rx * Math.cos(turns[i]!), cy + ry * Math.sin(turns[i]!), card] as const;
  return (
    <div class="ring" style={{ height: `${height}px` }}>
      <svg width={width} height={height} aria-hidden="true">
        {cloud.servers.map((server, i) => {
          const [x, y] = at(i);
          const holds = register?.places.some((place) => place.server === server.name && place.state === "up");
          return <line key={server.name} x1={cx} y1={cy} x2={x} y2={y} class={`link ${server.state} ${holds ? "holds" : ""}`} />;
        })}
      </svg>
      {cloud.servers.map((server, i) => {
        const [x, y] = at(i);
        return (
          <Place key={server.name} server={server} register={register} chosen={coalition.includes(server.name)} toggle={toggle} at={[x, y, card]} />
        );
      })}
      <Home cloud={cloud} register={register} chosen={coalition.includes("client")} toggle={toggle} at={[cx, cy, card]} />
    </div>
  );
}

function Tiles({ cloud, register, coalition, toggle }: Props) {
  const [page, setPage] = useState(0);
  const pages = Math.ceil(cloud.servers.length / TILES);
  const first = Math.min(page, pages - 1) * TILES;
  return (
    <>
      <div class="tiles">
        <Home cloud={cloud} register={register} chosen={coalition.includes("client")} toggle={toggle} />
        {cloud.servers.slice(first, first + TILES).map((server) => (
          <Place key={server.name} server={server} register={register} chosen={coalition.includes(server.name)} toggle={toggle} />
        ))}
      </div>
      {pages > 1 && (
        <div class="row pager">
          <button type="button" disabled={first === 0} onClick={() => setPage(page - 1)}>Before</button>
          <span>Servers {first + 1} to {Math.min(first + TILES, cloud.servers.length)} of {cloud.servers.length}</span>
          <button type="button" disabled={page >= pages - 1} onClick={() => setPage(page + 1)}>After</button>
        </div>
      )}
    </>
  );
}

type Spot = readonly [x: number, y: number, width: number];
const spot = (at?: Spot) =>
  at ? { left: `${at[0] - at[2] / 2}px`, top: `${at[1] - HIGH() / 2}px`, width: `${at[2]}px`, height: `${HIGH()}px` } : {};
const qubits = (count: number) => `${count.toLocaleString("en")} ${count === 1 ? "qubit" : "qubits"}`;

type PlaceProps = { server: Server; register: Whole | null; chosen: boolean; toggle: (name: string) => void; at?: Spot };

function Place({ server, register, chosen, toggle, at }: PlaceProps) {
  const here = register?.places.filter((place) => place.server === server.name) ?? [];
  return (
    <button
      type="button"
      class={`place ${server.state}`}
      style={spot(at)}
      aria-pressed={chosen}
      onClick={() => toggle(server.name)}
    >
      <span class="name" title={server.name}>{server.name}</span>
      <span class="chips">
        {here.slice(0, 3).map((place) => (
          <i key={place.label} class={`chip ${place.label.endsWith("A") ? "A" : "S"} ${place.state.replaceAll(" ", "-")}`}>
            {place.label}
            {place.state !== "up" && <span class="hidden"> {place.state}</span>}
          </i>
        ))}
        {register?.more[server.name] && <i class="chip more">+{register.more[server.name]!.toLocaleString("en")}</i>}
      </span>
      <span class="state">
        {server.state === "up" ? qubits(server.qubits) : SAY[server.state]}
      </span>
    </button>
  );
}

type HomeProps = { cloud: CloudState; register: Whole | null; chosen: boolean; toggle: (name: string) => void; at?: Spot };

function Home({ cloud, register, chosen, toggle, at }: HomeProps) {
  const key = register?.key_qubits;
  const used = register && register.key !== "sealed";
  const fetched = register?.places.filter((place) => place.state === "with the client" || place.server === "client") ?? [];
  return (
    <button
      type="button"
      class="place home"
      style={spot(at)}
      aria-pressed={chosen}
      onClick={() => toggle("client")}
    >
      <span class="name">client</span>
      <span class="chips">
        {key && <i class={`chip N ${used ? "spent" : ""}`}>{used ? "key used" : key.held === key.of ? `key ${key.of}` : `key ${key.held}/${key.of}`}</i>}
        {!used && fetched.slice(0, 2).map((place) => <i key={place.label} class="chip S">{place.label}</i>)}
      </span>
      <span class="state">{qubits(cloud.client_qubits)}</span>
    </button>
  );
}
