import type { Route } from '@tickwright/http';
import type { RunnerState } from '../runner-state.ts';
import { partsOf } from './answers.ts';
import { bookRoutes } from './book-routes.ts';
import { commandRoutes } from './command-routes.ts';
import { consumedRoutes } from './consumed-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { ingestorRoutes } from './ingestor-routes.ts';
import { marketRoutes } from './market-routes.ts';
import { ownRoutes } from './runner-routes.ts';

/** What the runner answers: the scanner, the book, its strategies, changes by hand, and the ingestor's API. */
export function runnerRoutes(state: RunnerState): Route[] {
  const parts = partsOf(state);
  return [
    ...marketRoutes(state, parts),
    ...bookRoutes(parts),
    ...ownRoutes(state, parts),
    ...commandRoutes(parts),
    ...eventRoutes(state, parts),
    ...consumedRoutes(parts),
    ...ingestorRoutes(parts),
  ];
}
