/**
 * A table that can be sorted by its columns; the order is in the address.
 *
 * @module
 */

import type { ComponentChildren } from "preact";
import { useApp } from "../app_model.ts";

/** A column of rows of one kind. */
export interface Column<Row> {
  /** Word for the address. */
  readonly name: string;
  readonly title: ComponentChildren;
  readonly cell: (row: Row) => ComponentChildren;
  /** What rows are sorted by; a column without it cannot be sorted by. */
  readonly value?: (row: Row) => number | string | null;
  readonly isNumber?: boolean;
  /** Whether it goes first when there is little room. */
  readonly isSpare?: boolean;
}

/** Sorts rows; those without a value come last. */
export function sorted<Row>(
  rows: readonly Row[],
  value: (row: Row) => number | string | null,
  descends: boolean,
): Row[] {
  const sign = descends ? -1 : 1;
  return [...rows].sort((a, b) => {
    const left = value(a), right = value(b);
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return left === right ? 0 : left < right ? -sign : sign;
  });
}

/** Shows rows. */
export function DataTable<Row>(
  { label, columns, rows, keyOf, chosen = null, word = "sort" }: {
    readonly label: string;
    readonly columns: readonly Column<Row>[];
    readonly rows: readonly Row[];
    readonly keyOf: (row: Row) => string;
    /** Key of a row that stands out; null for none. */
    readonly chosen?: string | null;
    /** Word of the address that has the order. */
    readonly word?: string;
  },
) {
  const { route } = useApp();
  const [by, order] = (route.get(word) ?? "").split(".");
  const column = columns.find(({ name }) => name === by), descends = order !== "up";
  const shown = column?.value === undefined ? rows : sorted(rows, column.value, descends);
  const classOf = ({ isNumber, isSpare }: Column<Row>) =>
    `${isNumber ? "number" : ""}${isSpare ? " wide" : ""}`;
  return (
    <div class="scroll" role="region" aria-label={`Table: ${label}`} tabIndex={0}>
      <table class="data">
        <thead>
          <tr>
            {columns.map((of) => (
              <th
                key={of.name}
                scope="col"
                class={classOf(of)}
                aria-sort={of !== column ? undefined : descends ? "descending" : "ascending"}
              >
                {of.value === undefined ? of.title : (
                  <button
                    type="button"
                    onClick={() =>
                      route.set({
                        [word]: `${of.name}.${of === column && descends ? "up" : "down"}`,
                      })}
                  >
                    {of.title}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={keyOf(row)} data-chosen={keyOf(row) === chosen}>
              {columns.map((of) => <td key={of.name} class={classOf(of)}>{of.cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
