export { startHttpServer } from './server.ts';
export type { HttpServer, HttpServerOptions } from './server.ts';
export { EVENT_LIMITS, EventStream } from './event-stream.ts';
export type { EventClient } from './event-stream.ts';
export type { PagesOptions } from './static-pages.ts';
export { JsonRows, RawAnswer } from './route.ts';
export type { ParameterSchema, ParameterValue, Route, RouteRequest } from './route.ts';
export { HttpError, OpenAddressError, PortTakenError } from './errors.ts';
