/**
 * A relay that keeps a copy of what passes: FOLDER/NAME.to_server and FOLDER/NAME.to_agent get every
 * byte before it is handed on, FOLDER/NAME.pids the ids of this process and of the one it started.
 *
 * tee.ts FOLDER NAME PROGRAM [ARGUMENTS...]
 */

const [folder, name, program, ...args] = Deno.args;

function record(suffix: string): Deno.FsFile {
  return Deno.openSync(`${folder}/${name}.${suffix}`, { create: true, append: true });
}

async function copy(
  from: { read(buffer: Uint8Array): Promise<number | null> },
  to: { write(bytes: Uint8Array): Promise<number> },
  file: Deno.FsFile,
): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const length = await from.read(buffer);
    if (length === null) return;
    const bytes = buffer.subarray(0, length);
    for (let at = 0; at < length;) at += file.writeSync(bytes.subarray(at));
    for (let at = 0; at < length;) at += await to.write(bytes.subarray(at));
  }
}

const child = new Deno.Command(program!, { args, stdin: "piped", stdout: "piped" }).spawn();
record("pids").writeSync(new TextEncoder().encode(`${Deno.pid}\n${child.pid}\n`));
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
  Deno.addSignalListener(signal, () => {
    try {
      child.kill(signal);
    } catch {
      // It has ended by itself.
    }
  });
}

const input = child.stdin.getWriter();
copy(
  Deno.stdin,
  { write: (bytes) => input.write(bytes as Uint8Array<ArrayBuffer>).then(() => bytes.length) },
  record("to_server"),
).catch(() => {}).then(() => input.close()).catch(() => {});

const output = child.stdout.getReader({ mode: "byob" });
let buffer = new ArrayBuffer(64 * 1024);
const said = record("to_agent");
for (;;) {
  const { value, done } = await output.read(new Uint8Array(buffer));
  if (done || value === undefined) break;
  for (let at = 0; at < value.length;) at += said.writeSync(value.subarray(at));
  for (let at = 0; at < value.length;) at += await Deno.stdout.write(value.subarray(at));
  buffer = value.buffer;
}
const { code } = await child.status;
Deno.exit(code);
