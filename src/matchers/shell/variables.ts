/**
 * What a text itself says of its variables.
 *
 * @module
 */

import { type Assignment, forEachChild, type SyntaxNode } from "unbash";
import { type ShellWord, wordOf, wordsOf } from "./words.ts";

/** Values that a variable may have. */
export interface Values {
  readonly texts: readonly string[];
  /** Whether there may be others. */
  readonly isOpen: boolean;
}

/** Variables that hold a folder or a number, and so no option. */
const PLAIN = /^(?:[?$#!0]|HOME|PWD|OLDPWD|TMPDIR|RANDOM|UID|EUID|PPID|SECONDS|LINENO|HOSTNAME)$/;

const NONE: Values = Object.freeze({ texts: [], isOpen: true });

/** The arguments of a script or a function: which of them is which is not told apart. */
const POSITIONAL = /^(?:[1-9][0-9]*|[@*])$/, ARGUMENTS = "@";

/** Variables of one text, looked for when one is asked for. */
export class Variables {
  readonly #root: SyntaxNode;
  readonly #positional: readonly ShellWord[];
  #known: Map<string, { texts: string[]; isOpen: boolean }> | null = null;

  /** @param root A parsed text: what it assigns anywhere counts everywhere. */
  constructor(root: SyntaxNode, positional: readonly ShellWord[] = []) {
    this.#root = root;
    this.#positional = positional;
  }

  /** The values of a variable; it may have others where the text does not set it. */
  of(name: string): Values {
    if (PLAIN.test(name)) return { texts: [], isOpen: false };
    return this.#values.get(POSITIONAL.test(name) ? ARGUMENTS : name) ?? NONE;
  }

  get #values(): Map<string, { texts: string[]; isOpen: boolean }> {
    if (this.#known !== null) return this.#known;
    this.#known = new Map();
    const functions = new Set<string>();
    this.#visit(this.#root, functions);
    this.#callsOf(this.#root, functions);
    for (const word of this.#positional) this.#add(ARGUMENTS, word);
    return this.#known;
  }

  #visit(node: SyntaxNode, functions: Set<string>): void {
    if (node.type === "Assignment") this.#assign(node);
    else if (node.type === "For") {
      for (const word of node.wordlist ?? []) {
        for (const one of wordsOf(word)) this.#add(node.name.value, one);
      }
    } else if (node.type === "Function") functions.add(node.name.value);
    forEachChild(node, (child) => this.#visit(child, functions));
  }

  #assign({ name, value, append }: Assignment): void {
    const words = value.type === "Word" ? [wordOf(value)] : value.elements.map(wordOf);
    for (const word of words) this.#add(name, word);
    if (append === true) this.#entry(name).isOpen = true;
  }

  /** Notes the arguments of functions, and of `set`. */
  #callsOf(node: SyntaxNode, functions: ReadonlySet<string>): void {
    if (node.type === "Command" && node.name !== undefined) {
      const name = wordOf(node.name).text;
      if (functions.has(name) || name === "set") {
        for (const word of node.args.flatMap(wordsOf)) this.#add(ARGUMENTS, word);
      }
    }
    forEachChild(node, (child) => this.#callsOf(child, functions));
  }

  #add(name: string, word: ShellWord): void {
    const entry = this.#entry(name);
    if (word.isConstant) entry.texts.push(word.text);
    else entry.isOpen = true;
  }

  #entry(name: string): { texts: string[]; isOpen: boolean } {
    let entry = this.#values.get(name);
    if (entry === undefined) this.#values.set(name, entry = { texts: [], isOpen: false });
    return entry;
  }
}
