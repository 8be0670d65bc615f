/**
 * What leads to the calls of one machine or gateway in a copy of the fleet's log, which has thousands: an
 * index of its own. On one machine the hours in which it was at work are enough.
 *
 * @module
 */

import type { Value } from "../audit/columns.ts";
import { COPY_INDICES, HOST_COLUMN } from "../audit/copy_state.ts";
import type { OpenLog } from "./log_source.ts";
import type { QueryWords } from "./query_words.ts";

/** A column that has an index, and what it has to be. */
export interface Lead {
  readonly column: keyof typeof COPY_INDICES;
  readonly value: string;
}

/** A part of a query, by which it is led. */
export interface LeadSql {
  readonly table: string;
  readonly term: string;
  readonly values: readonly Value[];
}

const NONE: LeadSql = Object.freeze({ table: "tool_invocations", term: "TRUE", values: [] });

/** Reads what a filter asks for. */
export function leadOf(words: QueryWords): Lead | undefined {
  const gateway = words.text("gateway"), host = words.text("host");
  if (gateway !== undefined) return { column: "gateway", value: gateway };
  return host === undefined ? undefined : { column: HOST_COLUMN, value: host };
}

/** The lead as SQL. */
export function leadSql(lead: Lead | undefined): LeadSql {
  if (lead === undefined) return NONE;
  const { column, value } = lead;
  return {
    table: `tool_invocations INDEXED BY ${COPY_INDICES[column]}`,
    term: `${column} = ?`,
    values: [value],
  };
}

/** The lead that a log can follow. */
export function leadIn({ isCopy }: OpenLog, lead: Lead | undefined): Lead | undefined {
  return isCopy ? lead : undefined;
}
