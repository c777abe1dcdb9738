export { TickwrightError, ExitCode } from './errors.ts';
export type { Clock } from './clock.ts';
export { systemClock, wallClock } from './system-clock.ts';
export { ManualClock } from './manual-clock.ts';

export { canRetry, retry } from './retry.ts';
export type { FailedTry, RetryOptions } from './retry.ts';
export { SCHEDULES, withJitter } from './retry-schedule.ts';
export type { RetrySchedule } from './retry-schedule.ts';
export { backoff } from './backoff.ts';
export type { Backoff } from './backoff.ts';

export { BoundedQueue, QueueEndedError } from './bounded-queue.ts';

export type { Service, ServiceStatus } from './service.ts';
export { Supervisor } from './supervisor.ts';
export type { SupervisorOptions } from './supervisor.ts';
export type { CrashLoopLimit } from './supervised-service.ts';
export { CrashLoopError, DrainError } from './supervisor-errors.ts';
export { onSignals } from './signals.ts';

export type { Log } from './log.ts';
export { createLog } from './pino-log.ts';
export type { LogLevel, LogOptions, ProcessLog } from './pino-log.ts';
export { sampledLog } from './sampled-log.ts';
export type { SampledLog } from './sampled-log.ts';
export { redactText } from './redaction.ts';

export { createMetrics } from './metrics.ts';
export type { Counter, Gauge, Histogram, Labels, MetricOptions, Metrics } from './metrics.ts';

export { acquireInstanceLock, InstanceLockedError, readInstance } from './instance-lock.ts';
export type { InstanceLock } from './instance-lock.ts';
export type { InstanceIdentity, InstanceInfo } from './instance-info.ts';

export { replaceFile, syncDirectory, writeFileAtomic } from './atomic-file.ts';

export { formatOrigin, loadConfigText } from './config-loading.ts';
export type { ConfigEntry, ConfigOrigin, ConfigSources, LoadedConfig } from './config-loading.ts';
export { parseSetFlag } from './config-assignment.ts';
export type { ConfigFlag } from './config-assignment.ts';
export { ConfigError } from './config-error.ts';
export { nearest } from './nearest.ts';
