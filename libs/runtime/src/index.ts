export { TickwrightError, ExitCode } from './errors.ts';
export type { Clock } from './clock.ts';
export type { Log } from './log.ts';
