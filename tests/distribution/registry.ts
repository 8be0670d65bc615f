/** A registry on loopback that speaks JSR's protocol, as far as `deno publish` and `deno run` use it. */

interface StoredFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly checksum: string;
}

interface Version {
  readonly files: ReadonlyMap<string, StoredFile>;
  readonly exports: Readonly<Record<string, string>>;
}

const PUBLISH = /^\/api\/scopes\/([^/]+)\/packages\/([^/]+)\/versions\/([^/]+)$/;
const META = /^\/(@[^/]+\/[^/]+)\/meta\.json$/;
const VERSION_META = /^\/(@[^/]+\/[^/]+)\/([^/]+)_meta\.json$/;
const FILE = /^\/(@[^/]+\/[^/]+)\/([^/]+)(\/.*)$/;
const TYPES: Readonly<Record<string, string>> = {
  ts: "text/typescript",
  js: "text/javascript",
  json: "application/json",
};

/** Takes packages, and gives them out. */
export class Registry implements AsyncDisposable {
  readonly #packages = new Map<string, Map<string, Version>>();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#answer(request),
  );

  /** What `JSR_URL` is set to. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url), path = decodeURIComponent(url.pathname);
    const published = PUBLISH.exec(path);
    if (published !== null && request.method === "POST") {
      const [, scope, name, version] = published as unknown as [string, string, string, string];
      await this.#publish(`@${scope}/${name}`, version, url.searchParams.get("config")!, request);
      return Response.json({ id: "1", status: "success", error: null });
    }
    if (published !== null) return Response.json({}, { status: 404 });
    if (path.startsWith("/api/")) return Response.json({ id: "1", status: "success", error: null });
    const [, meta] = META.exec(path) ?? [], [, name, of] = VERSION_META.exec(path) ?? [];
    if (meta !== undefined) return this.#meta(meta);
    if (name !== undefined) return this.#versionMeta(name, of!);
    return this.#file(path);
  }

  #meta(name: string): Response {
    const versions = [...this.#packages.get(name)?.keys() ?? []], [scope, short] = name.split("/");
    if (versions.length === 0) return Response.json({}, { status: 404 });
    return Response.json({
      ...{ scope: scope!.slice(1), name: short, latest: versions.at(-1) },
      versions: Object.fromEntries(versions.map((version) => [version, {}])),
    });
  }

  #versionMeta(name: string, version: string): Response {
    const found = this.#packages.get(name)?.get(version);
    if (found === undefined) return Response.json({}, { status: 404 });
    const manifest = Object.fromEntries(
      [...found.files].map((
        [file, { bytes, checksum }],
      ) => [file, { size: bytes.length, checksum }]),
    );
    return Response.json({ manifest, exports: found.exports, moduleGraph2: {} });
  }

  #file(path: string): Response {
    const [, name = "", version = "", file = ""] = FILE.exec(path) ?? [];
    const found = this.#packages.get(name)?.get(version)?.files.get(file);
    if (found === undefined) return Response.json({ error: `no ${path}` }, { status: 404 });
    const type = TYPES[file.split(".").at(-1)!] ?? "text/plain";
    return new Response(found.bytes, { headers: { "content-type": type } });
  }

  async #publish(name: string, version: string, config: string, { body }: Request): Promise<void> {
    const tar = await new Response(body!.pipeThrough(new DecompressionStream("gzip"))).bytes();
    const files = new Map<string, StoredFile>();
    for (const { path, bytes } of filesOf(tar)) {
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      files.set(`/${path.replace(/^\.?\//, "")}`, { bytes, checksum: `sha256-${hash.toHex()}` });
    }
    const manifest = JSON.parse(new TextDecoder().decode(files.get(config)!.bytes));
    const exports = typeof manifest.exports === "string"
      ? { ".": manifest.exports }
      : manifest.exports;
    const versions = this.#packages.get(name) ?? new Map<string, Version>();
    this.#packages.set(name, versions.set(version, { files, exports }));
  }
}

/** The regular files of a tar: ustar, with long names as pax and GNU write them. */
function* filesOf(
  tar: Uint8Array<ArrayBuffer>,
): Generator<{ readonly path: string; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const decoder = new TextDecoder();
  const text = (at: number, size: number) =>
    decoder.decode(tar.subarray(at, at + size)).replace(/\0[^]*$/, "");
  let longName: string | undefined;
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const size = parseInt(text(at + 124, 12).trim() || "0", 8), type = text(at + 156, 1);
    const prefix = text(at + 257, 5) === "ustar" ? text(at + 345, 155) : "";
    const path = longName ?? (prefix === "" ? "" : `${prefix}/`) + text(at, 100);
    const bytes = tar.slice(at + 512, at + 512 + size);
    longName = undefined;
    if (type === "L") longName = decoder.decode(bytes).replace(/\0.*$/, "");
    else if (type === "x") longName = /\d+ path=(.*)\n/.exec(decoder.decode(bytes))?.[1];
    else if (type === "0" || type === "") yield { path, bytes };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** How this machine reaches npm's registry: a child with an environment of its own must, too. */
const REACHES =
  /^(npm_config_|node_extra_ca_certs$|ssl_cert_|deno_tls_ca_store$|deno_cert$|https?_proxy$|no_proxy$)/i;

/** The part of the environment that tells it. */
export function registryEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => REACHES.test(name)),
  );
}
