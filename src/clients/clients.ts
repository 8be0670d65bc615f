/**
 * The programs that start MCP servers: where their files are, and what they write there. Facts only,
 * each with where it was read.
 *
 * @module
 */

import { join } from "node:path";
import type { Environment } from "../config/home.ts";

/** How a client writes its file. */
export type Dialect = "json" | "jsonc" | "commented_json" | "toml" | "yaml";

/** Folders that files of clients are in. */
export interface Places {
  readonly os: "linux" | "darwin" | "windows";
  readonly home: string;
  readonly env: Environment;
}

/** One client. */
export interface Client {
  /** As `--client` has it. */
  readonly id: string;
  readonly title: string;
  /** Files of the user, each of which may be there. */
  readonly files: (places: Places) => readonly string[];
  /** Files of a project, from its folder. */
  readonly projectFiles: readonly string[];
  /** Keys of the table of servers. */
  readonly key: readonly string[];
  /** More tables of servers in the same file. */
  readonly moreKeys?: (root: unknown) => readonly (readonly string[])[];
  readonly dialect: Dialect;
  /** How a program is named: `command` and `args`; `cmd` and `args`; or one list. */
  readonly shape: "command" | "cmd" | "list";
  /** Members that hold the address of a remote server. */
  readonly urls: readonly string[];
  /** The `type` of a server on stdio, where an entry must have one. */
  readonly stdioType?: string;
  /** Whether it is started from a desktop, with another PATH than a shell's. */
  readonly isGraphical: boolean;
  /** Whether it writes its file while it runs, and loses what others wrote. */
  readonly mustQuit: boolean;
}

const COMMON = {
  projectFiles: [],
  key: ["mcpServers"],
  dialect: "json",
  shape: "command",
} as const;
const URL_ALONE = { urls: ["url"], isGraphical: true, mustQuit: false } as const;

/** Where programs keep their settings: `~/.config`, `~/Library/Application Support`, `%APPDATA%`. */
function settings({ os, home, env }: Places): string {
  if (os === "darwin") return join(home, "Library/Application Support");
  if (os === "windows") return env.APPDATA || join(home, "AppData/Roaming");
  return env.XDG_CONFIG_HOME || join(home, ".config");
}

const inHome = (...paths: string[]) => ({ home }: Places) => paths.map((path) => join(home, path));

/** VS Code and what is made of it keep a profile there. */
const CODE_FOLDERS = ["Code", "Code - Insiders", "VSCodium"];

/** Every client that is known, in the order in which people are shown them. */
export const CLIENTS: readonly Client[] = Object.freeze([
  {
    // code.claude.com/docs/en/mcp; a comment makes it start anew with an empty file.
    ...{ ...COMMON, id: "claude-code", title: "Claude Code", urls: ["url"] },
    files: ({ home, env }) => [join(env.CLAUDE_CONFIG_DIR || home, ".claude.json")],
    projectFiles: [".mcp.json"],
    moreKeys: (root) =>
      Object.keys((root as { projects?: object }).projects ?? {})
        .map((project) => ["projects", project, "mcpServers"]),
    ...{ isGraphical: false, mustQuit: false },
  },
  {
    // modelcontextprotocol.io/docs/develop/connect-local-servers; anthropics/claude-code#34359 (MSIX).
    ...{ ...COMMON, ...URL_ALONE, id: "claude-desktop", title: "Claude Desktop", mustQuit: true },
    files: (places) => [
      join(settings(places), "Claude/claude_desktop_config.json"),
      ...places.os !== "windows" ? [] : [join(
        places.env.LOCALAPPDATA || join(places.home, "AppData/Local"),
        "Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json",
      )],
    ],
  },
  {
    // cursor.com/docs/context/mcp
    ...{ ...COMMON, ...URL_ALONE, id: "cursor", title: "Cursor" },
    files: inHome(".cursor/mcp.json"),
    projectFiles: [".cursor/mcp.json"],
  },
  {
    // code.visualstudio.com/docs/copilot/reference/mcp-configuration
    ...{
      ...COMMON,
      ...URL_ALONE,
      id: "vscode",
      title: "VS Code",
      key: ["servers"],
      dialect: "jsonc",
    },
    files: (places) => [
      ...CODE_FOLDERS.map((name) => join(settings(places), name, "User/mcp.json")),
      join(places.home, ".vscode-server/data/User/mcp.json"),
    ],
    projectFiles: [".vscode/mcp.json"],
    stdioType: "stdio",
  },
  {
    // developers.openai.com/codex/mcp
    ...{
      ...COMMON,
      id: "codex",
      title: "Codex",
      key: ["mcp_servers"],
      dialect: "toml",
      urls: ["url"],
    },
    files: ({ home, env }) => [join(env.CODEX_HOME || join(home, ".codex"), "config.toml")],
    projectFiles: [".codex/config.toml"],
    ...{ isGraphical: false, mustQuit: false },
  },
  {
    // google-gemini/gemini-cli, docs/tools/mcp-server.md; no trailing commas.
    ...{ ...COMMON, id: "gemini", title: "Gemini CLI", dialect: "commented_json" },
    files: inHome(".gemini/settings.json"),
    projectFiles: [".gemini/settings.json"],
    ...{ urls: ["httpUrl", "url"], isGraphical: false, mustQuit: false },
  },
  {
    // docs.github.com/copilot/how-tos/copilot-cli; `copilot mcp --help`
    ...{ ...COMMON, id: "copilot", title: "Copilot CLI", dialect: "jsonc", urls: ["url"] },
    files: ({ home, env }) => [join(env.COPILOT_HOME || join(home, ".copilot"), "mcp-config.json")],
    projectFiles: [".github/mcp.json"],
    ...{ stdioType: "local", isGraphical: false, mustQuit: false },
  },
  {
    // opencode.ai/docs/mcp-servers; of both files, the one with comments counts.
    ...{
      ...COMMON,
      id: "opencode",
      title: "opencode",
      key: ["mcp"],
      dialect: "jsonc",
      shape: "list",
    },
    files: ({ home, env }) => {
      const folder = join(env.XDG_CONFIG_HOME || join(home, ".config"), "opencode");
      return ["opencode.jsonc", "opencode.json"].map((name) => join(folder, name));
    },
    projectFiles: ["opencode.jsonc", "opencode.json"],
    ...{ urls: ["url"], stdioType: "local", isGraphical: false, mustQuit: false },
  },
  {
    // docs.windsurf.com/windsurf/cascade/mcp
    ...{ ...COMMON, ...URL_ALONE, id: "windsurf", title: "Windsurf", urls: ["serverUrl", "url"] },
    files: inHome(".codeium/windsurf/mcp_config.json", ".codeium/mcp_config.json"),
  },
  {
    // zed.dev/docs/ai/mcp
    ...{
      ...COMMON,
      ...URL_ALONE,
      id: "zed",
      title: "Zed",
      key: ["context_servers"],
      dialect: "jsonc",
    },
    files: (places) => [
      join(places.home, ".config/zed/settings.json"),
      ...places.os === "linux" ? [] : [join(settings(places), "Zed/settings.json")],
    ],
    projectFiles: [".zed/settings.json"],
  },
  {
    // docs.cline.bot/mcp
    ...{ ...COMMON, ...URL_ALONE, id: "cline", title: "Cline" },
    files: (places) => [
      ...[...CODE_FOLDERS, "Cursor"].map((name) =>
        join(
          settings(places),
          name,
          "User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        )
      ),
      join(places.home, ".cline/data/settings/cline_mcp_settings.json"),
    ],
  },
  {
    // kiro.dev/docs/mcp/configuration
    ...{ ...COMMON, ...URL_ALONE, id: "kiro", title: "Kiro" },
    files: inHome(".kiro/settings/mcp.json"),
    projectFiles: [".kiro/settings/mcp.json"],
  },
  {
    // lmstudio.ai/docs/app/plugins/mcp
    ...{ ...COMMON, ...URL_ALONE, id: "lmstudio", title: "LM Studio" },
    files: inHome(".lmstudio/mcp.json", ".cache/lm-studio/mcp.json"),
  },
  {
    // jetbrains.com/help/junie/model-context-protocol-mcp.html
    ...{ ...COMMON, ...URL_ALONE, id: "junie", title: "Junie" },
    files: inHome(".junie/mcp/mcp.json"),
    projectFiles: [".junie/mcp/mcp.json"],
  },
  {
    // docs.warp.dev/knowledge-and-collaboration/mcp
    ...{ ...COMMON, ...URL_ALONE, id: "warp", title: "Warp" },
    files: inHome(".warp/.mcp.json"),
    projectFiles: [".warp/.mcp.json"],
  },
  {
    // antigravity.google/docs/mcp
    ...{ ...COMMON, ...URL_ALONE, id: "antigravity", title: "Antigravity", urls: ["serverUrl"] },
    files: inHome(".gemini/antigravity/mcp_config.json"),
  },
  {
    // docs.continue.dev/customize/deep-dives/mcp
    ...{ ...COMMON, ...URL_ALONE, id: "continue", title: "Continue", dialect: "yaml" },
    files: inHome(".continue/config.yaml"),
  },
  {
    // block.github.io/goose/docs/getting-started/using-extensions
    ...{
      ...COMMON,
      id: "goose",
      title: "Goose",
      key: ["extensions"],
      dialect: "yaml",
      shape: "cmd",
    },
    files: (places) => [
      places.os === "windows"
        ? join(settings(places), "Block/goose/config/config.yaml")
        : join(places.env.XDG_CONFIG_HOME || join(places.home, ".config"), "goose/config.yaml"),
    ],
    ...{ urls: ["uri"], isGraphical: false, mustQuit: false },
  },
]);
