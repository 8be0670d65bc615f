/**
 * A dialog over the page.
 *
 * @module
 */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** Shows a dialog until it is closed; focus goes back to where it was. */
export function Dialog(
  { label, onClose, children }: {
    readonly label: string;
    readonly onClose: () => void;
    readonly children: ComponentChildren;
  },
) {
  const dialog = useRef<HTMLDialogElement>(null);
  // At once: the next key is the dialog's.
  useLayoutEffect(() => {
    const shown = dialog.current!;
    shown.showModal();
    return () => shown.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-label={label}
      // The browser tells of a close some time after it, and another dialog may be open by then.
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClose={() => dialog.current !== null && onClose()}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="inside">{children}</div>
    </dialog>
  );
}
