/**
 * A policy that is being edited: what is in force, what was typed, what the gateway says of it, and what
 * saving came to. What was typed is kept in the tab until it is saved or thrown away.
 *
 * @module
 */

import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { DryRun } from "../../src/web/dry_run.ts";
import type { PolicyCheck } from "../../src/web/policy_files.ts";
import type { ApiFault, Client } from "../client.ts";
import { Resource } from "./resource.ts";

/** What the model needs of its surroundings. */
export interface DraftPort {
  readonly client: Pick<Client, "ask">;
  /** Where what was typed is kept. */
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

/** A text, and the mark of what it was made from. */
interface Version {
  readonly text: string;
  readonly mark: string;
}

/** Somebody else has saved meanwhile. */
export type Conflict = Version;

/** One file of the policy. */
export class PolicyDraft {
  readonly text: Signal<string> = signal("");
  /** The file as it was last read; null until then. */
  readonly saved: Signal<(Version & { readonly at: Date | null }) | null> = signal(null);
  /** What it was before it was last replaced here; null when it never was. */
  readonly previous: Signal<string | null> = signal<string | null>(null);
  readonly conflict: Signal<Conflict | null> = signal<Conflict | null>(null);
  /** Why it could not be read or saved; null when it could. */
  readonly fault: Signal<string | null> = signal<string | null>(null);
  readonly isSaving: Signal<boolean> = signal(false);
  readonly check: Resource<PolicyCheck> = new Resource();
  readonly trial: Resource<DryRun> = new Resource();
  readonly isChanged: ReadonlySignal<boolean> = computed(() =>
    this.saved.value !== null && this.text.value !== this.saved.value.text
  );
  readonly #port: DraftPort;
  readonly #query: string;
  readonly #kept: string;
  /** Whether the file's lines end with CRLF: a text field knows none. */
  #isCrlf = false;

  /** @param file The number of the file. */
  constructor(port: DraftPort, file: number) {
    this.#port = port;
    this.#query = `file=${file}`;
    this.#kept = `agentgate_draft_${file}`;
  }

  /** Reads the file, and takes up what was typed before. */
  async load(): Promise<void> {
    try {
      const version = await this.#read("/api/policies");
      const kept = this.#keptDraft();
      batch(() => {
        this.saved.value = version;
        this.#isCrlf = version.isCrlf;
        this.fault.value = null;
        this.text.value = kept?.text ?? version.text;
        // What was typed was made from another text than is there now.
        if (kept !== null && kept.mark !== version.mark) this.conflict.value = version;
      });
      const previous = await this.#read("/api/policies/previous").catch(() => null);
      this.previous.value = previous === null || previous.mark === "" ? null : previous.text;
    } catch (fault) {
      this.fault.value = (fault as Error).message;
    }
  }

  /** Takes what was typed. */
  edit(text: string): void {
    this.text.value = text;
    const saved = this.saved.peek();
    if (saved === null) return;
    this.#keep(text, this.conflict.peek() === null ? saved : { ...saved, mark: "" });
  }

  /** Keeps in the tab what was typed, unless it is what was saved. */
  #keep(text: string, saved: Version): void {
    if (text === saved.text) this.#port.storage.removeItem(this.#kept);
    else this.#port.storage.setItem(this.#kept, JSON.stringify({ text, mark: saved.mark }));
  }

  /** Throws away what was typed; what somebody else has saved meanwhile is what counts then. */
  revert(): void {
    this.#port.storage.removeItem(this.#kept);
    const conflict = this.conflict.peek();
    batch(() => {
      if (conflict !== null) this.saved.value = { at: null, ...conflict };
      this.conflict.value = null;
      this.text.value = this.saved.peek()?.text ?? "";
    });
  }

  /** Asks what is wrong with the text, and what its tests say. */
  async look(): Promise<void> {
    const body = this.#fileText();
    await this.check.load(async (signal) => {
      const init = { method: "POST", body, signal };
      return await (await this.#port.client.ask(`/api/policies/check?${this.#query}`, init)).json();
    });
  }

  /** Asks what the text would change of the last calls. */
  async tryOn(calls: number): Promise<void> {
    const body = this.#fileText(), path = `/api/policies/dry-run?${this.#query}&calls=${calls}`;
    await this.trial.load(async (signal) =>
      await (await this.#port.client.ask(path, { method: "POST", body, signal })).json()
    );
  }

  /**
   * Puts the text in the place of the file, unless somebody else has changed it.
   *
   * @param isForced Whether what somebody else has saved is replaced as well: it was shown.
   * @returns Whether it was saved.
   */
  async save(isForced = false): Promise<boolean> {
    const text = this.text.peek(), before = this.saved.peek();
    if (before === null || this.isSaving.peek()) return false;
    const mark = isForced ? this.conflict.peek()?.mark ?? before.mark : before.mark;
    const body = this.#fileText();
    this.isSaving.value = true;
    try {
      const response = await this.#port.client.ask(`/api/policies?${this.#query}`, {
        ...{ method: "PUT", body, headers: { "if-match": mark } },
      });
      const saved = { text, mark: response.headers.get("etag") ?? "", at: new Date() };
      // Somebody may have gone on typing meanwhile.
      this.#keep(this.text.peek(), saved);
      batch(() => {
        this.previous.value = this.conflict.peek()?.text ?? before.text;
        this.saved.value = saved;
        this.conflict.value = this.fault.value = null;
      });
      return true;
    } catch (fault) {
      this.#refused(fault);
      return false;
    } finally {
      this.isSaving.value = false;
    }
  }

  #refused(fault: unknown): void {
    const { status, body, message } = fault as ApiFault & { body: Record<string, string> | null };
    if (status === 412 && typeof body?.current === "string") {
      this.conflict.value = { text: fieldText(body.current), mark: body.etag ?? "" };
    } else this.fault.value = message;
  }

  async #read(path: string): Promise<Version & { readonly at: Date | null; isCrlf: boolean }> {
    const response = await this.#port.client.ask(`${path}?${this.#query}`);
    const at = response.headers.get("last-modified"), text = await response.text();
    return {
      text: fieldText(text),
      isCrlf: /^[^\n]*\r\n/.test(text),
      mark: response.headers.get("etag") ?? "",
      at: at === null ? null : new Date(at),
    };
  }

  /** The field's text as the file has it. */
  #fileText(): string {
    const text = this.text.peek();
    return this.#isCrlf ? text.replaceAll("\n", "\r\n") : text;
  }

  #keptDraft(): Version | null {
    const kept = this.#port.storage.getItem(this.#kept);
    return kept === null ? null : JSON.parse(kept);
  }
}

/** A file's text as a text field has it. */
function fieldText(file: string): string {
  return file.replaceAll("\r\n", "\n");
}
