/**
 * Programs whose business is to run another one, and how their command lines are read.
 *
 * @module
 */

import type { Operand } from "./names.ts";

/** Rules for finding, in the words after a program's name, what it runs. */
export interface Runner {
  /** Kind of thing that the word stands for. */
  readonly runs: Operand;
  /** One of these sub-commands must come first; other sub-commands run nothing we could name. */
  readonly verbs?: readonly string[];
  /** A file or an address may also stand where the sub-command would. */
  readonly verbIsOptional?: boolean;
  /** Flags whose value is the next word. */
  readonly valued?: readonly string[];
  /** Flags whose value is what is run. */
  readonly naming?: readonly string[];
  /** Flags after which comes a program's text, which has no name. */
  readonly inline?: readonly string[];
  /** Words before the operand that are neither flags nor sub-commands. */
  readonly skipped?: RegExp;
}

/** Finds a runner by its name, without path and Windows suffix; undefined for other programs. */
export function runnerOf(program: string): Runner | undefined {
  return RUNNERS.get(program.toLowerCase().replace(/^(python|pypy)[\d.]*w?$/, "python"));
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const NPX_FLAGS = words("-p --package -w --workspace --prefix --registry --cache --userconfig");

const UV_FLAGS = words(`
  --from --with --with-editable --with-requirements -p --python --directory --project --index
  --default-index -i --index-url --extra-index-url -f --find-links --extra --group --env-file
  --refresh-package --cache-dir --config-file`);

const NODE_FLAGS = words(
  "-r --require --import --loader --experimental-loader -C --conditions --env-file --title --tsconfig",
);

const DENO_FLAGS = words(
  "-c --config --import-map --lock --cert --location --seed --ext -L --log-level --preload --import",
);

const DOCKER_FLAGS = words(`
  -a --attach --add-host -c --cpu-shares --cap-add --cap-drop --context --cpus --device --dns -e
  --entrypoint --env --env-file --expose --gpus -h --host --hostname -H --ip --ipc -l --label
  --log-driver --log-opt -m --memory --mount --name --net --network -p --pid --platform --publish
  --pull --restart --runtime --security-opt --shm-size --tmpfs -u --ulimit --user --userns -v
  --volume --volumes-from -w --workdir`);

const NODE: Runner = { runs: "script", valued: NODE_FLAGS, inline: words("-e --eval --print") };
const NPX: Runner = { runs: "package", valued: NPX_FLAGS, inline: words("-c --call") };
const BUNX: Runner = { runs: "package", valued: words("-p --package --cwd") };
const UVX: Runner = { runs: "package", valued: UV_FLAGS };
const DOCKER: Runner = { runs: "image", verbs: ["run", "container run"], valued: DOCKER_FLAGS };
const PYTHON: Runner = {
  runs: "script",
  valued: words("-W -X"),
  naming: ["-m"],
  inline: ["-c"],
};

const RUNNERS: ReadonlyMap<string, Runner> = new Map<string, Runner>([
  ["npx", NPX],
  ["npm", { ...NPX, verbs: words("exec x") }],
  ["pnpx", NPX],
  ["pnpm", {
    runs: "package",
    verbs: words("dlx exec"),
    valued: words("--package -C --dir -F --filter"),
  }],
  ["yarn", { runs: "package", verbs: words("dlx exec"), valued: words("-p --package --cwd") }],
  ["bunx", BUNX],
  ["bun", { ...BUNX, verbs: words("x run"), verbIsOptional: true, inline: words("-e --eval") }],
  ["uvx", UVX],
  ["uv", { ...UVX, verbs: ["run", "tool run"], naming: words("-m --module") }],
  ["pipx", {
    runs: "package",
    verbs: ["run"],
    valued: words("--spec --python --pip-args -i --index-url"),
  }],
  ["deno", {
    runs: "package",
    verbs: words("run serve x"),
    verbIsOptional: true,
    valued: DENO_FLAGS,
  }],
  ["node", NODE],
  ["nodejs", NODE],
  ["tsx", NODE],
  ["ts-node", NODE],
  ["python", PYTHON],
  ["py", PYTHON],
  ["ruby", { runs: "script", inline: ["-e"] }],
  ["php", { runs: "script", inline: ["-r"] }],
  ["java", { runs: "script", naming: ["-jar"], valued: words("-cp -classpath --class-path") }],
  ["go", { runs: "package", verbs: ["run"] }],
  ["mcp", { runs: "script", verbs: words("run dev"), valued: words("--with -t --transport") }],
  ["fastmcp", { runs: "script", verbs: words("run dev"), valued: words("--with -t --transport") }],
  ["docker", DOCKER],
  ["podman", DOCKER],
  ["env", { runs: "command", valued: words("-u --unset -C --chdir"), skipped: /^\w+=/ }],
  ["cmd", { runs: "command", skipped: /^\/\w/ }],
  ["sudo", { runs: "command", valued: words("-u --user -g --group"), skipped: /^\w+=/ }],
  ["nice", { runs: "command", valued: words("-n --adjustment") }],
  ["nohup", { runs: "command" }],
  ["timeout", { runs: "command", valued: words("-k -s --signal"), skipped: /^[\d.]+[smhd]?$/ }],
]);
