/** Version of everything that goes over the wire. Raised whenever an older receiver would misread a message. */
export const PROTOCOL_VERSION = 2;

/** Bytes before the payload; a multiple of 8, so that float64 columns after it are aligned. */
export const HEADER_BYTES = 64;

const MAGIC = 0x44465754; // "TWFD"
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export const PayloadKind = {
  ticks: 1,
  candles: 2,
  gaps: 3,
  signal: 4,
  status: 5,
  heartbeat: 6,
  question: 7,
  answer: 8,
  position: 9,
} as const;
export type PayloadKind = (typeof PayloadKind)[keyof typeof PayloadKind];

const SNAPSHOT_FLAG = 1;

/** What stands before every payload. */
export interface Header {
  readonly kind: number;
  readonly isSnapshot: boolean;
  /** A UUID. */
  readonly epoch: string;
  readonly sequence: number;
  readonly offset: number;
  readonly durableOffset: number;
  readonly sendMicros: number;
  /** Rows of a payload of columns, else 0. */
  readonly count: number;
}

/** What a message begins with, before it is known whether we can read it. */
export type Preamble = 'unknown' | { readonly protocol: number };

/** Only this much of a message is the same in all versions: magic and version. */
export function preambleOf(message: Buffer): Preamble {
  if (message.length < 8 || message.readUInt32LE(0) !== MAGIC) return 'unknown';
  return { protocol: message.readUInt16LE(4) };
}

/**
 * Throws a RangeError for a message that is shorter than a header. The caller has looked at the preamble, and gives the
 * epoch where it has compared that already: its text costs as much as everything else.
 */
export function readHeader(message: Buffer, epoch = uuidOf(message)): Header {
  return {
    kind: message[6],
    isSnapshot: (message[7] & SNAPSHOT_FLAG) !== 0,
    epoch,
    sequence: message.readDoubleLE(24),
    offset: message.readDoubleLE(32),
    durableOffset: message.readDoubleLE(40),
    sendMicros: message.readDoubleLE(48),
    count: message.readUInt32LE(56),
  };
}

/** An epoch as it is written into headers. */
export function epochBytes(epoch: string): Buffer {
  const bytes = Buffer.from(epoch.replaceAll('-', ''), 'hex');
  if (bytes.length !== 16) throw new RangeError(`"${epoch}" is no epoch: expected a UUID`);
  return bytes;
}

/** A message with room for `payloadBytes`, its header written but for what `stamp` adds. */
export function startMessage(kind: PayloadKind, rows: number, payloadBytes: number): Buffer {
  const message = Buffer.allocUnsafe(HEADER_BYTES + payloadBytes);
  message.writeUInt32LE(MAGIC, 0);
  message.writeUInt16LE(PROTOCOL_VERSION, 4);
  message[6] = kind;
  message[7] = 0;
  message.writeUInt32LE(rows, 56);
  message.writeUInt32LE(0, 60);
  return message;
}

/** What is known of a message only when it is sent. */
export interface Stamp {
  readonly epoch: Buffer;
  readonly sequence: number;
  readonly offset: number;
  readonly durableOffset: number;
  readonly sendMicros: number;
  readonly isSnapshot: boolean;
}

export function stampMessage(message: Buffer, stamp: Stamp): void {
  message[7] = stamp.isSnapshot ? SNAPSHOT_FLAG : 0;
  message.set(stamp.epoch, 8);
  message.writeDoubleLE(stamp.sequence, 24);
  message.writeDoubleLE(stamp.offset, 32);
  message.writeDoubleLE(stamp.durableOffset, 40);
  message.writeDoubleLE(stamp.sendMicros, 48);
}

/** The epoch as bytes that compare, without building its text. */
export function hasEpoch(message: Buffer, epoch: Buffer): boolean {
  return message.compare(epoch, 0, 16, 8, 24) === 0;
}

function uuidOf(message: Buffer): string {
  let text = '';
  for (let at = 8; at < 24; at += 1) {
    if (at === 12 || at === 14 || at === 16 || at === 18) text += '-';
    text += HEX[message[at]];
  }
  return text;
}
