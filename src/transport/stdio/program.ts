/**
 * Finds programs the way a shell would.
 *
 * @module
 */

/** The parts of the machine that the search looks at. */
export interface ProgramSearch {
  readonly os: string;
  readonly env: (name: string) => string | undefined;
  readonly isFile: (path: string) => boolean;
}

const here: ProgramSearch = {
  os: Deno.build.os,
  env: (name) => Deno.env.get(name),
  isFile: (path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  },
};

/**
 * The name to start `program` by. Elsewhere than on Windows that is the name itself; there, a bare
 * `npx` is a file `npx.cmd`, which starts only under its full name, as `PATHEXT` says.
 */
export function resolveProgram(program: string, search: ProgramSearch = here): string {
  if (search.os !== "windows" || /\.[a-z]{2,4}$/i.test(program)) return program;
  const extensions = (search.env("PATHEXT") ?? ".COM;.EXE;.BAT;.CMD").split(";").filter(Boolean);
  const folders = /[\\/]/.test(program)
    ? [""]
    : (search.env("PATH") ?? "").split(";").filter(Boolean).map((folder) => `${folder}\\`);
  for (const folder of folders) {
    for (const extension of extensions) {
      const path = `${folder}${program}${extension.toLowerCase()}`;
      if (search.isFile(path)) return path;
    }
  }
  return program;
}
