import type { StreamName } from '../stream/stream-name.ts';

const STREAM = /^([a-z0-9]{1,20})@(trade|aggTrade)$/;

/** The parts of a stream's name, `alpha@trade`, or undefined when it is not one that the simulator has. */
export function parseStreamName(name: string): StreamName | undefined {
  const match = STREAM.exec(name);
  if (match === null) return undefined;
  return { name, symbol: match[1].toUpperCase(), kind: match[2] === 'trade' ? 'trade' : 'aggTrade' };
}
