/** The words by which a scanner tells Binance's frames apart; positions are of a word's opening quote. */
const QUOTE = 0x22;
const COLON = 0x3a;

export function isTrade(b: Buffer, quote: number, after: number): boolean {
  return after - quote === 7 && b[quote + 1] === 0x74 && isRade(b, quote + 2);
}

export function isAggTrade(b: Buffer, quote: number, after: number): boolean {
  if (after - quote !== 10 || b[quote + 1] !== 0x61 || b[quote + 2] !== 0x67) return false;
  return b[quote + 3] === 0x67 && b[quote + 4] === 0x54 && isRade(b, quote + 5);
}

function isRade(b: Buffer, at: number): boolean {
  return b[at] === 0x72 && b[at + 1] === 0x61 && b[at + 2] === 0x64 && b[at + 3] === 0x65;
}

/** `"data":` at `at`. */
export function isDataKey(b: Buffer, at: number): boolean {
  const isData = b[at] === QUOTE && b[at + 1] === 0x64 && b[at + 2] === 0x61 && b[at + 3] === 0x74;
  return isData && b[at + 4] === 0x61 && b[at + 5] === QUOTE && b[at + 6] === COLON;
}

/** `"stream":` at `at`. */
export function isStreamKey(b: Buffer, at: number): boolean {
  const isStre = b[at] === QUOTE && b[at + 1] === 0x73 && b[at + 2] === 0x74 && b[at + 3] === 0x72;
  const isStream = isStre && b[at + 4] === 0x65 && b[at + 5] === 0x61 && b[at + 6] === 0x6d;
  return isStream && b[at + 7] === QUOTE && b[at + 8] === COLON;
}

const SNAPSHOT_KEY = Buffer.from('"lastUpdateId":');
/** A depth snapshot, as REST gives it and partial book streams send it. */
export function isSnapshot(bytes: Buffer, at: number): boolean {
  return bytes[at + 1] === 0x6c && bytes.subarray(at, at + SNAPSHOT_KEY.length).equals(SNAPSHOT_KEY);
}
