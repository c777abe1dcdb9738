/** Writes protobuf's wire format, proto3: what is at its default is left out. A text is ASCII. */

type Bytes = readonly number[] | Uint8Array;
const VARINT = 0;
const DOUBLE = 1;
const LENGTH = 2;

/** A whole number of 0 or more, below 2^53. */
export function integerField(field: number, value: number): Uint8Array {
  return value === 0 ? new Uint8Array(0) : joined([varint(field * 8 + VARINT), varint(value)]);
}

export function doubleField(field: number, value: number): Uint8Array {
  if (value === 0) return new Uint8Array(0);
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleLE(value);
  return joined([varint(field * 8 + DOUBLE), bytes]);
}

export function textField(field: number, value: string): Uint8Array {
  return bytesField(field, Buffer.from(value, 'latin1'));
}

/** A message within a message, from the parts of it. */
export function messageField(field: number, parts: readonly Uint8Array[]): Uint8Array {
  return bytesField(field, joined(parts));
}

export function joined(parts: readonly Bytes[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function bytesField(field: number, value: Uint8Array): Uint8Array {
  return joined([varint(field * 8 + LENGTH), varint(value.length), value]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}
