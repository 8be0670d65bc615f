/**
 * Starting a process on plain descriptors with `posix_spawn` of the C library, and waiting for its
 * end.
 *
 * Deno's own ways do not fit: `Deno.Command` takes no descriptors, and `spawn` of
 * `node:child_process` leaves the child a second copy of each, so that nobody sees when it closes
 * its own, and gives a program that is Deno itself arguments of its own. Linux was run; macOS
 * follows its headers.
 *
 * @module
 */

import { LIBRARY } from "./libc.ts";

/** The same on Linux and macOS. */
const SETSIGDEF = 0x4, SETSIGMASK = 0x8, SIGPIPE = 13;
/** `POSIX_SPAWN_SETSID`: a session of its own, and so a process group. */
const SETSID = Deno.build.os === "darwin" ? 0x400 : 0x80;
/** More than any of the library's opaque structures takes. */
const OPAQUE_BYTES = 1024;

/** End of a process. */
export interface RawExit {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  /** The number of that signal; null for none. */
  readonly signal: number | null;
}

/** A process that was started. */
export interface RawProcess {
  readonly pid: number;
  readonly exit: Promise<RawExit>;
}

/** The process could not be started. */
export class SpawnError extends Error {
  override readonly name = "SpawnError";
  /** @param errno The C library's number for the reason. */
  constructor(readonly errno: number) {
    super(`error ${errno}`);
  }
}

/**
 * Starts `command` in this process's working directory and a session of its own.
 *
 * @param stdin Becomes descriptor 0, `stdout` descriptor 1; 2 is ours. Everything else that is not
 *   marked to be closed, the child inherits.
 * @throws {SpawnError}
 */
export function spawn(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  { stdin, stdout }: { readonly stdin: number; readonly stdout: number },
): RawProcess {
  const { symbols: call } = load();
  const actions = new Uint8Array(OPAQUE_BYTES), attributes = new Uint8Array(OPAQUE_BYTES);
  const signals = new Uint8Array(OPAQUE_BYTES), pid = new Int32Array(1);
  call.posix_spawn_file_actions_init(actions);
  call.posix_spawnattr_init(attributes);
  try {
    call.posix_spawn_file_actions_adddup2(actions, stdin, 0);
    call.posix_spawn_file_actions_adddup2(actions, stdout, 1);
    call.posix_spawnattr_setflags(attributes, SETSID | SETSIGDEF | SETSIGMASK);
    call.sigemptyset(signals);
    call.posix_spawnattr_setsigmask(attributes, signals);
    // Deno ignores it; what it starts must not.
    call.sigaddset(signals, SIGPIPE);
    call.posix_spawnattr_setsigdefault(attributes, signals);
    const words = new Strings(command);
    const variables = new Strings(Object.entries(env).map(([key, value]) => `${key}=${value}`));
    inUse.add(words).add(variables);
    const errno = call.posix_spawnp(
      pid,
      words.bytes,
      actions,
      attributes,
      words.pointers,
      variables.pointers,
    );
    if (errno !== 0) throw new SpawnError(errno);
  } finally {
    call.posix_spawn_file_actions_destroy(actions);
    call.posix_spawnattr_destroy(attributes);
    inUse.clear();
  }
  return { pid: pid[0]!, exit: waitFor(pid[0]!) };
}

async function waitFor(pid: number): Promise<RawExit> {
  const status = new Int32Array(1);
  while (await load().symbols.waitpid(pid, status, 0) !== pid);
  const bits = status[0]!, signal = bits & 0x7f;
  return signal === 0 ? { code: (bits >> 8) & 0xff, signal: null } : { code: null, signal };
}

/** Keeps alive what the C library has only pointers to. */
const inUse = new Set<Strings>();

/** Texts as C has them: each ends with a NUL, and an array of pointers to them with a null. */
class Strings {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly pointers: BigUint64Array<ArrayBuffer>;

  constructor(texts: readonly string[]) {
    const encoded = texts.map((text) => new TextEncoder().encode(text + "\0"));
    this.bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + length, 1));
    this.pointers = new BigUint64Array(texts.length + 1);
    const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.bytes));
    let at = 0;
    for (const [i, text] of encoded.entries()) {
      this.bytes.set(text, at);
      this.pointers[i] = BigInt(start) + BigInt(at);
      at += text.length;
    }
  }
}

let loaded: ReturnType<typeof open> | undefined;

function load() {
  return loaded ??= open();
}

function open() {
  return Deno.dlopen(LIBRARY, {
    posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
    posix_spawn_file_actions_destroy: { parameters: ["buffer"], result: "i32" },
    posix_spawn_file_actions_adddup2: { parameters: ["buffer", "i32", "i32"], result: "i32" },
    posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
    posix_spawnattr_destroy: { parameters: ["buffer"], result: "i32" },
    posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
    posix_spawnattr_setsigmask: { parameters: ["buffer", "buffer"], result: "i32" },
    posix_spawnattr_setsigdefault: { parameters: ["buffer", "buffer"], result: "i32" },
    sigemptyset: { parameters: ["buffer"], result: "i32" },
    sigaddset: { parameters: ["buffer", "i32"], result: "i32" },
    posix_spawnp: {
      parameters: ["buffer", "buffer", "buffer", "buffer", "buffer", "buffer"],
      result: "i32",
    },
    waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32", nonblocking: true },
  });
}
