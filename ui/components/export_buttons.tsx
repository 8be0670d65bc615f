/**
 * The calls of a filter, all of them, as a file.
 *
 * @module
 */

import { useActions, useApp } from "../app_model.ts";
import { filterQuery } from "../models/filter.ts";

const FORMATS = ["csv", "jsonl"] as const;

/** Saves what the filter shows. */
export function ExportButtons({ line }: { readonly line: string }) {
  const app = useApp();
  const save = async (format: typeof FORMATS[number]) => {
    const words = filterQuery(line);
    words.set("format", format);
    try {
      app.save(await app.client.blob(`/api/invocations?${words}`), `calls.${format}`);
      app.tell(`Saved as calls.${format}`);
    } catch (fault) {
      app.tell((fault as Error).message);
    }
  };
  useActions(() =>
    FORMATS.map((format) => ({
      id: `save-${format}`,
      label: `Save the calls as ${format.toUpperCase()}`,
      run: () => void save(format),
    })), [line]);
  return (
    <div class="row">
      {FORMATS.map((format) => (
        <button type="button" key={format} onClick={() => void save(format)}>
          Save {format.toUpperCase()}
        </button>
      ))}
    </div>
  );
}
