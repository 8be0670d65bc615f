/**
 * What is to be done in each client's file, and its doing.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import { userHome } from "../config/home.ts";
import { reasonOf } from "../errors.ts";
import { readClientFile, replaceClientFile } from "./client_file.ts";
import type { Client, Places } from "./clients.ts";
import { entriesOf } from "./entries.ts";
import { type Cut, type Entry, nameOf, splice, Unreadable } from "./entry.ts";
import type { EntryRecord, Records } from "./records.ts";
import { unwrapRemote, wrapRemote } from "./remote.ts";
import { type Starter, unwrapCuts, verdictOf, wrapCuts, wrappedWords } from "./wrapping.ts";

/** A file of a client. */
export interface ClientFile {
  readonly client: Client;
  readonly path: string;
}

/** What is to become of the servers in it. */
export type Aim = "install" | "uninstall" | "status";

/** One server in a file. */
export interface ServerReport {
  readonly name: string;
  /** Keys that lead to it. */
  readonly path: readonly string[];
  readonly state: "wrapped" | "plain" | "cannot";
  /** The program that it is started by, without AgentGate; null for none. */
  readonly program: string | null;
  /** Whether it is to be changed. */
  readonly isChanged: boolean;
  /** Why it cannot be wrapped or is left alone; null for no such reason. */
  readonly why: string | null;
}

/** One file, as it is and as it is to be. */
export interface FileReport extends ClientFile {
  readonly servers: readonly ServerReport[];
  /** Why it is left alone as a whole; null for no such reason. */
  readonly fault: string | null;
  readonly before: string;
  /** The same as `before` when nothing is to be changed. */
  readonly after: string;
  readonly records: readonly {
    readonly path: readonly string[];
    readonly record: EntryRecord | null;
  }[];
}

/** Options of {@link reportOn}. */
export interface ReportOptions {
  readonly aim: Aim;
  readonly starter: Starter;
  /** Names of the servers that are meant; undefined for all. */
  readonly servers: readonly string[] | undefined;
  readonly records: Records;
}

/** Finds out what is to be done in a file; null when there is none. */
export async function reportOn(
  file: ClientFile,
  options: ReportOptions,
): Promise<FileReport | null> {
  const nothing = { ...file, servers: [], before: "", after: "", records: [] };
  try {
    const text = await readClientFile(file.path);
    return text === null ? null : changesIn(text, file, options);
  } catch (fault) {
    return { ...nothing, fault: fault instanceof Unreadable ? fault.message : reasonOf(fault) };
  }
}

/**
 * Does what a report says.
 *
 * @returns Why it could not be done; null when it was.
 */
export async function carryOut(report: FileReport, records: Records): Promise<string | null> {
  const { path, client, before, after } = report;
  try {
    // The records come first: what is written can always be undone.
    await records.backUp(client.id, before);
    const known = report.records.map(({ path: of }) => records.of(path, of));
    for (const { path: of, record } of report.records) {
      if (record !== null) records.set(path, of, record);
    }
    await records.save();
    try {
      await replaceClientFile(path, before, after);
    } catch (fault) {
      report.records.forEach(({ path: of }, i) => {
        if (known[i] === undefined) records.delete(path, of);
        else records.set(path, of, known[i]);
      });
      await records.save();
      throw fault;
    }
    for (const { path: of, record } of report.records) {
      if (record === null) records.delete(path, of);
    }
    await records.save();
    return null;
  } catch (fault) {
    return reasonOf(fault);
  }
}

/** Places of this machine. @throws {UsageError} when there is no home folder. */
export function placesOf(env: Readonly<Record<string, string | undefined>>): Places {
  const { os } = Deno.build;
  return { os: os === "darwin" || os === "windows" ? os : "linux", home: userHome(env), env };
}

function changesIn(before: string, file: ClientFile, options: ReportOptions): FileReport {
  const { client, path: filePath } = file, { aim, records } = options;
  let text = before;
  const noted: { path: readonly string[]; record: EntryRecord | null }[] = [];
  const servers = entriesOf(before, client).map(({ path }): ServerReport => {
    const entry = entryAt(text, client, path), name = nameOf(entry);
    const isMeant = options.servers === undefined || options.servers.includes(name);
    const record = records.of(filePath, path), program = programOf(entry, client);
    const subject = { text, entry, client, starter: options.starter, record };
    const outcome = aim === "status" || !isMeant
      ? look(subject)
      : aim === "install"
      ? wrapped(subject)
      : unwrapped(subject);
    if (outcome.text !== text) {
      const now = entryAt(outcome.text, client, path);
      const original = record !== undefined && record.after === text.slice(entry.from, entry.to)
        ? record.before
        : text.slice(entry.from, entry.to);
      noted.push({
        path,
        record: aim === "install"
          ? { before: original, after: outcome.text.slice(now.from, now.to) }
          : null,
      });
      check(text, outcome.text, client, path);
    }
    const isChanged = outcome.text !== text;
    text = outcome.text;
    return { name, path, program, state: outcome.state, isChanged, why: outcome.why };
  });
  return { ...file, servers, fault: null, before, after: text, records: noted };
}

function programOf(entry: Entry, client: Client): string | null {
  const verdict = verdictOf(entry, client);
  if (verdict.state === "plain") return verdict.command.words[0]!;
  return verdict.state === "wrapped" ? verdict.inner?.[0] ?? null : null;
}

/** One entry, and what is known of it. */
interface Subject {
  readonly text: string;
  readonly entry: Entry;
  readonly client: Client;
  readonly starter: Starter;
  readonly record: EntryRecord | undefined;
}

/** What becomes of one entry. */
interface Outcome {
  readonly text: string;
  readonly state: ServerReport["state"];
  readonly why: string | null;
}

function look({ text, entry, client, starter, record }: Subject): Outcome {
  const verdict = verdictOf(entry, client);
  if (verdict.state === "wrapped" && record !== undefined) {
    const isSame = isSameValue(text, entry, client, record.after);
    return { text, state: "wrapped", why: isSame ? null : "changed since" };
  }
  if (verdict.state === "cannot") return { text, state: "cannot", why: verdict.why };
  if (verdict.state !== "remote") return { text, state: verdict.state, why: null };
  const remote = wrapRemote(text, entry, client, starter);
  return "why" in remote
    ? { text, state: "cannot", why: remote.why }
    : { text, state: "plain", why: null };
}

function wrapped({ text, entry, client, starter, record }: Subject): Outcome {
  const verdict = verdictOf(entry, client);
  const done = (cuts: readonly Cut[]): Outcome => ({
    text: splice(text, cuts),
    state: "wrapped",
    why: null,
  });
  switch (verdict.state) {
    case "cannot":
      return { text, state: "cannot", why: verdict.why };
    case "remote": {
      const remote = wrapRemote(text, entry, client, starter);
      return "why" in remote ? { text, state: "cannot", why: remote.why } : done(remote.cuts);
    }
    case "plain":
      return done(wrapCuts(text, entry, verdict.command, starter));
    case "wrapped": {
      const { inner, command } = verdict;
      const wanted = inner === null ? null : wrappedWords(starter, nameOf(entry), inner);
      const isSame = wanted === null || wanted.length === command.words.length &&
          wanted.every((word, i) => word === command.words[i]);
      // One that somebody has written by hand is left as it is.
      if (isSame || record === undefined) return { text, state: "wrapped", why: null };
      const bare = splice(text, unwrapCuts(command, inner!));
      const there = entryAt(bare, client, entry.path);
      return wrapped({ text: bare, entry: there, client, starter, record });
    }
  }
}

function unwrapped(subject: Subject): Outcome {
  const { text, entry, client, record } = subject;
  const verdict = verdictOf(entry, client), { from, to } = entry;
  const done = (cuts: readonly Cut[]): Outcome => ({
    text: splice(text, cuts),
    state: "plain",
    why: null,
  });
  if (record !== undefined && isSameValue(text, entry, client, record.after)) {
    return done([{ from, to, text: record.before }]);
  }
  if (verdict.state !== "wrapped") return look(subject);
  const { inner, command } = verdict;
  if (inner !== null && inner.length > 0) return done(unwrapCuts(command, inner));
  if (
    command.words.includes("--upstream") && client.dialect !== "toml" && client.dialect !== "yaml"
  ) {
    return done(unwrapRemote(text, entry, client, command.words));
  }
  return { text, state: "wrapped", why: "it was written by hand in a form that is not ours" };
}

/** Whether an entry says what another text in its place would: its client has laid it out anew. */
function isSameValue(text: string, entry: Entry, client: Client, other: string): boolean {
  const valuesOf = ({ members }: Entry) =>
    Object.fromEntries([...members].map(([key, { value }]) => [key, value]));
  try {
    const there = entryAt(
      splice(text, [{ from: entry.from, to: entry.to, text: other }]),
      client,
      entry.path,
    );
    return isDeepStrictEqual(valuesOf(there), valuesOf(entry));
  } catch {
    return false;
  }
}

/** Reads what would be written: everything but the one entry is what it was. */
function check(before: string, after: string, client: Client, path: readonly string[]): void {
  const was = entriesOf(before, client), is = entriesOf(after, client), own = JSON.stringify(path);
  const isRight = was.length === is.length && was.every((entry, i) => {
    const now = is[i]!, key = JSON.stringify(entry.path);
    return key === JSON.stringify(now.path) &&
      (key === own || before.slice(entry.from, entry.to) === after.slice(now.from, now.to));
  });
  if (!isRight) {
    throw new Unreadable(`"${path.at(-1)}" is written in a way that cannot be changed safely`);
  }
}

function entryAt(text: string, client: Client, path: readonly string[]): Entry {
  const key = JSON.stringify(path);
  return entriesOf(text, client).find(({ path }) => JSON.stringify(path) === key)!;
}
