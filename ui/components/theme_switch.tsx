/**
 * Light, dark, or what the system says.
 *
 * @module
 */

import { useActions, useApp } from "../app_model.ts";

const SIGNS = { system: "◐", light: "○", dark: "●" } as const;

/** Goes on to the next theme. */
export function ThemeSwitch() {
  const { theme } = useApp();
  useActions(() => [
    { id: "theme-light", label: "Use the light theme", run: () => theme.choose("light") },
    { id: "theme-dark", label: "Use the dark theme", run: () => theme.choose("dark") },
    { id: "theme-system", label: "Use the system's theme", run: () => theme.choose("system") },
  ]);
  const name = theme.theme.value;
  return (
    <button
      type="button"
      class="plain"
      aria-label={`Theme: ${name}`}
      title={`Theme: ${name}`}
      onClick={() => theme.next()}
    >
      {SIGNS[name]}
    </button>
  );
}
