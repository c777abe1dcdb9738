import { createServer } from 'node:net';
import { fault, ok } from './finding.ts';
import type { Finding } from './finding.ts';

export interface PortUse {
  /** What listens there: `ingestor HTTP`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Whether our own running instance is known to hold it. */
  readonly isOurs: boolean;
}

/** Whether a port can be listened on, or is held by our own instance. */
export async function checkPort({ name, host, port, isOurs }: PortUse): Promise<Finding> {
  const subject = `${name} ${host}:${port}`;
  if (isOurs) return ok('port', subject, 'held by our own running instance');
  const code = await listenCode(host, port);
  if (code === undefined) return ok('port', subject, 'free');
  const toDo = 'end what holds it, or configure another port';
  return fault({ check: 'port', subject, severity: 'error', found: `cannot be listened on (${code})`, toDo });
}

function listenCode(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
