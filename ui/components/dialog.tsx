/**
 * A dialog over the page.
 *
 * @module
 */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Shows a dialog until it is closed; focus goes back to where it was. */
export function Dialog(
  { label, onClose, children }: {
    readonly label: string;
    readonly onClose: () => void;
    readonly children: ComponentChildren;
  },
) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current!.showModal();
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-label={label}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="inside">{children}</div>
    </dialog>
  );
}
