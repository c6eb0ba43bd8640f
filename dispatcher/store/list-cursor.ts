/** The last entry that a page looked at: its owner, and its place among all. */
export interface ListPlace {
  uid: string;
  seq: number;
}

export function writeCursor({ uid, seq }: ListPlace): string {
  return Buffer.from(`${seq}:${uid}`).toString('base64url');
}

/** Throws a RangeError for a cursor that no page gave. */
export function readCursor(cursor: string): ListPlace {
  const [, seq, uid] = /^(\d{1,16}):(.*)$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (seq === undefined || uid === undefined) throw new RangeError('this cursor was given by no page');
  return { uid, seq: Number(seq) };
}
