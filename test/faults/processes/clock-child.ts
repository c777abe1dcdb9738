// An ingestor whose wall clock is stepped by an hour, as an operator or NTP would: forward by SIGUSR2, back by SIGHUP.
// Takes the flags of the command line that tests use. Started by clock.test.ts.
import { parseArgs } from 'node:util';
import { loadConfig } from '@tickwright/config';
import { ingest } from '@tickwright/ingestor';
import { systemClock } from '@tickwright/runtime';
import type { Clock } from '@tickwright/runtime';

const HOUR_MICROS = 3_600_000_000;

let stepMicros = 0;
process.on('SIGUSR2', () => (stepMicros += HOUR_MICROS));
process.on('SIGHUP', () => (stepMicros -= HOUR_MICROS));
const clock: Clock = {
  nowMicros: () => systemClock.nowMicros() + stepMicros,
  monotonicMs: () => systemClock.monotonicMs(),
  sleep: (ms, signal) => systemClock.sleep(ms, signal),
};

const told = (level: string) => (fields: object, message?: string) => {
  process.stderr.write(`${JSON.stringify({ level, ...fields, msg: message })}\n`);
};
const log = { debug: () => undefined, info: told('info'), warn: told('warn'), error: told('error') };

const { values } = parseArgs({
  allowPositionals: true,
  options: { 'data-dir': { type: 'string' }, set: { type: 'string', multiple: true } },
});
const flags = [`dataDir=${JSON.stringify(values['data-dir'])}`, ...(values.set ?? [])];
const { config } = await loadConfig({ flags, env: {} });
const end = new AbortController();
process.once('SIGTERM', () => end.abort());
const abandon = (error: Error): never => {
  log.error({ error: String(error) }, 'abandoned');
  process.exit(4);
};
await ingest({ config, version: 'test', clock, log, signal: end.signal, abandon });
