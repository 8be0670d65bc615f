/**
 * What the gateway says of a policy that is being edited: what is wrong, and how its tests went.
 *
 * @module
 */

import type { PolicyCheck } from "../../src/web/policy_files.ts";
import { count } from "../models/format.ts";
import type { LineNote } from "./policy_editor.tsx";

/** What is to be said of which line. */
export function notesOf(check: PolicyCheck | null): LineNote[] {
  if (check === null) return [];
  const { problems, warnings } = check;
  return [
    ...problems.map(({ line, column, message }) => ({ line, column, message, isFault: true })),
    ...warnings.map(({ line, column, message }) => ({ line, column, message, isFault: false })),
  ];
}

/** The faults, the warnings and the tests. */
export function PolicyReport(
  { id, check, onGo }: {
    readonly id: string;
    readonly check: PolicyCheck | null;
    readonly onGo: (line: number, column: number) => void;
  },
) {
  return (
    <div class="report" id={id}>
      {check === null ? <p class="dim">Checking …</p> : <Verdict check={check} onGo={onGo} />}
    </div>
  );
}

function Verdict(
  { check, onGo }: {
    readonly check: PolicyCheck;
    readonly onGo: (line: number, column: number) => void;
  },
) {
  const { ok, rules, message, tests } = check, notes = notesOf(check);
  return (
    <>
      {ok
        ? <p role="status">It loads: {count(rules)} {rules === 1 ? "rule" : "rules"}.</p>
        : <p role="status" class="fault">It does not load, and cannot be saved:</p>}
      {!ok && notes.length === 0 && <p class="fault">{message}</p>}
      <ul class="notes">
        {notes.map(({ line, column, message, isFault }) => (
          <li key={`${line}:${column}:${message}`}>
            <button type="button" class="plain" onClick={() => onGo(line, column)}>
              line {line}
            </button>
            <span class={isFault ? "fault" : "warning"}>{message}</span>
          </li>
        ))}
      </ul>
      {ok && <Tests tests={tests} />}
    </>
  );
}

function Tests({ tests }: { readonly tests: PolicyCheck["tests"] }) {
  if (tests.length === 0) {
    return <p class="dim">It has no [[tests]]. A call's “copy” menu makes one.</p>;
  }
  const failed = tests.filter(({ passed }) => !passed);
  return (
    <>
      {failed.length === 0
        ? (
          <p>
            {tests.length === 1 ? "Its test passes." : `All its ${count(tests.length)} tests pass.`}
          </p>
        )
        : <p class="fault">{count(failed.length)} of its {count(tests.length)} tests fail:</p>}
      <ul class="notes">
        {failed.map(({ name, failures }) => (
          <li key={name}>
            <b>{name}</b> <span>{failures.join("; ")}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
