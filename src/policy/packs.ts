/**
 * Packs: policy files that others extend, shipped ones (`builtin:no-shell-escape`) and local ones.
 *
 * @module
 */

import { basename } from "node:path";
import { UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { readTextFile } from "../text_file.ts";
import { usedFilePath } from "./used_files.ts";

/** A pack, and its text. */
export interface Pack {
  /** Stands before the ids of its rules. */
  readonly name: string;
  /** Its path; `builtin:NAME` for one that is shipped. */
  readonly file: string;
  readonly text: string;
}

/** What a shipped pack's name begins with. */
export const BUILTIN = "builtin:";

/** The shipped policies, each loaded when it is asked for. */
const SHIPPED: Readonly<Record<string, () => Promise<{ readonly default: string }>>> = {
  "default": () => import("../../policies/default.toml", { with: { type: "text" } }),
  "no-shell-escape": () =>
    import("../../policies/examples/01-no-shell-escape.toml", { with: { type: "text" } }),
  "no-network-exfil": () =>
    import("../../policies/examples/02-no-network-exfil.toml", { with: { type: "text" } }),
  "production-readonly": () =>
    import("../../policies/examples/03-production-readonly.toml", { with: { type: "text" } }),
  "redact-pii": () =>
    import("../../policies/examples/04-redact-pii.toml", { with: { type: "text" } }),
  "api-throttle": () =>
    import("../../policies/examples/05-api-throttle.toml", { with: { type: "text" } }),
  "no-sensitive-paths": () =>
    import("../../policies/examples/06-no-sensitive-paths.toml", { with: { type: "text" } }),
  "business-hours-only": () =>
    import("../../policies/examples/07-business-hours-only.toml", { with: { type: "text" } }),
  "redact-api-keys": () =>
    import("../../policies/examples/08-redact-api-keys.toml", { with: { type: "text" } }),
  "allow-list": () =>
    import("../../policies/examples/09-allow-list.toml", { with: { type: "text" } }),
  "defence-in-depth": () =>
    import("../../policies/examples/10-defence-in-depth.toml", { with: { type: "text" } }),
};

/** The shipped packs, as `extends` names them. */
export const SHIPPED_PACKS: readonly string[] = Object.keys(SHIPPED).map((name) =>
  `${BUILTIN}${name}`
);

/**
 * Reads a pack.
 *
 * @param name As `extends` has it.
 * @param from The file that extends it: local packs are relative to that.
 * @throws {UsageError} when there is none.
 */
export async function readPack(name: string, from: string): Promise<Pack> {
  if (name.startsWith(BUILTIN)) return await shipped(name);
  if (from.startsWith(BUILTIN)) throw new UsageError("a shipped pack extends shipped packs alone");
  const file = usedFilePath(from, name), text = await readTextFile(file, "pack");
  if (text === null) throw new UsageError(`cannot read the pack ${file}: no such file`);
  return { name: basename(file).replace(/\.toml$/, ""), file, text };
}

async function shipped(file: string): Promise<Pack> {
  const name = file.slice(BUILTIN.length), names = Object.keys(SHIPPED);
  if (!Object.hasOwn(SHIPPED, name)) {
    const near = nearest(name, names);
    const hint = near === undefined
      ? `there are ${names.join(", ")}`
      : `did you mean ${BUILTIN}${near}?`;
    throw new UsageError(`there is no pack ${JSON.stringify(file)}; ${hint}`);
  }
  return { name, file, text: (await SHIPPED[name]!()).default };
}
