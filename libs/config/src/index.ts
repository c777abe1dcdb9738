export { configSchema } from './schema.ts';
export type { Config, SimulatorConfig, SourceConfig } from './schema.ts';
export { VENUES } from './source-schema.ts';
export { SIMULATED_INSTRUMENTS } from './simulator-schema.ts';
export { loadConfig } from './loading.ts';
export type { ConfigInput, TickwrightConfig } from './loading.ts';
export { explainConfig } from './explanation.ts';
export type { ConfigRow } from './explanation.ts';
export { Secret } from './secrets.ts';
export { secretsFileOf, StoredToken, tokenName, writeSecret } from './stored-token.ts';
export {
  changedSources,
  readSubscriptionChanges,
  subscriptionChangesFile,
  withChange,
  writeSubscriptionChanges,
} from './subscription-changes.ts';
export type { VenueChanges } from './subscription-changes.ts';
