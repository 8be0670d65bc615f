/**
 * What agents were kept from, by what kept them.
 *
 * @module
 */

import { count } from "../models/format.ts";
import type { WindowAnswer } from "../models/window.ts";
import { Panel } from "./panel.tsx";

/** Rules that are shown. */
const SHOWN = 7;

/** The rules of a window. */
export function RuleBars({ rules }: { readonly rules: WindowAnswer["rules"] }) {
  const most = rules[0]?.count ?? 1;
  return (
    <Panel title="Kept from doing" tools={<a href="/violations">All rules</a>}>
      {rules.length === 0 && <p class="pad dim">Nothing was refused in this span.</p>}
      <ul class="bars">
        {rules.slice(0, SHOWN).map(({ rule, count: refused }) => (
          <li key={rule}>
            <a href={`/violations?${new URLSearchParams({ rule })}`}>
              <code>{rule}</code>
              <span class="track">
                <i style={{ width: `${Math.max(1, 100 * refused / most)}%` }} />
              </span>
              <span class="number">{count(refused)}</span>
            </a>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
