/**
 * The schema in PostgreSQL, as one script that may be run again: what is there stays.
 *
 * @module
 */

import { COMPLETED_COLUMNS, FLEET_COLUMNS } from "./columns.ts";

/**
 * Version of the script. It only ever adds: a gateway that is older than the schema goes on, one that is
 * newer asks for `agentgate fleet migrate`.
 */
export const FLEET_SCHEMA_VERSION = 3;

/** The role that gateways log in with is a member of this one. */
export const SHIPPER_ROLE = "agentgate_shipper";

/** The role of whoever reads. */
export const READER_ROLE = "agentgate_reader";

/** Names the table, with the columns that its key and its days need. */
const TABLES = `
CREATE SCHEMA IF NOT EXISTS agentgate;

CREATE TABLE IF NOT EXISTS agentgate.schema_version (
  version integer PRIMARY KEY,
  since timestamptz NOT NULL DEFAULT now()
);

-- One row for each log. shipped_change moves in the transaction that stores the rows up to it.
CREATE TABLE IF NOT EXISTS agentgate.sources (
  source uuid PRIMARY KEY,
  host text NOT NULL,
  shipped_change bigint NOT NULL DEFAULT 0,
  shipped_at timestamptz NOT NULL DEFAULT now(),
  since timestamptz NOT NULL DEFAULT now()
);
-- Id of the call that was inserted last of those that are here: tells a log from its copy.
ALTER TABLE agentgate.sources ADD COLUMN IF NOT EXISTS newest_id text;
-- Whose log it is: set by the first login that ships it.
ALTER TABLE agentgate.sources ADD COLUMN IF NOT EXISTS login name;
ALTER TABLE agentgate.sources ALTER COLUMN login SET DEFAULT session_user;

-- One row for each call. started_at is "timestamp" as a time; the rest is what the gateway's own log has.
CREATE TABLE IF NOT EXISTS agentgate.calls (
  started_at timestamptz NOT NULL,
  id text COLLATE "C" NOT NULL,
  source uuid NOT NULL,
  host text NOT NULL,
  change bigint NOT NULL,
  PRIMARY KEY (started_at, id)
) PARTITION BY RANGE (started_at);
`;

/** How readers find what has changed of a log. */
const INDICES =
  `CREATE INDEX IF NOT EXISTS calls_source_change ON agentgate.calls (source, change);`;

/** The days' tables. Gateways may have one made, and own none. */
const DAYS = `
-- Makes the table of a day (UTC). To forget a day: DROP TABLE agentgate.calls_2026_11_22.
CREATE OR REPLACE FUNCTION agentgate.prepare_day(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO' SET timezone = 'UTC' AS $$
DECLARE
  part text := 'calls_' || to_char(day, 'YYYY_MM_DD');
  made text;
  is_leaving boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('agentgate.prepare_day'));
  -- PostgreSQL 13 has no DETACH CONCURRENTLY, nor the column that tells of it.
  SELECT relname, coalesce((to_jsonb(pg_inherits) ->> 'inhdetachpending')::boolean, false)
    INTO made, is_leaving FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'agentgate.calls'::regclass AND starts_with(relname, part);
  IF made IS NOT NULL THEN
    IF NOT is_leaving THEN RETURN; END IF;
    -- It takes no rows any more, and keeps another from its place, until somebody finishes that.
    EXECUTE format('ALTER TABLE agentgate.calls DETACH PARTITION agentgate.%I FINALIZE', made);
  END IF;
  -- One that was detached keeps its name.
  WHILE to_regclass('agentgate.' || part) IS NOT NULL LOOP part := part || '_'; END LOOP;
  BEGIN
    -- Attached, not made as a part: so nobody who reads or writes has to wait.
    EXECUTE format('CREATE TABLE agentgate.%I (LIKE agentgate.calls INCLUDING ALL)', part);
    EXECUTE format('ALTER TABLE agentgate.calls ATTACH PARTITION agentgate.%I
      FOR VALUES FROM (%L) TO (%L)', part,
      day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
  EXCEPTION WHEN invalid_object_definition OR check_violation THEN
    NULL; -- An administrator's table, of a month or the default one, has the day.
  END;
END $$;
`;

/** Least privilege: add rows, complete them, read no call. */
const ROLES = `
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${SHIPPER_ROLE}') THEN
    CREATE ROLE ${SHIPPER_ROLE} NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${READER_ROLE}') THEN
    CREATE ROLE ${READER_ROLE} NOLOGIN;
  END IF;
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO ${SHIPPER_ROLE}', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO ${READER_ROLE}', current_database());
END $$;

-- Gateways: they add calls and complete them, and can neither read what calls said nor delete any.
GRANT USAGE ON SCHEMA agentgate TO ${SHIPPER_ROLE}, ${READER_ROLE};
GRANT SELECT ON agentgate.schema_version, agentgate.sources TO ${SHIPPER_ROLE}, ${READER_ROLE};
GRANT INSERT (source, host), UPDATE (host, shipped_change, shipped_at, newest_id, login)
  ON agentgate.sources TO ${SHIPPER_ROLE};
GRANT SELECT (started_at, id, change), INSERT ON agentgate.calls TO ${SHIPPER_ROLE};
GRANT UPDATE (${COMPLETED_COLUMNS.join(", ")})
  ON agentgate.calls TO ${SHIPPER_ROLE};
REVOKE ALL ON FUNCTION agentgate.prepare_day(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION agentgate.prepare_day(date) TO ${SHIPPER_ROLE};

-- Whoever reads.
GRANT SELECT ON agentgate.calls TO ${READER_ROLE};
`;

/** A login's logs: its own, and those of before there were owners, until their first login comes. */
const OWN = "login IS NULL OR login = session_user";
/** By the key of each row: PostgreSQL plans ten times as long, or reads all, where it is given a list. */
const OWN_CALL = `EXISTS (SELECT FROM agentgate.sources AS own
    WHERE own.source = calls.source AND (${OWN}))`;

/** Which rows of what the roles may touch. */
const POLICIES = [
  ["read_all", `sources FOR SELECT TO ${SHIPPER_ROLE}, ${READER_ROLE} USING (true)`],
  ["add_own", `sources FOR INSERT TO ${SHIPPER_ROLE} WITH CHECK (login = session_user)`],
  ["move_own", `sources FOR UPDATE TO ${SHIPPER_ROLE} USING (${OWN})`],
  ["read_all", `calls FOR SELECT TO ${READER_ROLE} USING (true)`],
  ["find_own", `calls FOR SELECT TO ${SHIPPER_ROLE} USING (${OWN_CALL})`],
  ["add_own", `calls FOR INSERT TO ${SHIPPER_ROLE} WITH CHECK (${OWN_CALL})`],
  ["complete_own", `calls FOR UPDATE TO ${SHIPPER_ROLE} USING (${OWN_CALL})`],
].map(([name, rest]) => policy(name!, rest!)).join("\n");

function policy(name: string, rest: string): string {
  const table = rest.split(" ")[0];
  return `DROP POLICY IF EXISTS ${name} ON agentgate.${table};
CREATE POLICY ${name} ON agentgate.${rest};`;
}

/** Each login has its own logs. The tables of days need none of it: nobody else has rights on those. */
const OWNERS = `
-- Which rows: those of the logs that the login has shipped first.
ALTER TABLE agentgate.sources ENABLE ROW LEVEL SECURITY;
ALTER TABLE agentgate.calls ENABLE ROW LEVEL SECURITY;
${POLICIES}
`;

/** The script, for `psql` and for `agentgate fleet migrate`. */
export function fleetSchemaSql(): string {
  return `-- AgentGate's log of many machines, schema ${FLEET_SCHEMA_VERSION}.
BEGIN;
${TABLES}
ALTER TABLE agentgate.calls
${columnLines()};
${DAYS}${ROLES}${OWNERS}
COMMIT;

-- Of a large table this takes a while, in which gateways wait; readers do not.
BEGIN;
${INDICES}
INSERT INTO agentgate.schema_version VALUES (${FLEET_SCHEMA_VERSION}) ON CONFLICT DO NOTHING;
COMMIT;

-- Each gateway logs in as a member of ${SHIPPER_ROLE}:
--   CREATE ROLE gate LOGIN PASSWORD '…' IN ROLE ${SHIPPER_ROLE};
-- Whoever looks at it, by \`agentgate dashboard --fleet\`, as a member of ${READER_ROLE}:
--   CREATE ROLE ada LOGIN PASSWORD '…' IN ROLE ${READER_ROLE};
`;
}

function columnLines(): string {
  return FLEET_COLUMNS.filter(({ name }) => name !== "id")
    .map(({ name, type }) => `  ADD COLUMN IF NOT EXISTS ${name} ${type}`).join(",\n");
}
