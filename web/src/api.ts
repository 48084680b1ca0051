// What the page asks qclone, and how it hears of changes. In a static export the answers were computed before.

import { renamed } from "./alike";

export class Refused extends Error {
  constructor(message: string, readonly remedy: string, readonly code: string) {
    super(message);
  }
}

type Recorded = Record<string, unknown>;
declare global {
  interface Window {
    qcloneExport?: { rooms: string[]; answers: Recorded; parts: Record<string, string>; alike: string[] };
    qcloneAnswers?: (part: Recorded) => void;
  }
}

export const exported = window.qcloneExport;
if (exported) window.qcloneAnswers = (part) => Object.assign(exported.answers, part);

/** Keys in the order of the alphabet: the same question is always the same text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

const loading = new Map<string, Promise<void>>();

function part(file: string): Promise<void> {
  let promise = loading.get(file);
  if (!promise) {
    promise = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = file;
      script.onload = () => resolve();
      script.onerror = () => reject(new Refused("A part of this site is missing.", `Put ${file} back.`, "missing"));
      document.head.append(script);
    });
    loading.set(file, promise);
  }
  return promise;
}

async function recorded<T>(path: string, body: object): Promise<T> {
  const { choice, held } = body as { choice?: { n?: number }; held?: string[] };
  if (held && exported!.alike.includes(canonical(choice))) {
    // Pairs are alike: one set of each class was computed, and the names of its pairs are changed back.
    const [asked, back] = renamed(held, choice!.n!);
    return back(await found<T & object>(path, { ...body, held: asked }));
  }
  return found<T>(path, body);
}

async function found<T>(path: string, body: object): Promise<T> {
  const site = exported!;
  const key = `${path} ${canonical(body)}`;
  if (!(key in site.answers)) {
    // All questions of one kind about a scheme are answered in one file.
    const { choice } = body as { choice?: unknown };
    const file = site.parts[choice ? `${path} ${canonical(choice)}` : key];
    if (file) await part(file);
  }
  if (!(key in site.answers))
    throw new Refused("This site was computed beforehand, and this was not.", "Ask it of a live page: qclone web", "not_exported");
  const answer = site.answers[key] as T & { error?: { message: string; remedy: string; code: string } };
  if (answer.error) throw new Refused(answer.error.message, answer.error.remedy, answer.error.code);
  return answer;
}

async function answered<T>(response: Response): Promise<T> {
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer as T;
  const error = answer?.error;
  throw new Refused(error?.message ?? `The answer was ${response.status}.`, error?.remedy ?? "", error?.code ?? "failed");
}

export async function ask<T>(path: string, body: object = {}): Promise<T> {
  if (exported) return recorded<T>(path, body);
  const headers = { "content-type": "application/json" };
  return reached(() => fetch(`api/${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** Answered, refused with a reason, or said to be out of reach: then nobody knows whether it was done. */
async function reached<T>(call: () => Promise<Response>): Promise<T> {
  try {
    return await answered<T>(await call());
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused("qclone web does not answer; what was asked may have been done.", "Start it again, open its new address and look.", "unreachable");
  }
}

/** As many as the page's server takes; it would hang up in the middle of more. */
const MOST_BYTES = 64 * 2 ** 20;

/** Hand over what is in a file, as it is. */
export async function send<T>(path: string, body: Blob, options: Record<string, string>): Promise<T> {
  if (body.size > MOST_BYTES) throw new Refused("At most 64 MiB are taken at once.", "Give a larger file to the command: qclone put.", "too_large");
  try {
    await body.slice(0, 1).arrayBuffer();
  } catch {
    throw new Refused(`${options.name || "This"} cannot be read: it is a folder, or gone.`, "Give a file.", "unreadable");
  }
  return reached(() => fetch(`api/${path}?${new URLSearchParams(options)}`, { method: "POST", body }));
}

const AGAIN_MS = 3000;

/** Tells of every change in the cloud, until what it returns is called.
 *
 * A browser opens six connections to a host at most, and an event stream holds one for as long as it lasts: one
 * tab listens for all of them, and when it is closed another takes its place. */
export function changes(told: (revision: string) => void, alive: (yes: boolean) => void): () => void {
  if (exported) return () => {};
  if (!navigator.locks) return listen(told, alive);
  const others = new BroadcastChannel("qclone");
  others.onmessage = ({ data }) => ("revision" in data ? told(data.revision) : alive(data.alive));
  const over = new AbortController();
  const turn = () =>
    new Promise<void>((done) => {
      const stop = listen(
        (revision) => (told(revision), others.postMessage({ revision })),
        (yes) => (alive(yes), others.postMessage({ alive: yes })),
      );
      over.signal.addEventListener("abort", () => (stop(), done()));
    });
  navigator.locks.request("qclone", { signal: over.signal }, turn).catch(() => {});
  return () => {
    over.abort();
    others.close();
  };
}

function listen(told: (revision: string) => void, alive: (yes: boolean) => void): () => void {
  let events: EventSource;
  let timer = 0;
  const open = () => {
    events = new EventSource("api/events");
    events.onmessage = (event) => {
      alive(true);
      told(JSON.parse(event.data).revision);
    };
    events.onopen = () => alive(true);
    events.onerror = () => {
      alive(false);
      // Refused, as after a new start of the server: a browser would not try again by itself.
      if (events.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_MS);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    events.close();
  };
}
