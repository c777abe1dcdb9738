import { binanceProtocol } from './binance/protocol.ts';
import { coinbaseProtocol } from './coinbase/protocol.ts';
import { krakenProtocol } from './kraken/protocol.ts';
import { upstoxProtocol } from './upstox/protocol.ts';
import type { Protocol, ProtocolContext } from './protocol.ts';

/** The protocols that the simulator speaks, by the name of the venue. */
export const PROTOCOLS = {
  binance: binanceProtocol,
  coinbase: coinbaseProtocol,
  kraken: krakenProtocol,
  upstox: upstoxProtocol,
} as const satisfies Record<string, (context: ProtocolContext) => Protocol>;

export type ProtocolName = keyof typeof PROTOCOLS;

/** How a venue writes the symbol of an instrument that the simulator names itself; the name alone elsewhere. */
export const SYMBOL_SUFFIXES: Readonly<Partial<Record<ProtocolName, string>>> = {
  coinbase: '-USD',
  kraken: '/USD',
};
