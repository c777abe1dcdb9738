import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, Log } from '@tickwright/runtime';
import type { FaultControl } from './faults/fault-control.ts';
import type { SimulatedInstrument } from './market/instruments.ts';
import type { SimulatorOptions } from './simulator.ts';
import type { SimulatorStats } from './stats.ts';

/** What a protocol is made of: the market, the switches, and what the simulator was started with. */
export interface ProtocolContext {
  readonly instruments: readonly SimulatedInstrument[];
  readonly faults: FaultControl;
  readonly stats: SimulatorStats;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: SimulatorOptions;
  /** `ws://127.0.0.1:9443`, once the port is taken. */
  readonly wsUrl: () => string;
}

/** A venue's protocol on the simulator's port: the same market told in that venue's words. */
export interface Protocol {
  /** An HTTP server's `request` event. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** An HTTP server's `upgrade` event. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ages the connections: once a turn. */
  age(): void;
  /** Streams one small step towards a time; answers whether it is reached. A late caller steps until it is. */
  stepTowards(nowMs: number): boolean;
  /** Writes what the connections have collected. */
  flush(): void;
  /** Says goodbye to all connections, then ends those that have not gone within `graceMs`. */
  stop(graceMs: number): Promise<void>;
}
