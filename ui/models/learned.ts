/**
 * What a learned policy says of itself, in the comments that it begins with.
 *
 * @module
 */

/** Whether a text is a policy that was learned from calls, and not from none. */
export function hasLearned(text: string): boolean {
  return /^# Learned from /m.test(text.slice(0, 1000));
}

/** Which calls teach nothing, and which tools are left out; each in a sentence. */
export function untaught(text: string): string[] {
  return [...text.matchAll(/^# (.*not learned.*)$/gmi)].map(([, why]) => why!);
}
