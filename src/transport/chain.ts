/**
 * A list whose members come and go all the time.
 *
 * @module
 */

/** A member; it belongs to one list at most. */
export interface Link<Self> {
  /** Set by the list. */
  before: Self | null;
  after: Self | null;
}

/**
 * Members in the order in which they were added. Unlike a `Set`, it leaves no tables behind: in V8,
 * each of those keeps the next one alive, and what was in it, until the whole heap is collected.
 */
export class Chain<Member extends Link<Member>> {
  #first: Member | null = null;
  #last: Member | null = null;
  #size = 0;

  /** Number of members. */
  get size(): number {
    return this.#size;
  }

  /** The member that was added first; null for none. */
  get first(): Member | null {
    return this.#first;
  }

  /** Adds a member, which belongs to no list. */
  add(member: Member): void {
    member.before = this.#last;
    if (this.#last === null) this.#first = member;
    else this.#last.after = member;
    this.#last = member;
    this.#size++;
  }

  /** Takes a member out; one that is not in it stays where it is. */
  remove(member: Member): void {
    const { before, after } = member;
    if (before === null && this.#first !== member) return;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    // A link from what is gone would keep what is not.
    member.before = member.after = null;
    this.#size--;
  }

  /** The members, as they are now. */
  all(): Member[] {
    const all: Member[] = [];
    for (let member = this.#first; member !== null; member = member.after) all.push(member);
    return all;
  }
}
