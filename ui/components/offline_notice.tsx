/**
 * That nobody answers: it comes with the shell, since by then nothing can be loaded.
 *
 * @module
 */

import { useApp } from "../app_model.ts";

/** The notice; nothing while somebody answers. */
export function OfflineNotice() {
  if (useApp().live.connection.value !== "offline") return null;
  return (
    <p class="notice" data-tone="error">
      The gateway that served this page has gone. Another takes over by itself if one runs; what is
      shown stays. <code>agentgate dashboard</code> serves the page without a gateway.
    </p>
  );
}
