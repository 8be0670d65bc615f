/**
 * What a release has besides its archives: SHA256SUMS, a bill of materials (CycloneDX), a formula for
 * Homebrew and a manifest for Scoop.
 *
 * `deno run -A scripts/release_files.ts FOLDER`, the folder with the archives.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import manifest from "../deno.json" with { type: "json" };

const RELEASES = "https://github.com/iamdainwi/AgentGate/releases/download";
const DESCRIPTION = "Gateway between AI agents and MCP servers";

/** The sum of each archive, by its name. */
export type Sums = ReadonlyMap<string, string>;

if (import.meta.main) {
  checkTag(Deno.env.get("TAG"), manifest.version);
  const [folder = "dist/release"] = Deno.args, sums = await sumsOf(folder);
  const files: Readonly<Record<string, string>> = {
    SHA256SUMS: [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join(""),
    "agentgate.rb": formula(manifest.version, sums),
    "agentgate.json": scoop(manifest.version, sums),
    "agentgate.cdx.json": bill(),
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder, name), text);
  }
}

/**
 * A release by another name than its version's would have addresses that lead nowhere.
 *
 * @param tag Undefined when no tag makes the release.
 * @throws {Error} when it is not that of the version.
 */
export function checkTag(tag: string | undefined, version: string): void {
  if (tag === undefined || tag === `v${version}`) return;
  throw new Error(`The tag ${tag} is not v${version}, the version in deno.json`);
}

async function sumsOf(folder: string): Promise<Sums> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const archives = names.filter((name) => /\.(tar\.gz|zip)$/.test(name)).sort();
  const entries = await Promise.all(archives.map(async (name) => {
    const bytes = await Deno.readFile(join(folder, name));
    return [name, createHash("sha256").update(bytes).digest("hex")] as const;
  }));
  return new Map(entries);
}

/** @throws {Error} when there is no archive for a target. */
function sumOf(sums: Sums, target: string): string {
  const name = [...sums.keys()].find((name) => name.startsWith(`agentgate-${target}.`));
  if (name === undefined) throw new Error(`There is no archive for ${target}`);
  return sums.get(name)!;
}

/** Homebrew's formula. */
export function formula(version: string, sums: Sums): string {
  const of = (target: string, indent: string) =>
    `${indent}url "${RELEASES}/v${version}/agentgate-${target}.tar.gz"\n` +
    `${indent}sha256 "${sumOf(sums, target)}"`;
  const on = (system: string, name: string) =>
    `  on_${system} do
    on_arm do
${of(`aarch64-${name}`, "      ")}
    end
    on_intel do
${of(`x86_64-${name}`, "      ")}
    end
  end`;
  return `class Agentgate < Formula
  desc "${DESCRIPTION}"
  homepage "https://github.com/iamdainwi/AgentGate"
  version "${version}"
  license "MIT"

${on("macos", "apple-darwin")}

${on("linux", "unknown-linux-gnu")}

  def install
    bin.install "agentgate"
    man1.install "agentgate.1"
    generate_completions_from_executable(bin/"agentgate", "completions")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/agentgate --version")
  end
end
`;
}

/** Scoop's manifest. */
export function scoop(version: string, sums: Sums): string {
  const target = "x86_64-pc-windows-msvc";
  const manifest = {
    version,
    description: DESCRIPTION,
    homepage: "https://github.com/iamdainwi/AgentGate",
    license: "MIT",
    architecture: {
      "64bit": {
        url: `${RELEASES}/v${version}/agentgate-${target}.zip`,
        hash: sumOf(sums, target),
      },
    },
    bin: "agentgate.exe",
    checkver: "github",
  };
  return JSON.stringify(manifest, null, 2) + "\n";
}

/** The packages that the lock file names, as CycloneDX 1.6. */
export function bill(): string {
  const lock: { npm: Readonly<Record<string, { integrity: string }>> } = JSON.parse(
    Deno.readTextFileSync(new URL("../deno.lock", import.meta.url)),
  );
  const components = Object.entries(lock.npm).map(([key, { integrity }]) => {
    const [, name, version] = /^(@?[^@]+)@([^_]+)/.exec(key)!;
    const [algorithm, hash] = integrity.split(/-(.*)/s);
    return {
      ...{
        type: "library",
        name,
        version,
        purl: `pkg:npm/${name!.replace("@", "%40")}@${version}`,
      },
      hashes: [{
        alg: algorithm!.toUpperCase().replace("SHA", "SHA-"),
        content: Uint8Array.fromBase64(hash!).toHex(),
      }],
    };
  });
  return JSON.stringify({
    ...{ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 },
    metadata: {
      component: { type: "application", name: "agentgate", version: manifest.version },
    },
    components,
  });
}
