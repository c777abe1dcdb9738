/** What a stream tells. */
export type StreamKind = 'trade' | 'aggTrade';

/** A stream that a client asked for, `alpha@trade`. */
export interface StreamName {
  readonly name: string;
  /** Upper case, as instruments are named. */
  readonly symbol: string;
  readonly kind: StreamKind;
}

const STREAM = /^([a-z0-9]{1,20})@(trade|aggTrade)$/;

/** The parts of a stream's name, or undefined when it is not one that the simulator has. */
export function parseStreamName(name: string): StreamName | undefined {
  const match = STREAM.exec(name);
  if (match === null) return undefined;
  return { name, symbol: match[1].toUpperCase(), kind: match[2] === 'trade' ? 'trade' : 'aggTrade' };
}
