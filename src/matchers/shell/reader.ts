/**
 * Reads what a shell's text runs, without running it: every simple command, wherever it stands.
 *
 * @module
 */

import {
  type Assignment,
  type Command,
  forEachChild,
  parse,
  type ParsedScript,
  type Pipeline,
  type SyntaxNode,
  type Word,
} from "unbash";
import { ShellFacts } from "./facts.ts";
import { type Input, inputOf, NO_INPUT } from "./input.ts";
import { commandsIn, isCode, ownWords } from "./nested.ts";
import { SHELLS, type ShellText, shellText } from "./shells.ts";
import { assignmentIn, consequenceOf } from "./running_variables.ts";
import { Variables } from "./variables.ts";
import { allWords, baseName, OPEN_WORD, plain, type ShellWord, wordOf } from "./words.ts";
import { type Unwrapped, unwrapped } from "./wrappers.ts";

/** Bounds of one text; beyond them it is unsure. */
const BOUNDS = Object.freeze({ chars: 8192, openings: 256, levels: 8 });

/** Reads a text. Never throws: what the parser makes nothing of is unsure. */
export function readShell(text: string): ShellFacts {
  const facts = new ShellFacts();
  try {
    readText(text, facts, 0);
  } catch {
    facts.isSure = false;
  }
  return facts;
}

/**
 * Reads a text that a shell is given.
 *
 * @param level Texts that it was in itself.
 * @param positional Words that it gets as `$1` and so on.
 */
function readText(
  text: string,
  facts: ShellFacts,
  level: number,
  positional: readonly ShellWord[] = [],
): void {
  if (level > BOUNDS.levels || text.length > BOUNDS.chars || !isPlainEnough(text)) {
    facts.isSure = false;
    return;
  }
  const script = parse(text);
  new ScriptReader(facts, level, new Variables(script, positional)).visit(script, NO_INPUT);
}

/** Programs that write names of files which begin with no dash. */
const LISTERS: readonly string[] = ["find", "git", "fd", "fdfind", "rg", "grep", "locate"];

/** Builtins that expand their arguments once more, as names or numbers: `let 'a[$(id)]'`. */
const EXPANDING: ReadonlySet<string> = new Set([
  ...["let", "declare", "typeset", "local", "export", "readonly", "printf", "read", "mapfile"],
  ...["readarray", "unset", "test", "[", "wait", "getopts"],
]);

/** Whether a text has no NUL, and not so many openings that the parser would nest too deep. */
function isPlainEnough(text: string): boolean {
  let openings = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0) return false;
    if (OPENINGS.includes(text[i]!) && ++openings > BOUNDS.openings) return false;
  }
  return true;
}

const OPENINGS = "({[`$<";

/** Reads one parsed text. */
class ScriptReader {
  readonly #facts: ShellFacts;
  readonly #level: number;
  readonly #variables: Variables;

  constructor(facts: ShellFacts, level: number, variables: Variables) {
    this.#facts = facts;
    this.#level = level;
    this.#variables = variables;
  }

  visit(node: SyntaxNode, input: Input): void {
    switch (node.type) {
      case "Word":
        if (node.parts === undefined) return;
        break;
      case "Literal":
        return;
      case "Script":
        if ((node as ParsedScript).errors?.length) this.#doubt();
        break;
      case "Redirect":
        this.#facts.addRedirect(node);
        break;
      case "Assignment":
        if (isHidden(node)) this.#doubt();
        // More places to look into are no others.
        if (node.append !== true && node.value.type === "Word") {
          this.#assigned(node.name, wordOf(node.value));
        }
        break;
      // `${x@P}` expands the value as a prompt, and runs what is in it.
      case "Transform":
        if (node.operand.value === "P") this.#doubt();
        break;
      case "Pipeline":
        return this.#pipeline(node, input);
      case "Command":
        this.#simple(node, input);
        // What is in its words does not read its input.
        input = NO_INPUT;
        break;
      case "Redirected":
        input = inputOf(node.redirects, input);
        break;
      case "TestUnary":
        if (/^-[vR]$/.test(node.operator)) this.#doubtHidden([node.operand]);
        break;
      case "TestBinary":
        if (/^-(?:eq|ne|[lg][te])$/.test(node.operator)) this.#doubtHidden([node.left, node.right]);
        break;
    }
    forEachChild(node, (child) => this.visit(child, input));
  }

  #doubt(): void {
    this.#facts.isSure = false;
  }

  #note(program: string, words: readonly ShellWord[], own: readonly ShellWord[]): void {
    this.#facts.addRun({ program, words, own, variables: this.#variables });
  }

  /** Doubts words that are expanded once more. */
  #doubtHidden(words: readonly Word[]): void {
    if (words.map(wordOf).some(isExpandedAgain)) this.#doubt();
  }

  #pipeline({ prefixes, commands }: Pipeline, input: Input): void {
    for (const prefix of prefixes) {
      if (prefix.type !== "Time") continue;
      const [first] = commands,
        time = plain(prefix.posix === undefined ? ["time"] : ["time", "-p"]);
      const words = first?.type === "Command" ? [...time, ...allWords(first)] : time;
      this.#note("time", words, time);
    }
    let before = input;
    for (const command of commands) {
      this.visit(command, before);
      const from = command.type === "Command" ? baseName(command.name?.value ?? "") : null;
      before = { text: null, isGiven: true, from };
    }
  }

  #simple(command: Command, outer: Input): void {
    const words = allWords(command);
    if (words.length > 0) this.#run(words, inputOf(command.redirects, outer));
  }

  /**
   * Notes a command, and what it runs itself.
   *
   * @param more A word that is added when it runs.
   */
  #run(words: readonly ShellWord[], input: Input, more: readonly ShellWord[] = []): void {
    const [first] = words, program = baseName(first!.text);
    if (!first!.isConstant || first!.isPattern || program === "") this.#doubt();
    const wrapped = unwrapped(program, words);
    const shell = SHELLS.has(program) ? shellText(words.concat(more)) : null;
    const own = wrapped?.own ?? shell?.own ?? ownWords(program, words, more);
    this.#note(program, words, own);
    if (EXPANDING.has(program) && words.some(isExpandedAgain)) this.#doubt();
    if (wrapped !== null || EXPANDING.has(program)) this.#assigning(own.slice(1));
    if (wrapped !== null) {
      if (!wrapped.isSure) this.#doubt();
      if (wrapped.split !== null) this.#text([wrapped.split, ...wrapped.command]);
      else if (wrapped.isText) this.#text(wrapped.command);
      else this.#wrapped(program, wrapped, input, more);
    } else if (shell !== null) this.#shell(shell, input);
    else this.#others(program, words);
  }

  #assigning(words: readonly ShellWord[]): void {
    for (const word of words) {
      const assignment = assignmentIn(word);
      if (assignment !== null) this.#assigned(assignment.name, assignment.value);
    }
  }

  #assigned(name: string, value: ShellWord): void {
    const consequence = consequenceOf(name, value);
    if (consequence === "unknowable") this.#doubt();
    else if (consequence !== "none") this.#text([consequence.command]);
  }

  #wrapped(
    wrapper: string,
    { command, placeholder }: Unwrapped,
    input: Input,
    more: readonly ShellWord[],
  ): void {
    if (command.length === 0) return;
    if (wrapper !== "xargs") return this.#run(command, input, more);
    // It adds words that it reads: to a shell without a text, the text.
    const lead = LISTERS.includes(input.from ?? "") ? "./" : "";
    if (placeholder === null) return this.#run(command, NO_INPUT, [{ ...OPEN_WORD, lead }]);
    if (isCode(command, placeholder)) this.#doubt();
    this.#run(command, NO_INPUT);
  }

  #shell({ script, isFile, positional }: ShellText, input: Input): void {
    if (script !== null) return this.#text([script], positional);
    if (isFile) return;
    if (input.text !== null) readText(input.text, this.#facts, this.#level + 1);
    else if (input.isGiven) this.#doubt();
  }

  /** Programs that run what stands in their arguments, each in its own way. */
  #others(program: string, words: readonly ShellWord[]): void {
    switch (program) {
      case "eval":
        return this.#text(words.slice(words[1]?.text === "--" ? 2 : 1));
      case ".":
      case "source":
        return this.#doubt();
      case "trap": {
        const [action, ...signals] = words.slice(1).filter(({ text }) => !/^-./.test(text));
        if (action !== undefined && signals.length > 0 && action.text !== "-") {
          this.#text([action]);
        }
        return;
      }
      case "alias":
        for (const { text, isConstant } of words.slice(1)) {
          if (!isConstant) this.#doubt();
          else if (text.includes("=")) {
            readText(text.slice(text.indexOf("=") + 1), this.#facts, this.#level + 1);
          }
        }
        return;
      case "su":
      case "runuser":
      case "script":
      case "flock": {
        const at = words.findIndex(({ text }) => /^(-[a-zA-Z]*c|--command)$/.test(text));
        const text = words[at + 1];
        if (at > 0 && text !== undefined) this.#text([text]);
        const long = words.find(({ text }) => text.startsWith("--command="));
        if (long !== undefined) this.#text([{ ...long, text: long.text.slice(10) }]);
        return;
      }
      default:
        for (const command of commandsIn(program, words)) {
          if (isCode(command, "{}")) this.#doubt();
          this.#run(command, NO_INPUT);
        }
    }
  }

  /** Words that are joined and given to a shell. */
  #text(words: readonly ShellWord[], positional: readonly ShellWord[] = []): void {
    if (words.some(({ isConstant }) => !isConstant)) return this.#doubt();
    readText(words.map(({ text }) => text).join(" "), this.#facts, this.#level + 1, positional);
  }
}

/** Whether a text in quotes runs something when it is taken for a name or a number: `'a[$(id)]'`. */
function isExpandedAgain({ text, isConstant }: ShellWord): boolean {
  return isConstant && /\[[^\]]*(?:\$\(|`)/.test(text);
}

function isHidden({ value }: Assignment): boolean {
  return (value.type === "Word" ? [value] : value.elements).map(wordOf).some(isExpandedAgain);
}
