export { TickwrightError, ExitCode } from './errors.ts';
export type { Clock } from './clock/clock.ts';
export { systemClock, wallClock } from './clock/system-clock.ts';
export { ManualClock } from './clock/manual-clock.ts';

export { canRetry, retry } from './retry/retry.ts';
export type { FailedTry, RetryOptions } from './retry/retry.ts';
export { SCHEDULES, withJitter } from './retry/retry-schedule.ts';
export type { RetrySchedule } from './retry/retry-schedule.ts';
export { backoff } from './retry/backoff.ts';
export type { Backoff } from './retry/backoff.ts';

export { BoundedQueue, QueueEndedError } from './bounded-queue.ts';
export { SerialGate } from './serial-gate.ts';
export { linkedSignal } from './linked-signal.ts';
export type { LinkedSignal } from './linked-signal.ts';
export { SharedRun } from './shared-run.ts';

export type { Service, ServiceStatus } from './service/service.ts';
export { Supervisor } from './service/supervisor.ts';
export type { SupervisorOptions } from './service/supervisor.ts';
export type { CrashLoopLimit } from './service/supervised-service.ts';
export { CrashLoopError, DrainError } from './service/supervisor-errors.ts';
export { loopService } from './service/loop-service.ts';
export { EarlyRound } from './service/early-round.ts';
export type { LoopCounts, LoopOptions } from './service/loop-service.ts';
export { onSignals } from './service/signals.ts';

export type { Log } from './log/log.ts';
export { createLog } from './log/pino-log.ts';
export type { LogLevel, LogOptions, ProcessLog } from './log/pino-log.ts';
export { LogFiles } from './log/log-files.ts';
export type { LogFilesOptions } from './log/log-files.ts';
export { sampledLog } from './log/sampled-log.ts';
export type { SampledLog } from './log/sampled-log.ts';
export { readableBytes } from './readable-bytes.ts';
export { redactText } from './log/redaction.ts';

export { createMetrics } from './metrics.ts';
export type { Counter, Gauge, Histogram, Labels, MetricOptions, Metrics } from './metrics.ts';

export { acquireInstanceLock, InstanceLockedError, readInstance } from './lock/instance-lock.ts';
export type { InstanceLock } from './lock/instance-lock.ts';
export type { InstanceIdentity, InstanceInfo } from './lock/instance-info.ts';
export { claimInProcess } from './lock/process-claim.ts';
export type { ClaimHolder, ProcessClaim } from './lock/process-claim.ts';

export { replaceFile, syncDirectory, writeFileAtomic } from './atomic-file.ts';

export { formatOrigin, loadConfigText } from './config/config-loading.ts';
export type { ConfigEntry, ConfigOrigin, ConfigSources, LoadedConfig } from './config/config-loading.ts';
export { parseSetFlag } from './config/config-assignment.ts';
export type { ConfigFlag } from './config/config-assignment.ts';
export { ConfigError } from './config/config-error.ts';
export { nearest } from './config/nearest.ts';
