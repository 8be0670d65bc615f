/**
 * `shell(x)`: a text read as the commands that a shell would make of it, by the grammar of Bash.
 *
 * What an unknown wrapper or an interpreter (`python -c`, `make`) runs is hidden: a list of what may run
 * stops it, a list of what may not cannot.
 *
 * @module
 */

import type { Matcher, Reading } from "../expr/matcher.ts";
import type { ShellFacts } from "./shell/facts.ts";
import { readShell } from "./shell/reader.ts";

/** Texts whose facts are kept: the rules of a policy ask for the same one after the other. */
const KEPT = 8;

/** Makes the matcher. */
export function shellMatcher(): Matcher {
  const kept = new Map<string, Kept>();
  return {
    members: {
      programs: "string",
      commands: "string",
      options: "string",
      writes: "string",
      reads: "string",
    },
    // A server may run a list as one command, word by word.
    joined: (words) => words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" "),
    read(text, member): Reading {
      let readings = kept.get(text);
      if (readings === undefined) {
        if (kept.size >= KEPT) kept.clear();
        kept.set(text, readings = { facts: readShell(text), byMember: new Map() });
      }
      const { facts, byMember } = readings;
      let reading = byMember.get(member);
      if (reading === undefined) byMember.set(member, reading = readingOf(facts, member));
      return reading;
    },
  };
}

interface Kept {
  readonly facts: ShellFacts;
  readonly byMember: Map<string, Reading>;
}

function readingOf(facts: ShellFacts, member: string): Reading {
  switch (member) {
    case "programs":
    case "commands":
      return { values: facts[member], isSure: facts.isSure };
    case "options": {
      const { options, open } = facts;
      return {
        values: options,
        isSure: facts.isSure,
        // GNU's programs know a long option by its beginning.
        shortened: options.filter((option) => option.includes(" --")),
        open: open.map((program) => `${program} -`),
      };
    }
    case "writes":
    case "reads":
      return { values: facts[member], isSure: facts.isSure && facts.areTargetsSure };
    default:
      return { values: [], isSure: facts.isSure };
  }
}
