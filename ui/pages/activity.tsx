/**
 * Activity: what exactly happened?
 *
 * @module
 */

import { useApp } from "../app_model.ts";
import { Outcome } from "../components/outcome.tsx";
import { clock } from "../models/format.ts";

/** The page. */
export default function Activity() {
  const { live } = useApp();
  return (
    <>
      <h1>Activity</h1>
      <table class="data">
        <tbody>
          {live.history.value.slice(0, 60).map((call) => (
            <tr key={call.id}>
              <td>{clock(call.timestamp)}</td>
              <td>
                <Outcome call={call} />
              </td>
              <td>{call.server_name} {call.tool_name}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
