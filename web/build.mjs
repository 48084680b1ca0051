// Builds the page into src/qclone/web/static, and writes down the digest of what it was built from, so that a
// test without Node can say whether the two belong together.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync, copyFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../src/qclone/web/static");

const report = join(here, "../src/qclone/experiments/report");

// Its licence has to go along wherever its code goes, and the bundle leaves no comment of it.
const notice = readFileSync(join(here, "node_modules/preact/LICENSE"), "utf8").trim();
const { version } = JSON.parse(readFileSync(join(here, "node_modules/preact/package.json"), "utf8"));

const built = (entry, name, where) => build({
  entryPoints: { [name]: join(here, "src", entry) },
  bundle: true,
  minify: true,
  format: "iife", // a page opened from a file loads no modules
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "eof",
  banner: { js: `/*! In this file: preact ${version}\n\n${notice}\n*/` },
  outdir: where,
});
await built("main.tsx", "app", out);
await built("report.tsx", "report", report);
copyFileSync(join(here, "src/index.html"), join(out, "index.html"));

const sources = ["package-lock.json", "build.mjs", ...readdirSync(join(here, "src")).map((f) => `src/${f}`)];
const digest = createHash("sha256");
for (const name of sources.sort()) digest.update(`${name}\n`).update(readFileSync(join(here, name)));
writeFileSync(join(out, "built-from.txt"), `${digest.digest("hex")}\n`);
