/**
 * The few functions of the C library that the native relay calls, and the constants that differ by
 * platform. Linux was run; what is written for macOS follows its headers and ABI and was not run
 * here.
 *
 * @module
 */

/** Bits of `poll`'s events; the same on Linux and macOS. */
export const POLLIN = 0x1, POLLOUT = 0x4;

/** Constants that differ between platforms. */
interface Platform {
  readonly library: string;
  readonly errno: "__errno_location" | "__error";
  readonly EAGAIN: number;
  readonly O_NONBLOCK: number;
  readonly MSG_DONTWAIT: number;
  /** Bytes that a descriptor which `poll` calls writable takes without blocking. */
  readonly SAFE_WRITE_BYTES: number;
}

const PLATFORMS: Readonly<Record<string, Platform>> = Object.freeze({
  linux: {
    library: "libc.so.6",
    errno: "__errno_location",
    EAGAIN: 11,
    O_NONBLOCK: 0o4000,
    MSG_DONTWAIT: 0x40,
    SAFE_WRITE_BYTES: 4096,
  },
  darwin: {
    library: "libSystem.B.dylib",
    errno: "__error",
    EAGAIN: 35,
    O_NONBLOCK: 0x4,
    MSG_DONTWAIT: 0x80,
    SAFE_WRITE_BYTES: 512,
  },
});

/** The name under which this platform has the C library. */
export const LIBRARY: string = PLATFORMS[Deno.build.os]?.library ?? "";

/** The same on Linux and macOS. */
const EINTR = 4, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, FD_CLOEXEC = 1;
const O_WRONLY = 0x1;

/** Reason why the C library cannot be called here; null when it can. */
export function whyNoLibc(os: string = Deno.build.os): string | null {
  if (!(os in PLATFORMS)) return `there is no native relay for ${os}`;
  try {
    Libc.open().close();
    return null;
  } catch (fault) {
    return `the C library cannot be called: ${fault instanceof Error ? fault.message : fault}`;
  }
}

/** Results of a read or a write that moved no bytes. */
export const AGAIN = -1, BROKEN = -2;

/** Calls of the C library that a relay makes. */
export interface DescriptorCalls {
  /** Bytes that a descriptor which is not ours, and is writable, takes without blocking. */
  readonly safeWriteBytes: number;
  /**
   * Waits until a descriptor is ready.
   *
   * @param set What to wait for, and what is ready: an array of `struct pollfd`.
   * @param timeoutMs −1 for ever.
   * @returns how many are ready; negative when something interrupted it.
   */
  poll(set: Int32Array<ArrayBuffer>, timeoutMs: number): number;
  /** Bytes read; 0 at the end, {@link AGAIN} or {@link BROKEN}. */
  read(fd: number, into: Uint8Array<ArrayBuffer>): number;
  /** Bytes written, {@link AGAIN} or {@link BROKEN}. */
  write(fd: number, bytes: Uint8Array): number;
  /** The same into a socket, which is never waited for. */
  send(fd: number, bytes: Uint8Array): number;
  /** From now on nobody waits who reads or writes there: for descriptors that are ours alone. */
  dontWait(fd: number): void;
  /**
   * Opens the pipe behind `fd` once more for writing, as one that nobody waits for; the flags of
   * `fd` itself, which other processes share, stay as they are. Linux only.
   *
   * @returns undefined when it cannot be.
   */
  reopenPipe(fd: number): number | undefined;
  closeDescriptor(fd: number): void;
}

type Symbols = ReturnType<typeof load>["symbols"];

/** The C library, as one thread calls it. */
export class Libc implements DescriptorCalls {
  readonly safeWriteBytes: number;
  readonly #library: ReturnType<typeof load>;
  readonly #call: Symbols;
  readonly #platform: Platform;
  readonly #errno: Deno.UnsafePointerView;

  private constructor(platform: Platform) {
    this.#platform = platform;
    this.safeWriteBytes = platform.SAFE_WRITE_BYTES;
    this.#library = load(platform);
    this.#call = this.#library.symbols;
    // One place a thread: its address never changes.
    this.#errno = new Deno.UnsafePointerView(this.#call.errno()!);
  }

  /** @throws when there is no such library, or no permission to call it. */
  static open(): Libc {
    const platform = PLATFORMS[Deno.build.os];
    if (platform === undefined) throw new Error(`unknown platform ${Deno.build.os}`);
    return new Libc(platform);
  }

  close(): void {
    this.#library.close();
  }

  poll(set: Int32Array<ArrayBuffer>, timeoutMs: number): number {
    return this.#call.poll(set, BigInt(set.length >> 1), timeoutMs);
  }

  read(fd: number, into: Uint8Array<ArrayBuffer>): number {
    return this.#moved(this.#call.read(fd, into, BigInt(into.length)));
  }

  write(fd: number, bytes: Uint8Array): number {
    const view = bytes as Uint8Array<ArrayBuffer>;
    return this.#moved(this.#call.write(fd, view, BigInt(bytes.length)));
  }

  send(fd: number, bytes: Uint8Array): number {
    const { MSG_DONTWAIT } = this.#platform;
    const view = bytes as Uint8Array<ArrayBuffer>;
    return this.#moved(this.#call.send(fd, view, BigInt(bytes.length), MSG_DONTWAIT));
  }

  /**
   * A pipe that no child inherits.
   *
   * @throws when there are no descriptors left.
   */
  pipe(): { readonly readEnd: number; readonly writeEnd: number } {
    const ends = new Int32Array(2);
    if (this.#call.pipe(ends) !== 0) throw new Error(`cannot make a pipe (error ${this.#code})`);
    const [readEnd, writeEnd] = ends as unknown as [number, number];
    // Nothing else of this thread runs between the two calls; a child that another thread starts
    // there would inherit the ends, but only this one starts any.
    for (const end of ends) this.#fcntl(end, F_SETFD, FD_CLOEXEC);
    return { readEnd, writeEnd };
  }

  dontWait(fd: number): void {
    this.#fcntl(fd, F_SETFL, this.#fcntl(fd, F_GETFL, 0) | this.#platform.O_NONBLOCK);
  }

  reopenPipe(fd: number): number | undefined {
    const path = new TextEncoder().encode(`/proc/self/fd/${fd}\0`);
    const opened = this.#call.open(path, O_WRONLY | this.#platform.O_NONBLOCK);
    if (opened < 0) return undefined;
    this.#fcntl(opened, F_SETFD, FD_CLOEXEC);
    return opened;
  }

  closeDescriptor(fd: number): void {
    this.#call.close(fd);
  }

  /**
   * Gives back what was allocated and freed since: starting takes more than going on. glibc only.
   */
  trimMemory(): void {
    this.#call.malloc_trim?.(0n);
  }

  #moved(result: number): number {
    if (result >= 0) return result;
    const code = this.#code;
    return code === this.#platform.EAGAIN || code === EINTR ? AGAIN : BROKEN;
  }

  /** `errno`: only meaningful right after a call that failed. */
  get #code(): number {
    return this.#errno.getInt32();
  }

  /**
   * `fcntl` takes its third argument as one of any number. On arm64 macOS those travel on the
   * stack, behind the eight that travel in registers.
   */
  #fcntl(fd: number, command: number, value: number): number {
    return this.#call.fcntl(fd, command, value, 0, 0, 0, 0, 0, value);
  }
}

function load(platform: Platform) {
  return Deno.dlopen(platform.library, {
    poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
    // What was moved fits 32 bits, as no buffer is longer: that spares a bigint a call.
    read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
    write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
    send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
    open: { parameters: ["buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    pipe: { parameters: ["buffer"], result: "i32" },
    fcntl: {
      parameters: ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"],
      result: "i32",
    },
    malloc_trim: { parameters: ["usize"], result: "i32", optional: true },
    errno: { name: platform.errno, parameters: [], result: "pointer" },
  });
}
