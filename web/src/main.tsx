import { Component, type ComponentChildren, render } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { changes, exported } from "./api";
import { Cloud } from "./cloud";
import { Lattice } from "./lattice";
import { Results } from "./results";
import { Secrets } from "./secrets";
import { Command, type Said, Teller } from "./ui";
import "./app.css";

const ROOMS = [
  { id: "cloud", name: "Cloud", room: Cloud },
  { id: "secrets", name: "Secrets", room: Secrets },
  { id: "lattice", name: "Lattice", room: Lattice },
  { id: "results", name: "Results", room: Results },
] as const;

/** Where one is below the room, read, and as it stands in the address. */
export type Room = { revision: string; rest: string[]; raw: string[] };

/** What somebody has typed into the address may be no code of anything. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Says that a place cannot be shown, instead of showing nothing; another place is another try. */
class Safe extends Component<{ children: ComponentChildren; place: string }, { failed: string }> {
  override state = { failed: "" };
  override componentDidUpdate(before: { place: string }) {
    if (this.state.failed && before.place !== this.props.place) this.setState({ failed: "" });
  }
  static getDerivedStateFromError(error: unknown) {
    return { failed: String(error) };
  }
  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <p class="trouble" role="alert">
        <strong>This place cannot be shown: {this.state.failed}.</strong> The address may be damaged: choose a room above.
      </p>
    );
  }
}

function usePlace(): [string, string[]] {
  const read = () => location.hash.replace(/^#\/?/, "").split("/");
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const moved = () => setPlace(read());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return [decoded(place[0] ?? ""), place.slice(1)];
}

/** What the browser remembers, if it is allowed to. */
function kept(name: string, value?: string): string | null {
  try {
    if (value !== undefined) localStorage.setItem(name, value);
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function useTheme(): [string, () => void] {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const [theme, setTheme] = useState(kept("theme") ?? dark);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const turn = () => {
    const other = theme === "dark" ? "light" : "dark";
    kept("theme", other);
    setTheme(other);
  };
  return [theme, turn];
}

function Page() {
  const rooms = ROOMS.filter((one) => !exported || exported.rooms.includes(one.id));
  const [where, rest] = usePlace();
  const [theme, turn] = useTheme();
  const [revision, setRevision] = useState("");
  const [alive, setAlive] = useState(true);
  const [said, setSaid] = useState<Said | null>(null);
  useEffect(() => changes(setRevision, setAlive), []);
  useEffect(() => {
    // A file that misses its place would be opened in place of the page.
    const stay = (event: DragEvent) => event.preventDefault();
    addEventListener("dragover", stay);
    addEventListener("drop", stay);
    return () => {
      removeEventListener("dragover", stay);
      removeEventListener("drop", stay);
    };
  }, []);
  const tell = useCallback((one: Said) => setSaid(one), []);
  const here = rooms.find((one) => one.id === where) ?? rooms[0]!;
  useEffect(() => {
    document.title = `${here.name} · qclone`;
    setSaid(null);
  }, [here.id]);
  const Inside = here.room;
  return (
    <Teller.Provider value={tell}>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById("main")?.focus(); }}>
        Skip to the room
      </a>
      <header class="top">
        <span class="brand">
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M12 12 4 5M12 12l8-7M12 12v9" />
            <circle cx="12" cy="12" r="3.4" class="k" />
            <circle cx="4" cy="5" r="2.6" />
            <circle cx="20" cy="5" r="2.6" />
            <circle cx="12" cy="21" r="2.6" />
          </svg>
          qclone
        </span>
        <nav aria-label="Rooms">
          {rooms.map((one) => (
            <a key={one.id} href={`#/${one.id}`} aria-current={one.id === here.id ? "page" : undefined}>
              {one.name}
            </a>
          ))}
        </nav>
        {!alive && <span class="badge lost" role="status">not connected</span>}
        <button type="button" class="quiet theme" onClick={turn} aria-label={`Change to ${theme === "dark" ? "light" : "dark"} colours`}>
          {theme === "dark" ? "☀" : "☾"}
        </button>
      </header>
      <main id="main" tabIndex={-1} class={here.id}>
        <h1 class="hidden">{here.name}</h1>
        <Safe key={here.id} place={rest.join("/")}>
          <Inside revision={revision} rest={rest.map(decoded)} raw={rest} />
        </Safe>
      </main>
      <Saying said={said} close={() => setSaid(null)} />
    </Teller.Provider>
  );
}

/** What came of the last thing done, and the command that does the same. */
function Saying({ said, close }: { said: Said | null; close: () => void }) {
  return (
    <div class={`saying ${said ? "open" : ""} ${said?.error ? "bad" : ""}`} aria-live="polite" role="status">
      {said && (
        <>
          <div class="words">
            {said.error ? (
              <p>
                <strong>{said.error.message}</strong> {said.error.remedy}
              </p>
            ) : (
              <p>{said.text}</p>
            )}
            {said.notices?.map((notice) => <p key={notice} class="faint">{notice}</p>)}
          </div>
          {said.command && <Command text={said.command} />}
          <button type="button" class="quiet" onClick={close} aria-label="Close this message">
            ✕
          </button>
        </>
      )}
    </div>
  );
}

const root = document.getElementById("page")!;
root.replaceChildren();
render(<Page />, root);
