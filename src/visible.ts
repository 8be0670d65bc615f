/**
 * Text from elsewhere, made safe to print: what a terminal would obey is shown instead.
 *
 * @module
 */

/**
 * Control characters (C0, DEL, C1), line and paragraph separators, and the marks that turn the
 * direction of writing. Joiners are left alone: emoji and several scripts need them.
 */
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const escapeCharacter = (character: string): string =>
  SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * Shows control characters as `\n` or `\u001b`, so that a tool's name cannot move the cursor, hide
 * text or forge a line.
 *
 * Inside JSON text the result stays JSON of the same value, as long as there is no white space
 * but the space between its tokens.
 */
export function visible(text: string): string {
  return text.replace(OBEYED, escapeCharacter);
}
