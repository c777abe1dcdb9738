import { Packr } from 'msgpackr';
import type { Gap } from '@tickwright/market';
import type { FeedSignal, FeedStatus } from '../feed-event.ts';
import { HEADER_BYTES, PayloadKind, startMessage } from './header.ts';

/** Plain MessagePack maps that any language reads: msgpackr's own records are off. */
const packr = new Packr({ useRecords: false, variableMapSize: true });

/** The last sequence of every topic that changed in the last few heartbeats. */
export interface Heartbeat {
  readonly topics: readonly (readonly [topic: string, sequence: number])[];
}

export function encodePacked(kind: PayloadKind, value: unknown): Buffer {
  const payload = packr.pack(value);
  const message = startMessage(kind, 0, payload.length);
  message.set(payload, HEADER_BYTES);
  return message;
}

/** Throws what msgpackr throws, or a RangeError, for bytes that are no map. */
export function decodePacked(message: Buffer): Readonly<Record<string, unknown>> {
  const value: unknown = packr.unpack(message.subarray(HEADER_BYTES));
  if (!isRecord(value)) throw new RangeError('the payload is no map');
  return value;
}

export function encodeGaps(gaps: readonly Gap[]): Buffer {
  return encodePacked(PayloadKind.gaps, { gaps });
}

export function decodeGaps(message: Buffer): Gap[] {
  return listOf(decodePacked(message)['gaps'], 'gaps', isGap);
}

export function decodeSignal(message: Buffer): FeedSignal {
  const value: unknown = decodePacked(message);
  if (!isSignal(value)) throw new RangeError('the payload is no signal');
  return value;
}

export function decodeStatus(message: Buffer): FeedStatus {
  const value: unknown = decodePacked(message);
  if (!isStatus(value)) throw new RangeError('the payload is no status');
  return value;
}

export function decodeHeartbeat(message: Buffer): Heartbeat {
  return { topics: listOf(decodePacked(message)['topics'], 'topics', isPosition) };
}

/** A topic and a sequence. */
export function isPosition(value: unknown): value is readonly [string, number] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && isCount(value[1]);
}

/** A whole number of 0 or more. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Throws a RangeError for what is no list of them. */
export function listOf<T>(value: unknown, what: string, isOne: (one: unknown) => one is T): T[] {
  if (!Array.isArray(value)) throw new RangeError(`${what} is no list`);
  return value.map((one: unknown) => {
    if (!isOne(one)) throw new RangeError(`${what} holds something else`);
    return one;
  });
}

function isGap(value: unknown): value is Gap {
  if (!isRecord(value)) return false;
  const texts = [value['id'], value['instrument'], value['cause'], value['state']];
  const numbers = ['fromMicros', 'toMicros', 'fromId', 'toId', 'openedOffset', 'version', 'openedMicros'];
  return (
    texts.every((text) => typeof text === 'string') &&
    numbers.every((name) => typeof value[name] === 'number')
  );
}

function isSignal(value: unknown): value is FeedSignal {
  if (!isRecord(value)) return false;
  const texts = ['id', 'strategy', 'instrument', 'interval', 'direction'];
  const numbers = ['confidence', 'timeMicros', 'candleOpenMicros'];
  return (
    texts.every((name) => typeof value[name] === 'string') &&
    numbers.every((name) => typeof value[name] === 'number')
  );
}

function isStatus(value: unknown): value is FeedStatus {
  if (!isRecord(value) || !isRecord(value['segments'])) return false;
  if (typeof value['sender'] !== 'string' || typeof value['version'] !== 'string') return false;
  return Array.isArray(value['intervals']) && Array.isArray(value['instruments']);
}
