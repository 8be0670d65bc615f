/** A real PostgreSQL of a test's own: its folder, its port, its passwords. */

import pg from "pg";
import { join } from "node:path";

/** Where Debian keeps the newest version's programs; undefined where there is none. */
const PROGRAMS: string | undefined = newestPrograms();

/** Whether a PostgreSQL can be started here. */
export const HAS_POSTGRES: boolean = PROGRAMS !== undefined;

/** Whether a file system of its own can be given to an engine: as root on Linux, where that is let. */
export const CAN_MOUNT: boolean = Deno.build.os === "linux" && Deno.uid() === 0 && canUnshare();

/** The password of every user of these tests. */
export const TEST_PASSWORD = "the-password-of-tests";

/** How an engine is started. */
export interface PostgresSetup {
  /** A certificate and its key (PEM); without them it has no TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Whether it gets what others leave of the processor, as if it were on another machine. */
  readonly givesWay?: boolean;
  /** Bytes of a small disk, which is the tablespace `small`; see {@link CAN_MOUNT}. */
  readonly smallDisk?: number;
}

/** A running engine, or one that was stopped and can be started again. */
export interface Postgres {
  readonly port: number;
  /** Its first process, from which the others descend. */
  readonly pid: number;
  /** The address of a database for a user, with the right password unless another is given. */
  address(user?: string, options?: { password?: string; database?: string }): string;
  /** Runs SQL as the administrator; the rows. */
  // deno-lint-ignore no-explicit-any
  query(sql: string, values?: readonly unknown[], user?: string): Promise<any[]>;
  /** Kills it and all that is its, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
}

/** Runs `use` with an engine, and stops it. */
export async function withPostgres(
  setup: PostgresSetup,
  use: (postgres: Postgres) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_postgres_" });
  const engine = new Engine(folder, freePort(), setup);
  try {
    await engine.prepare();
    await engine.start();
    await use(engine);
  } finally {
    await engine.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs `use` with a standby that follows an engine, and can be read but not written. */
export async function withStandby(
  primary: Postgres,
  use: (standby: Postgres) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_standby_" });
  const engine = new Engine(folder, freePort(), {});
  try {
    await engine.copy(primary);
    await engine.start(true);
    await use(engine);
  } finally {
    await engine.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

class Engine implements Postgres {
  #process: Deno.ChildProcess | undefined;
  #reading: Promise<void> | undefined;
  readonly #data: string;

  constructor(
    readonly folder: string,
    readonly port: number,
    readonly setup: PostgresSetup,
  ) {
    this.#data = join(folder, "data");
  }

  get pid(): number {
    return this.#process!.pid;
  }

  address(user = "postgres", { password = TEST_PASSWORD, database = "agentgate" } = {}): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.port}/${database}`;
  }

  // deno-lint-ignore no-explicit-any
  async query(sql: string, values: readonly unknown[] = [], user = "postgres"): Promise<any[]> {
    return await this.#ask(this.address(user), sql, values);
  }

  async prepare(): Promise<void> {
    const { tls } = this.setup;
    const password = join(this.folder, "password");
    await Deno.writeTextFile(password, TEST_PASSWORD);
    if (Deno.uid() === 0) {
      for (const path of [this.folder, password]) await Deno.chown(path, NOBODY, NOBODY);
    }
    await succeed("initdb", [
      ...["-D", this.#data, "-U", "postgres", "-A", "scram-sha-256", `--pwfile=${password}`],
      ...["-E", "UTF8", "--locale=C", "--no-sync"],
    ]);
    await Deno.writeTextFile(
      join(this.#data, "postgresql.conf"),
      `
      listen_addresses = '127.0.0.1, 127.0.0.2'
      port = ${this.port}
      unix_socket_directories = ''
      fsync = off
      ${tls === undefined ? "" : "ssl = on"}
    `,
    );
    if (tls === undefined) return;
    for (const [name, text] of [["server.crt", tls.cert], ["server.key", tls.key]] as const) {
      const path = join(this.#data, name);
      await Deno.writeTextFile(path, text, { mode: 0o600 });
      if (Deno.uid() === 0) await Deno.chown(path, NOBODY, NOBODY);
    }
  }

  /** Takes over all that another engine has, and what it will have. */
  async copy(primary: Postgres): Promise<void> {
    if (Deno.uid() === 0) await Deno.chown(this.folder, NOBODY, NOBODY);
    const address = primary.address("postgres", { database: "postgres" });
    await succeed("pg_basebackup", [
      "-D",
      this.#data,
      "-d",
      address,
      "-R",
      "-c",
      "fast",
      "--no-sync",
    ]);
    const own = `\nport = ${this.port}\n`;
    await Deno.writeTextFile(join(this.#data, "postgresql.conf"), own, { append: true });
  }

  async start(isCopy = this.#process !== undefined): Promise<void> {
    while (!await this.#run());
    if (isCopy) return;
    const administrator = this.address("postgres", { database: "postgres" });
    await this.#ask(administrator, "CREATE DATABASE agentgate");
    if (this.setup.smallDisk !== undefined) {
      await this.#ask(administrator, `CREATE TABLESPACE small LOCATION '${this.#disk}'`);
    }
  }

  async kill(): Promise<void> {
    this.#process!.kill("SIGKILL");
    await this.#process!.status;
    await this.#reading;
  }

  /** Its fast way to stop. */
  async stop(): Promise<void> {
    try {
      this.#process?.kill("SIGINT");
    } catch {
      // It was killed.
    }
    await this.#process?.status;
    await this.#reading;
  }

  /** Whether it came up: after a kill, what is left of it may still hold its memory. */
  async #run(): Promise<boolean> {
    const words = [...this.setup.givesWay ? ["chrt", "--idle", "0"] : [], ...this.#onSmallDisk()];
    const child = this.#process = command("postgres", ["-D", this.#data], words).spawn();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#reading = (async () => {
      let text = "";
      for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
        text = (text + chunk).slice(-10_000);
        if (/ready to accept (read-only )?connections/.test(text)) resolve(true);
      }
      resolve(false);
    })();
    return await promise;
  }

  get #disk(): string {
    return join(this.folder, "disk");
  }

  /** Words that mount the small disk, for the engine alone, and run what follows. */
  #onSmallDisk(): string[] {
    const { smallDisk: size } = this.setup;
    if (size === undefined) return [];
    Deno.mkdirSync(this.#disk, { recursive: true });
    const options = `size=${size},uid=${NOBODY},gid=${NOBODY},mode=0700`;
    const script = `mount -t tmpfs -o ${options} none "$0" && exec "$@"`;
    return ["unshare", "-m", "sh", "-c", script, this.#disk];
  }

  // deno-lint-ignore no-explicit-any
  async #ask(address: string, sql: string, values: readonly unknown[] = []): Promise<any[]> {
    const client = new pg.Client({ connectionString: address, types: NUMBERS_AS_NUMBERS });
    await client.connect();
    try {
      return (await client.query(sql, values)).rows;
    } finally {
      await client.end();
    }
  }
}

/** Numbers of 64 bits, which the library gives as texts. */
const NUMBERS_AS_NUMBERS = {
  getTypeParser: (oid: number, format: unknown) =>
    oid === 20 ? Number : pg.types.getTypeParser(oid, format),
};

/** The user of Debian's who is nobody: PostgreSQL does not run as root. */
const NOBODY = 65_534;

/** One of its programs, as a user that it runs as; each of the words before it runs the next. */
function command(
  name: string,
  args: readonly string[],
  words: readonly string[] = [],
): Deno.Command {
  const as = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  const all = [...words, ...Deno.uid() === 0 ? as : [], join(PROGRAMS!, name), ...args];
  return new Deno.Command(all[0]!, {
    args: all.slice(1),
    ...{ cwd: "/", stdin: "null", stdout: "null", stderr: "piped" },
  });
}

async function succeed(name: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await command(name, args).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function canUnshare(): boolean {
  try {
    return new Deno.Command("unshare", { args: ["-m", "true"], stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

function newestPrograms(): string | undefined {
  const root = "/usr/lib/postgresql";
  try {
    const versions = [...Deno.readDirSync(root)].map(({ name }) => Number(name));
    return `${root}/${Math.max(...versions)}/bin`;
  } catch {
    return undefined;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
