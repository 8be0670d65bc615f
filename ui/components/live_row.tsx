/**
 * A row of the live calls; while its call is the same it is not drawn again.
 *
 * @module
 */

import { Component } from "preact";
import { type Folded, tookUs } from "../models/call.ts";
import { took } from "../models/format.ts";
import { ArgumentsStart, ToolName } from "./call_cells.tsx";
import { CallTime } from "./call_time.tsx";
import { Outcome } from "./outcome.tsx";

/** The row. */
export class LiveRow extends Component<{ readonly row: Folded }> {
  override shouldComponentUpdate({ row }: { readonly row: Folded }): boolean {
    return row.call !== this.props.row.call || row.times !== this.props.row.times;
  }

  override render() {
    const { call, times } = this.props.row;
    return (
      <tr>
        <td>
          <a class="time" href={`/activity?${new URLSearchParams({ call: call.id })}`}>
            <CallTime timestamp={call.timestamp} nowMs={Date.now()} isFine />
          </a>
        </td>
        <td>
          <Outcome call={call} />
        </td>
        <td>
          <ToolName call={call} />
          {times > 1 && <span class="times">×{times}</span>}
        </td>
        <td class="wide">
          <ArgumentsStart call={call} />
        </td>
        <td class="wide">
          <code>{call.policy_hit}</code>
        </td>
        <td class="number">{took(tookUs(call))}</td>
      </tr>
    );
  }
}
