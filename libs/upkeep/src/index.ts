export { Retention } from './retention/retention.ts';
export type { RetentionLimits, RetentionOptions } from './retention/retention.ts';
export type { Limit, LimitUse, LimitedStore } from './retention/limit-use.ts';
