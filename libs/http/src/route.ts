/** A JSON Schema of one parameter, as OpenAPI writes it. Parameters arrive as text and are converted by their type. */
export interface ParameterSchema {
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  readonly description: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly default?: string | number | boolean;
}

export type ParameterValue = string | number | boolean;

export interface RouteRequest {
  /** Checked and converted query parameters; absent ones without a default are missing. */
  readonly query: Readonly<Record<string, ParameterValue | undefined>>;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** One path of the API. Routes and the OpenAPI document come from the same list, so they cannot differ. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** OpenAPI style: `/api/v1/candles/{instrument}`. */
  readonly path: string;
  readonly summary: string;
  readonly query?: Readonly<Record<string, ParameterSchema>>;
  readonly required?: readonly string[];
  /** A JSON Schema of the body, for the document; the handler checks what it is given. */
  readonly body?: object;
  /** Changes something: needs the token. POST always does. */
  readonly handler: (request: RouteRequest) => Promise<unknown>;
}

/** A long answer, sent row by row as a JSON array, never held whole in memory. */
export class JsonRows {
  constructor(readonly rows: AsyncIterable<readonly unknown[]>) {}
}
