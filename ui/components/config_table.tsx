/**
 * The configuration in force: read-only, each value with where it comes from.
 *
 * @module
 */

import type { SettingInForce } from "../../src/config/in_force.ts";
import { useResource } from "../app_model.ts";
import { type Column, DataTable } from "./data_table.tsx";
import { Panel } from "./panel.tsx";
import { ResourceState } from "./state.tsx";

/** `/api/config`. */
interface ConfigAnswer {
  readonly file: string | null;
  readonly settings: readonly SettingInForce[];
}

const ORIGINS = { option: "command line", file: "file", default: "default" } as const;

const COLUMNS: readonly Column<SettingInForce>[] = [
  {
    ...{ name: "key", title: "Setting" },
    cell: ({ key, text }) => <code title={text}>{breakable(key)}</code>,
    value: ({ key }) => key,
  },
  {
    ...{ name: "value", title: "Value" },
    cell: ({ value }) => value === null ? <span class="dim">not set</span> : <code>{value}</code>,
  },
  {
    ...{ name: "from", title: "From" },
    cell: ({ from }) => <span class={from === "default" ? "dim" : ""}>{ORIGINS[from]}</span>,
    value: ({ from }) => from,
  },
  {
    ...{ name: "text", title: "Meaning", isSpare: true },
    cell: ({ text }) => <span class="dim meaning">{text}</span>,
  },
];

/** The panel. */
export function ConfigTable() {
  const config = useResource<ConfigAnswer>("/api/config"), answer = config.data.value;
  return (
    <Panel
      title="Configuration in force"
      note={answer === null ? "" : answer.file ?? "no file: all is default"}
    >
      <ResourceState of={config} />
      {answer !== null && (
        <div class="settings">
          <DataTable
            label="Configuration"
            columns={COLUMNS}
            rows={answer.settings}
            keyOf={({ key }) => key}
            word="config"
          />
        </div>
      )}
    </Panel>
  );
}

/** A key that may be broken between its words, where there is little room. */
function breakable(key: string) {
  return key.split(/(?<=[._])/).map((word, at) => [word, <wbr key={at} />]);
}
