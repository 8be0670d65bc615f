/**
 * Addresses, by their schemes and hosts.
 *
 * @module
 */

import type { Matcher } from "../../../expr/matcher.ts";
import { oneOf } from "../literal.ts";
import type { Scalar, Shape, ShapeWatch } from "./shape.ts";

const MAX_HOSTS = 16;

/** Watches for the hosts that are asked. */
export class Hosts implements ShapeWatch {
  readonly #url: Matcher;
  readonly #schemes = new Set<string>();
  readonly #hosts = new Set<string>();

  /** @param url What conditions read addresses with. */
  constructor(url: Matcher) {
    this.#url = url;
  }

  add(value: Scalar): boolean {
    if (typeof value !== "string") return false;
    const read = (member: string) => this.#url.read(value, member, { lookups: 0 });
    const scheme = read("scheme"), host = read("host");
    if (!scheme.isSure || !host.isSure || host.values.length === 0 || host.values[0] === "") {
      return false;
    }
    this.#schemes.add(String(scheme.values[0]));
    this.#hosts.add(String(host.values[0]));
    return this.#hosts.size <= MAX_HOSTS && this.#schemes.size <= MAX_HOSTS;
  }

  shape(): Shape {
    const schemes = [...this.#schemes].sort(), hosts = [...this.#hosts].sort();
    return {
      words: `${schemes.join(", ")} of ${hosts.join(", ")}`,
      condition: (place) =>
        `${oneOf(`url(${place}).scheme`, schemes)} and ${oneOf(`url(${place}).host`, hosts)}`,
      outside: `${schemes[0]}://elsewhere.example/`,
    };
  }
}
