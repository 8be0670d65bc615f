/**
 * The machine: what is told of it, and the core that everything is pinned to.
 *
 * @module
 */

import { OptionError } from "./options.ts";

/** What is told of a machine. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly deno: string;
}

/** Facts that help to read figures; nothing that names the machine. */
export function machineFacts(): Machine {
  const cpuinfo = Deno.readTextFileSync("/proc/cpuinfo");
  return {
    cpu: /^model name\s*:\s*(.+)$/m.exec(cpuinfo)?.[1] ?? Deno.build.arch,
    cores: coresOf(cpuinfo),
    kernel: `Linux ${Deno.osRelease().split(".", 2).join(".")} ${Deno.build.arch}`,
    deno: Deno.version.deno,
  };
}

/** What a run is pinned with. */
export interface Pin {
  /** The words to put before a command. */
  readonly words: readonly string[];
  /** For those who read the figures. */
  readonly note: string;
}

/**
 * Finds out how to pin to one core.
 *
 * @param asked A core; null for none; undefined for core 1, or 0 where there is no other.
 * @throws {OptionError} when there is no such core.
 */
export async function pinTo(asked: number | null | undefined): Promise<Pin> {
  if (asked === null) return { words: [], note: "not pinned to a core, as asked for" };
  const core = asked ?? (coresOf(Deno.readTextFileSync("/proc/cpuinfo")) > 1 ? 1 : 0);
  const words = ["taskset", "-c", String(core)];
  try {
    const tried = await new Deno.Command(words[0]!, {
      args: [...words.slice(1), "true"],
      stdout: "null",
      stderr: "piped",
    }).output();
    if (tried.success) return { words, note: `all processes on one core, number ${core}` };
    throw new OptionError(
      `cannot pin to core ${core} (--core chooses another): ` +
        new TextDecoder().decode(tried.stderr).trim(),
    );
  } catch (fault) {
    if (!(fault instanceof Deno.errors.NotFound)) throw fault;
    return { words: [], note: "not pinned to a core: there is no taskset here" };
  }
}

function coresOf(cpuinfo: string): number {
  return cpuinfo.match(/^processor\s*:/gm)?.length ?? 1;
}
