import assert from "node:assert/strict";
import fc from "fast-check";
import { ReadRoom } from "../../src/transport/read_room.ts";
import { READ_BYTES } from "../../src/transport/transport.ts";

const LF = 0x0a;

Deno.test("ReadRoom finds the ends of lines where they are, and none past what was read", () => {
  const room = new ReadRoom();
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.nat(399), { maxLength: 4 }),
      fc.nat(400),
      (bytes, ends, from) => {
        // What an earlier read has left behind it.
        room.bytes.fill(LF, 0, 600);
        room.bytes.set(bytes.map((byte) => byte === LF ? 0x20 : byte));
        for (const end of ends) if (end < bytes.length) room.bytes[end] = LF;
        const chunk = room.taken(bytes.length), at = Math.min(from, bytes.length);
        assert.equal(room.find(chunk, at), chunk.indexOf(LF, at));
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("ReadRoom is searched to its last byte", () => {
  const room = new ReadRoom(), chunk = room.taken(READ_BYTES);
  assert.equal(chunk.length, READ_BYTES);
  chunk.fill(0x20);
  for (const at of [0, 1, READ_BYTES - 65, READ_BYTES - 64, READ_BYTES - 1, READ_BYTES]) {
    assert.equal(room.find(chunk, at), -1);
  }
  chunk[READ_BYTES - 1] = LF;
  for (const at of [0, 1, READ_BYTES - 65, READ_BYTES - 64, READ_BYTES - 1]) {
    assert.equal(room.find(chunk, at), READ_BYTES - 1);
  }
});

Deno.test("Two rooms are not one", () => {
  const [one, other] = [new ReadRoom(), new ReadRoom()];
  one.bytes[0] = LF;
  assert.equal(other.find(other.taken(10), 0), -1);
  assert.equal(one.find(one.taken(10), 0), 0);
});
