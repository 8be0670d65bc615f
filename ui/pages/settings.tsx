/**
 * Settings: what may agents do?
 *
 * @module
 */

import "../shared.ts";
import { useEffect } from "preact/hooks";
import { useApp, useResource } from "../app_model.ts";
import { Panel } from "../components/panel.tsx";
import { ResourceState } from "../components/state.tsx";
import { Resource } from "../models/resource.ts";
import { useMemo } from "preact/hooks";

/** The page. */
export default function Settings() {
  const { client } = useApp();
  const files = useResource<string[]>("/api/policies/files");
  const text = useMemo(() => new Resource<string>(), []);
  useEffect(() => {
    void text.load(async (signal) => await (await client.ask("/api/policies", { signal })).text());
  }, []);
  return (
    <>
      <h1>Settings</h1>
      <Panel title="Policy" note={files.data.value?.join(", ")}>
        <ResourceState of={text} />
        {text.data.value !== null && (
          <pre class="pad" tabIndex={0} aria-label="Text of the policy">{text.data.value}</pre>
        )}
      </Panel>
    </>
  );
}
