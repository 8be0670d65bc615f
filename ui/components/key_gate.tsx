/**
 * What one sees without the key: how to get it.
 *
 * @module
 */

import "../shared.ts";
import { useRef } from "preact/hooks";
import { useApp } from "../app_model.ts";
import type { SignedIn } from "../models/session.ts";
import { Command } from "./command.tsx";

const WORDS: Readonly<Record<Exclude<SignedIn, "in">, string>> = {
  out: "",
  wrong: "That is not the key of the gateway that serves here.",
  waiting: "Too many wrong keys came. Wait a minute, then try again.",
};

/** Asks for the key. */
export function KeyGate() {
  const { session } = useApp();
  const field = useRef<HTMLInputElement>(null);
  const state = session.state.value;
  const words = state === "in" ? "" : WORDS[state];
  const submit = (event: Event) => {
    event.preventDefault();
    session.signIn(field.current!.value);
  };
  return (
    <section class="gate panel" aria-labelledby="gate-title">
      <h1 id="gate-title">This dashboard needs its key</h1>
      <p>This command opens the page signed in:</p>
      <Command text="agentgate dashboard --open" />
      <form onSubmit={submit}>
        <label for="key">Or enter the key</label>
        <div class="row">
          <input id="key" ref={field} type="password" autocomplete="off" required />
          <button type="submit" class="main">Sign in</button>
        </div>
      </form>
      <p class="fault" role="alert">{words}</p>
      <p class="dim">
        The key is in{" "}
        <code>~/.agentgate/dashboard.key</code>. It stays in this tab and goes to nobody but the
        gateway on this machine.
      </p>
    </section>
  );
}
