/**
 * Escapes that text stands behind: of a terminal, and of languages that write them out.
 *
 * Each is a piece of a pattern, in what Rust's dialect and JavaScript's have in common.
 *
 * @module
 */

/** ESC itself, and as JSON, C, shells, JavaScript, URLs, HTML and `cat -v` write it. */
const ESC =
  "(?:\\x1b|\\\\u001[bB]|\\\\u\\{0*1[bB]\\}|\\\\x1[bB]|\\\\x\\{1[bB]\\}|\\\\U0000001[bB]" +
  "|\\\\[eE]|\\\\0?33|%1[bB]|&#27;|&#[xX]1[bB];|\\^\\[|␛)";

const OPEN = "(?:\\[|%5[bB]|\\\\x5[bB]|\\\\u005[bB])";

/** ECMA-48's one character for both. */
const CSI = "(?:\u009b|\\\\u009[bB]|\\\\x9[bB]|%(?:[cC]2%)?9[bB])";

/**
 * Control sequence of a terminal, as a colour is: its last letter is no part of the text behind it.
 * Without its ESC, as logs keep it, only a colour with a number, or the end of a line erased, is one.
 */
export const SEQUENCE = `(?:(?:${ESC}${OPEN}|${CSI})(?:[0-?]|%3[0-9a-fA-F])*[@-~]` +
  `|\\[[0-9;:]+[mK]|${ESC}[()][A-Z0-9])`;

/** Character written as an escape of JSON, C, a shell or a URL. */
export const WRITTEN = "(?:\\\\[abefnrtv]|\\\\x[0-9a-fA-F]{2}|\\\\u[0-9a-fA-F]{4}" +
  "|\\\\U[0-9a-fA-F]{8}|\\\\[0-7]{1,3}|%[0-9A-Fa-f]{2})";
