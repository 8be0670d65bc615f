/**
 * A corpus for the detectors: lines of honest work, and secrets planted in lines. Made from a seed, so that
 * it is the same everywhere and no scanner of secrets takes the repository for a leak.
 *
 * @module
 */

import { CODE, PROSE } from "./lines.ts";

/** Random numbers that are the same each time (mulberry32). */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to below `n`. */
  below(n: number): number {
    this.#state = this.#state + 0x6d2b79f5 | 0;
    let t = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return Math.floor(((t ^ t >>> 14) >>> 0) / 2 ** 32 * n);
  }

  of<T>(list: ArrayLike<T>): T {
    return list[this.below(list.length)]!;
  }

  text(alphabet: string, length: number): string {
    return Array.from({ length }, () => this.of(alphabet)).join("");
  }
}

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", LOWER = UPPER.toLowerCase(), DIGITS = "0123456789";
const HEX = "0123456789abcdef", LETTERS = UPPER + LOWER + DIGITS, BASE64 = LETTERS + "+/";
const BASE64URL = LETTERS + "-_";

/** Makers of lines in which nothing is to be redacted. */
const BENIGN: readonly ((d: Dice) => string)[] = [
  (d) => `"integrity": "sha512-${d.text(BASE64, 86)}==",`,
  (d) =>
    `h1:${d.text(BASE64, 43)}= github.com/acme/${d.text(LOWER, 8)} v${d.below(9)}.${d.below(30)}.${
      d.below(20)
    }`,
  (d) => `commit ${d.text(HEX, 40)}`,
  (d) =>
    `${d.text(HEX, 7)} ${d.of(["fix", "feat", "docs"])}: ${d.text(LOWER, 9)} (#${d.below(9999)})`,
  (d) => `sha256:${d.text(HEX, 64)}`,
  (d) => `md5 ${d.text(HEX, 32)}  ${d.text(LOWER, 6)}.tar.gz`,
  (d) => [8, 4, 4, 4, 12].map((n) => d.text(HEX, n)).join("-"),
  (d) => [8, 4, 4, 4, 12].map((n) => d.text(DIGITS, n)).join("-"),
  (d) =>
    `-rw-r--r-- 1 ${1000 + d.below(9)} ${1000 + d.below(9)} ${d.below(999999)} 2026-1${
      d.below(3)
    }-${10 + d.below(18)} ${10 + d.below(13)}:${10 + d.below(49)} ${d.text(LOWER, 8)}`,
  (d) =>
    `drwxr-xr-x  ${d.below(30)} root root  4096 Nov ${1 + d.below(28)} 13:${10 + d.below(49)} ${
      d.text(LOWER, 6)
    }`,
  (d) =>
    `${1_500_000_000_000 + d.below(400_000_000) * 1000 + d.below(1000)} INFO request ${
      d.below(100000)
    } done in ${d.below(900)} ms`,
  (d) =>
    `{"id":${d.below(9999)},"created_at":${1_600_000_000_000 + d.below(2 ** 31) * 90},"user":"u${
      d.below(99)
    }"}`,
  (d) =>
    `ts=${1_700_000_000 + d.below(90_000_000)}${d.text(DIGITS, 6)} us=${
      1_700_000_000 + d.below(90_000_000)
    }${d.text(DIGITS, 9)}`,
  (d) => `snowflake 1${d.text(DIGITS, 17)} 1${d.text(DIGITS, 18)}`,
  (d) => `IMEI 35${d.text(DIGITS, 13)} IMEISV 86${d.text(DIGITS, 14)}`,
  (d) => `EAN 4${d.text(DIGITS, 12)} ISBN 978${d.text(DIGITS, 10)}`,
  (d) => `x=${d.below(100)}.${d.text(DIGITS, 16)} y=-0.${d.text(DIGITS, 17)}`,
  (d) => Array.from({ length: 8 }, () => 100 + d.below(900)).join(" "),
  (d) => Array.from({ length: 6 }, () => 1900 + d.below(130)).join(" "),
  (d) =>
    `0000${d.text("01234567", 3)} ${
      Array.from({ length: 8 }, () => d.text("01234567", 6)).join(" ")
    }`,
  (d) =>
    `backup-202${d.below(7)}1${d.below(3)}${10 + d.below(18)}-${10 + d.below(13)}${
      10 + d.below(49)
    }${10 + d.below(49)}.tar.gz`,
  (d) =>
    `202${d.below(7)}-1${d.below(3)}-${10 + d.below(18)}T${10 + d.below(13)}:${10 + d.below(49)}:${
      10 + d.below(49)
    }.${d.text(DIGITS, 9)}Z`,
  (d) =>
    `${d.below(255)}.${d.below(255)}.${d.below(255)}.${d.below(255)} - - "GET /${
      d.text(LOWER, 7)
    }?id=${d.text(DIGITS, 12)} HTTP/1.1" 200 ${d.below(99999)}`,
  (d) =>
    `origin\tgit@${d.of(["github.com", "gitlab.com", "git.acme.org"])}:acme/${
      d.text(LOWER, 7)
    }.git (${d.of(["fetch", "push"])})`,
  (d) => `ssh://git@host${d.below(9)}.acme.org:2222/srv/${d.text(LOWER, 7)}.git`,
  (d) =>
    `user@${1000 + d.below(99)}.service getty@tty${d.below(9)}.service systemd-fsck@dev-sda${
      d.below(9)
    }.service loaded`,
  (d) => `icon@${1 + d.below(3)}x.png ${d.text(LOWER, 5)}@2x.jpg logo@3x.svg`,
  (d) =>
    `+ ${d.text(LOWER, 7)}@${d.below(9)}.${d.below(40)}.${d.below(9)}-beta.${d.below(9)} added`,
  (d) =>
    `"@${d.text(LOWER, 5)}/${d.text(LOWER, 6)}": "^${d.below(20)}.${d.below(9)}.${d.below(9)}",`,
  (d) =>
    `<div class="sk-${d.of(["cube", "fading", "chasing"])}-${d.of(["grid", "circle", "dot"])}-${
      d.text(LOWER, 9)
    } sk-${d.text(LOWER, 8)}-${d.text(LOWER, 9)}">`,
  (d) => `import ${d.text(LOWER, 6)} from "sk-learn-${d.text(LOWER, 8)}-${d.text(LOWER, 7)}";`,
  (d) => `task_${d.of(["live", "test"])}_${d.text(LOWER, 12)} risk-${d.text(LOWER, 20)}`,
  (d) => `data:image/png;base64,iVBORw0KGgo${d.text(BASE64, 120)}=`,
  (d) => `key=${d.text(LOWER, 12)} cache-key: node-modules-${d.text(HEX, 64)}`,
  (d) =>
    `https://cdn.acme.org/${d.text(LETTERS, 22)}/${d.text(HEX, 20)}.js?v=${d.text(DIGITS, 10)}`,
  (d) => `https://acme.org:8080/a?b=${d.text(LOWER, 8)}&c=user:${d.text(LOWER, 6)}#d@e`,
  (d) =>
    `postgres://$USER:$PASSWORD@db:5432/${
      d.text(LOWER, 6)
    } redis://:\${REDIS_PASSWORD}@cache:6379/0`,
  (d) =>
    `Authorization: Bearer <token> Authorization: Bearer $TOKEN${
      d.below(9)
    } bearer of good news in ${d.text(LOWER, 20)}`,
  (d) => `0x${d.text(HEX, 40)} 0x${d.text(HEX, 64)} #${d.text(HEX, 6)}`,
  (d) => `Tel. +49 30 ${d.text(DIGITS, 8)}, Kdnr. ${d.text(DIGITS, 10)}, PLZ ${d.text(DIGITS, 5)}`,
  (d) =>
    `order 2026-${d.text(DIGITS, 6)}-${d.text(DIGITS, 4)}, part ${d.text(UPPER, 2)}${
      d.text(DIGITS, 8)
    }, v${d.below(9)}`,
  (d) => `${d.text(LETTERS, 40)} ${d.text(BASE64, 44)}= etag "${d.text(BASE64URL, 27)}"`,
  (d) => d.of(CODE),
  (d) => d.of(PROSE),
];

/** A secret and the line that it is planted in, the secret between the two texts. */
export interface Planted {
  readonly kind: string;
  readonly line: string;
  readonly secret: string;
}

const MIXED = (d: Dice, alphabet: string, length: number) =>
  `${d.of(UPPER)}${d.of(LOWER)}${d.text(DIGITS, 3)}${d.text(alphabet, length - 5)}`;

/** Makers of secrets, by kind. */
const SECRETS: Readonly<Record<string, (d: Dice) => string>> = {
  "aws id": (d) => "AKI" + "A" + d.text(UPPER + "234567", 16),
  "github": (d) => "gh" + "p_" + d.text(LETTERS, 36),
  "github fine": (d) => "github" + "_pat_" + d.text(LETTERS, 22) + "_" + d.text(LETTERS, 59),
  "gitlab": (d) => "glp" + "at-" + d.text(BASE64URL, 20),
  "slack": (d) => "xox" + "b-" + d.text(DIGITS, 12) + "-" + d.text(LETTERS, 24),
  "slack webhook": (d) =>
    "hooks.sla" +
    `ck.com/services/T${d.text(UPPER, 8)}/B${d.text(UPPER, 8)}/${d.text(LETTERS, 24)}`,
  "discord webhook": (d) =>
    "discord" + `.com/api/webhooks/${d.text(DIGITS, 18)}/${d.text(BASE64URL, 68)}`,
  "openai": (d) => "sk" + "-proj-" + MIXED(d, BASE64URL, 48),
  "openai old": (d) => "sk" + "-" + MIXED(d, LETTERS, 48),
  "anthropic": (d) => "sk" + "-ant-api03-" + MIXED(d, BASE64URL, 80),
  "openrouter": (d) => "sk" + "-or-v1-" + d.text(HEX, 64),
  "hugging face": (d) => "hf" + "_" + MIXED(d, LETTERS, 34),
  "groq": (d) => "gs" + "k_" + MIXED(d, LETTERS, 52),
  "google api": (d) => "AIz" + "a" + d.text(BASE64URL, 35),
  "google oauth": (d) => "ya2" + "9." + d.text(BASE64URL, 60),
  "google secret": (d) => "GOC" + "SPX-" + d.text(BASE64URL, 28),
  "stripe": (d) => "sk" + "_live_" + d.text(LETTERS, 24),
  "npm": (d) => "np" + "m_" + d.text(LETTERS, 36),
  "pypi": (d) => "py" + "pi-AgEI" + d.text(BASE64URL, 100),
  "docker": (d) => "dckr" + "_pat_" + MIXED(d, BASE64URL, 27),
  "rubygems": (d) => "ruby" + "gems_" + d.text(HEX, 48),
  "sendgrid": (d) => "S" + "G." + d.text(BASE64URL, 22) + "." + MIXED(d, BASE64URL, 43),
  "mailgun": (d) => "ke" + "y-" + d.text(HEX, 32),
  "mailchimp": (d) => d.text(HEX, 32) + "-us" + (1 + d.below(20)),
  "telegram": (d) => d.text("123456789", 10) + ":A" + "A" + d.text(BASE64URL, 33),
  "digitalocean": (d) => "do" + "p_v1_" + d.text(HEX, 64),
  "databricks": (d) => "da" + "pi" + d.text(HEX, 32),
  "vault": (d) => "hv" + "s." + MIXED(d, BASE64URL, 90),
  "terraform": (d) => d.text(LETTERS, 14) + ".atlas" + "v1." + MIXED(d, BASE64URL, 67),
  "supabase": (d) => "sb" + "p_" + d.text(HEX, 40),
  "tailscale": (d) => "tskey" + "-auth-" + MIXED(d, LETTERS, 30),
  "grafana": (d) => "gl" + "sa_" + MIXED(d, LETTERS, 32) + "_" + d.text(HEX, 8),
  "new relic": (d) => "NR" + "AK-" + d.text(UPPER + "23456", 22) + "23456",
  "sentry": (d) => "sntr" + "yu_" + d.text(HEX, 64),
  "atlassian": (d) => "ATA" + "TT3xFfGF0" + MIXED(d, BASE64URL, 180) + "=1A2B3C4D",
  "linear": (d) => "li" + "n_api_" + MIXED(d, LETTERS, 40),
  "notion": (d) => "nt" + "n_" + MIXED(d, LETTERS, 46),
  "shopify": (d) => "shp" + "at_" + d.text(HEX, 32),
  "square": (d) => "sq0" + "atp-" + MIXED(d, BASE64URL, 22),
  "postman": (d) => "PM" + "AK-" + d.text(HEX, 24) + "-" + d.text(HEX, 34),
  "azure storage": (d) => "AccountK" + "ey=" + MIXED(d, BASE64, 86) + "==",
  "jwt": (d) =>
    "ey" + "J" + d.text(BASE64URL, 30) + ".ey" + "J" + d.text(BASE64URL, 60) + "." +
    d.text(BASE64URL, 43),
  "private key": (d) =>
    "-----BEGIN " + `PRIVATE KEY-----${d.text(BASE64, 120)}-----END ` + "PRIVATE KEY-----",
  "url password": (d) => `postgres://app:${MIXED(d, LETTERS, 16)}@`,
};

/** Lines that a secret is planted in. */
const AROUND: readonly ((secret: string, d: Dice) => string)[] = [
  (secret) => secret,
  (secret) => `TOKEN=${secret}`,
  (secret) => `  "token": "${secret}",`,
  (secret, d) => `2026-11-2${d.below(9)} INFO login with ${secret} ok`,
  (secret) => `curl -H "X-Api-Key: ${secret}" https://api.acme.org/`,
  (secret) => `\u001b[32m${secret}\u001b[0m`,
  (secret) => `line one\\n${secret}\\nline three`,
  (secret) => `(${secret})`,
  (secret) => `https://acme.org/?t=${secret}&x=1`,
];

/** Makes benign lines. */
export function benignLines(count: number): string[] {
  const dice = new Dice(20_261_125);
  return Array.from({ length: count }, (_, i) => BENIGN[i % BENIGN.length]!(dice));
}

/** Makes lines with secrets. */
export function plantedSecrets(count: number): Planted[] {
  const dice = new Dice(42), kinds = Object.entries(SECRETS);
  return Array.from({ length: count }, (_, i) => {
    const [kind, make] = kinds[i % kinds.length]!, secret = make(dice);
    const isAddress = kind === "url password" || kind.includes("webhook");
    const around = isAddress
      ? AROUND[i % 4]!
      : AROUND[Math.floor(i / kinds.length) % AROUND.length]!;
    return { kind, secret, line: around(secret, dice) };
  });
}
