/**
 * Checks of `agentgate doctor`.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { type Config, configPath, loadConfig } from "../../config/config.ts";
import { AuditError } from "../../audit/audit_error.ts";
import { reasonOf, UsageError } from "../../errors.ts";
import { agentgateHome, type Environment } from "../../config/home.ts";
import { chooseTransport, TRANSPORT_VARIABLE } from "../../transport/choice.ts";
import { type GlobalOptions, SERVE_PORT } from "../options.ts";
import { statusReports } from "../install.ts";
import { checkDatabase, checkSpills } from "./database.ts";
import { type Finding, note, ok, wrong } from "./finding.ts";
import { checkFleetLimits } from "./fleet_limits.ts";
import { checkFleetLog, checkFleetReader } from "./fleet_log.ts";
import { checkModes } from "./modes.ts";
import { checkTelemetry } from "./telemetry.ts";

/** The oldest Deno that AgentGate is tested with. */
const OLDEST_DENO = Object.freeze({ major: 2, minor: 9 });

/** Checks one thing after the other; what depends on a config that does not load is left out. */
export async function* examine(options: GlobalOptions, env: Environment): AsyncGenerator<Finding> {
  yield checkDeno(Deno.version.deno);
  yield await finding("Transport", () => checkTransport(env));
  yield await finding("Config directory", () => checkHome(options, env));
  let config: Config | undefined;
  yield await finding("config.toml", async () => {
    config = await loadConfig({ path: options.config, db: options.db, env });
    if (config.file === null) {
      return note(`config.toml not found (run \`agentgate init\`): ${configPath(env)}`);
    }
    return ok(`config.toml is valid TOML: ${config.file}`);
  });
  if (config === undefined) {
    yield note("Database, policy and ports not checked: the configuration names them");
    return;
  }
  const { dbPath, policyPaths, dashboardPort } = config;
  yield await finding(`DB path ${dbPath}`, () => checkDatabase(dbPath));
  yield* checkSpills(dbPath);
  yield* await checkModes(config, env);
  if (policyPaths.length > 0) yield await finding("Policy", () => checkPolicy(policyPaths));
  else yield note(`No policy is in force: set policy_path in ${config.file ?? configPath(env)}`);
  yield* checkTelemetry(config, env);
  yield* await checkFleetLog(config).catch((fault) => [failed("PostgreSQL", fault)]);
  yield* await checkFleetReader(config).catch((fault) => [failed("PostgreSQL", fault)]);
  yield* await checkFleetLimits(config).catch((fault) => [failed("Valkey", fault)]);
  yield* await checkClients(options, env).catch((
    fault,
  ) => [note(`Clients not checked: ${reasonOf(fault)}`)]);
  yield checkPort("Dashboard", dashboardPort);
  yield checkPort("Serve", SERVE_PORT);
}

/** Which servers of which clients AgentGate stands before. */
async function checkClients(options: GlobalOptions, env: Environment): Promise<Finding[]> {
  const reports = await statusReports(options, env);
  return reports.map(({ client, path, servers, fault }) => {
    if (fault !== null) return note(`${client.title}: ${path} cannot be read: ${fault}`);
    const count = servers.filter(({ state }) => state === "wrapped").length;
    const words = `${client.title}: ${count} of ${servers.length} servers wrapped`;
    return count > 0 ? ok(words) : note(`${words} (\`agentgate install\` wraps them)`);
  });
}

/**
 * A check that fails is a finding, not the end of the report.
 *
 * @param subject What is checked: said of whatever does not say so itself.
 */
async function finding(
  subject: string,
  check: () => Finding | Promise<Finding>,
): Promise<Finding> {
  try {
    return await check();
  } catch (error) {
    return failed(subject, error);
  }
}

/** What is said of a check that threw. */
function failed(subject: string, error: unknown): Finding {
  const isSpoken = error instanceof UsageError || error instanceof AuditError;
  return wrong(isSpoken ? error.message : `${subject}: ${reasonOf(error)}`);
}

function checkDeno(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const { major: wantedMajor, minor: wantedMinor } = OLDEST_DENO;
  const recent = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  if (recent) return ok(`Deno version: ${version}`);
  return wrong(
    `Deno ${version} is too old: AgentGate needs ${wantedMajor}.${wantedMinor} or later`,
  );
}

function checkTransport(env: Environment): Finding {
  const { name, why } = chooseTransport(undefined, env[TRANSPORT_VARIABLE]);
  return ok(`Transport in use: ${name} (${why})`);
}

async function checkHome(options: GlobalOptions, env: Environment): Promise<Finding> {
  const folder = options.config === undefined
    ? agentgateHome(env)
    : dirname(resolve(options.config));
  const { isDirectory } = await Deno.stat(folder).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return { isDirectory: null };
    throw new Error(`${folder}: ${reasonOf(error)}`);
  });
  if (isDirectory) return ok(`Config directory: ${folder}`);
  if (isDirectory === false) return wrong(`Config directory is not a folder: ${folder}`);
  return note(`Config directory not found (run \`agentgate init\`): ${folder}`);
}

async function checkPolicy(files: readonly string[]): Promise<Finding> {
  const { loadPolicy } = await import("../../policy/load.ts");
  const { loadPatterns } = await import("../../patterns/pattern.ts");
  using patterns = await loadPatterns();
  const { inRuleFiles, ownRules } = await import("../policy/size.ts");
  const policy = await loadPolicy(files, patterns);
  const size = `${ownRules(policy)} rules${inRuleFiles(policy)}`;
  return ok(`Policy file is valid: ${files.join(", ")} (${size})`);
}

/** A port in use is a note: another gateway, which has the dashboard already, is the likely owner. */
function checkPort(what: string, port: number): Finding {
  if (port === 0) return note(`${what}: off, its port is 0`);
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return ok(`${what} port ${port} is available`);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      return note(`${what} port ${port} is in use, by another AgentGate perhaps`);
    }
    return note(`${what} port ${port} cannot be opened: ${reasonOf(error)}`);
  }
}
