// The simulated venue on a fast clock: `simulator-child.ts JSON`, told as SoakSettings.
import { parseFaults, startSimulator } from '@tickwright/simulator';
import { FastClock } from './fast-clock.ts';
import type { SoakSettings } from './settings.ts';

const settings = JSON.parse(process.argv[2] ?? '') as SoakSettings;
const quiet = (): void => undefined;
const simulator = await startSimulator({
  ...settings.market,
  port: settings.venuePort,
  faults: parseFaults(settings.faults),
  clock: new FastClock(settings.time),
  log: { debug: quiet, info: quiet, warn: quiet, error: console.error },
});
console.log('up');
process.once('SIGTERM', () => void simulator.stop());
