/**
 * The values of a JSON text as rows of numbers: a payload of many megabytes has millions of them,
 * too many to be objects.
 *
 * @module
 */

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a, SPACE = 0x20;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d;

/** Numbers of a node: where it begins and ends, its length without white space, what follows it. */
const STRIDE = 4, START = 0, END = 1, SIZE = 2, AFTER = 3;

/** Characters that end a number or a word, white space among them. */
const DELIMITER = /[\s,\]}]/g;

/**
 * Nodes in the order in which they begin: 0 is the whole value. The children of a node follow it; of
 * an object, each key and its value.
 */
export class JsonNodes {
  readonly text: string;
  #cells = new Int32Array(64 * STRIDE);
  #count = 0;

  /** @param text Valid JSON; of anything else, the nodes mean nothing. */
  constructor(text: string) {
    this.text = text;
    const open: number[] = [];
    for (let at = 0; at < text.length;) {
      const c = text.charCodeAt(at);
      if (c === CLOSE_OBJECT || c === CLOSE_LIST) {
        this.#closeContainer(open.pop() ?? 0, ++at, open.at(-1));
      } else if (c === OPEN_OBJECT || c === OPEN_LIST) {
        open.push(this.#add(at++));
      } else if (c <= SPACE || c === COMMA || c === COLON) {
        at++;
      } else {
        const end = c === QUOTE ? stringEnd(text, at) : wordEnd(text, at);
        const node = this.#add(at);
        this.#close(node, at = end, end - this.#cells[node * STRIDE]!, open.at(-1));
      }
    }
  }

  /** The first character: it tells the kind. */
  kind(node: number): string {
    return this.text[this.#cells[node * STRIDE + START]!] ?? "";
  }

  /** Characters without the white space between tokens. */
  size(node: number): number {
    return this.#cells[node * STRIDE + SIZE]!;
  }

  /** The text of a node as it stands there. */
  raw(node: number): string {
    return this.text.slice(this.#cells[node * STRIDE + START]!, this.#cells[node * STRIDE + END]!);
  }

  /** Whether there is no white space between its tokens. */
  isCompact(node: number): boolean {
    const first = node * STRIDE, cells = this.#cells;
    return cells[first + END]! - cells[first + START]! === cells[first + SIZE];
  }

  /** The nodes right below a node. */
  children(node: number): number[] {
    const children: number[] = [], end = this.#cells[node * STRIDE + AFTER]!;
    for (let child = node + 1; child < end; child = this.#cells[child * STRIDE + AFTER]!) {
      children.push(child);
    }
    return children;
  }

  #add(start: number): number {
    const node = this.#count++, first = node * STRIDE;
    if (first === this.#cells.length) {
      const larger = new Int32Array(2 * first);
      larger.set(this.#cells);
      this.#cells = larger;
    }
    this.#cells[first + START] = start;
    return node;
  }

  /** Each child has added its size, and 1 for a comma or a colon. */
  #closeContainer(node: number, end: number, parent: number | undefined): void {
    this.#close(node, end, Math.max(2, this.#cells[node * STRIDE + SIZE]! + 1), parent);
  }

  #close(node: number, end: number, size: number, parent: number | undefined): void {
    const first = node * STRIDE, cells = this.#cells;
    cells[first + END] = end;
    cells[first + SIZE] = size;
    cells[first + AFTER] = this.#count;
    if (parent !== undefined) cells[parent * STRIDE + SIZE]! += size + 1;
  }
}

/** Finds the end of the string that opens at `at`: past its closing quote. */
function stringEnd(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = end;
    while (text.charCodeAt(escapes - 1) === BACKSLASH) escapes--;
    if ((end - escapes) % 2 === 0) return end + 1;
  }
  return text.length;
}

function wordEnd(text: string, at: number): number {
  DELIMITER.lastIndex = at;
  return DELIMITER.exec(text)?.index ?? text.length;
}
