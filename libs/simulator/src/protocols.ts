import { binanceProtocol } from './binance/protocol.ts';
import type { Protocol, ProtocolContext } from './protocol.ts';

/** The protocols that the simulator speaks, by the name of the venue. */
export const PROTOCOLS = {
  binance: binanceProtocol,
} as const satisfies Record<string, (context: ProtocolContext) => Protocol>;

export type ProtocolName = keyof typeof PROTOCOLS;
