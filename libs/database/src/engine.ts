import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { classifyOpening } from './error-classification.ts';

/** What one database is opened with. */
export interface EngineSettings {
  readonly readConnections: number;
  readonly threads: number;
  readonly memoryLimit: string;
}

/** An open engine: one instance, one connection that writes, and those that read. */
export interface Engine {
  readonly instance: DuckDBInstance;
  readonly writer: DuckDBConnection;
  readonly readers: readonly DuckDBConnection[];
}

export const MEMORY = ':memory:';

/** Most that the engine may spill to disk beside the file. */
const TEMP_SIZE_MAX = '4GB';

/** Opens the engine. A failure leaves nothing open. */
export async function openEngine(path: string, settings: EngineSettings): Promise<Engine> {
  let instance: DuckDBInstance | undefined;
  const connections: DuckDBConnection[] = [];
  try {
    instance = await DuckDBInstance.create(path, engineOptions(path, settings));
    const writer = await instance.connect();
    connections.push(writer);
    await writer.run(`SET GLOBAL TimeZone = 'UTC'`);
    for (let i = 0; i < settings.readConnections; i++) connections.push(await instance.connect());
    return { instance, writer, readers: connections.slice(1) };
  } catch (error) {
    for (const connection of connections) connection.closeSync();
    instance?.closeSync();
    throw classifyOpening(path, error);
  }
}

// storage_compatibility_version: the default accepts another database's log and replays a stale one twice. The limits
// default to most of the machine. Extensions that are not linked in would be fetched over the network.
function engineOptions(path: string, settings: EngineSettings): Record<string, string> {
  return {
    storage_compatibility_version: 'latest',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    threads: String(settings.threads),
    memory_limit: settings.memoryLimit,
    max_temp_directory_size: TEMP_SIZE_MAX,
    // In memory there is no file to spill beside: a statement beyond the limit fails instead of littering the folder.
    ...(path === MEMORY ? { temp_directory: '' } : {}),
  };
}
