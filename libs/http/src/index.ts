export { startHttpServer } from './server.ts';
export type { HttpServer, HttpServerOptions } from './server.ts';
export { JsonRows } from './route.ts';
export type { ParameterSchema, ParameterValue, Route, RouteRequest } from './route.ts';
export { HttpError, OpenAddressError, PortTakenError } from './errors.ts';
