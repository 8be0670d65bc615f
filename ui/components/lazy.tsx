/**
 * A component that is loaded when it is first wanted.
 *
 * @module
 */

import { type ComponentChildren, createElement, type FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";

/**
 * Makes a component of one that is still to be loaded.
 *
 * @param meanwhile What stands in its place until then.
 */
export function lazy<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
  meanwhile: ComponentChildren = null,
): FunctionComponent<Props> {
  let loaded: FunctionComponent<Props> | null = null;
  return function Lazy(props: Props) {
    const [, redraw] = useState(false), [isFaulty, setFaulty] = useState(false);
    const isDrawn = loaded !== null;
    const ask = () => {
      setFaulty(false);
      load().then((component) => {
        loaded = component;
        redraw(true);
      }).catch(() => setFaulty(true));
    };
    useEffect(() => {
      // Not whether it is loaded: another place may have done that since this one was drawn.
      if (!isDrawn) ask();
    }, []);
    if (loaded !== null) return createElement(loaded, props);
    return isFaulty ? <NotLoaded onAgain={ask} /> : <>{meanwhile}</>;
  };
}

/** Names of files tell their content: another version of AgentGate does not have them. */
function NotLoaded({ onAgain }: { readonly onAgain: () => void }) {
  return (
    <p class="pad" role="alert">
      This part could not be loaded.{" "}
      <button type="button" onClick={onAgain}>Try again</button>. If another version of AgentGate
      serves now: <button type="button" onClick={() => location.reload()}>Reload</button>
    </p>
  );
}

/** Tries for half a minute: the gateway may go just then, and another come. */
export async function again<T>(load: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 15; tries++) {
    try {
      return await load();
    } catch {
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
  return load();
}
