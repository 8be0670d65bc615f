/**
 * Facts besides the records of calls, most of which they refer to.
 *
 * @module
 */

/** One of them, told once, before the first record that refers to it. */
export type Fact =
  | {
    readonly kind: "policy";
    readonly digest: string;
    readonly name: string;
    readonly text: string;
  }
  /** From then on a policy has been in force, for a server that runs there. */
  | {
    readonly kind: "in_force";
    readonly digest: string;
    /** On the gateway's monotonic clock. */
    readonly sinceUs: number;
    readonly cwd: string;
    /** Undefined when nobody knows. */
    readonly home: string | undefined;
  }
  /** What a server says of a tool; empty where it says nothing. */
  | { readonly kind: "annotations"; readonly digest: string; readonly json: string };

/** A tool as a server lists it. */
export interface ListedTool {
  readonly name: string;
  /** Of its JSON text in `tools/list`, in bytes. */
  readonly bytes: number;
  /** Names of the arguments that its `inputSchema` has; undefined when it says none, or too many. */
  readonly arguments?: readonly string[] | undefined;
}
