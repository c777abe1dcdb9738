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
  /** The last parameter of the path takes all that follows, and whatever is asked is passed on: for another server. */
  readonly takesRest?: boolean;
  /** A JSON Schema of the body, for the document; the handler checks what it is given. */
  readonly body?: object;
  /** Changes something: needs the token. POST always does. */
  readonly handler: (request: RouteRequest) => Promise<unknown>;
}

/** An answer that is no JSON of ours: a page, a file, or what another server has said. */
export class RawAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;

  constructor(answer: {
    readonly status?: number;
    readonly type: string;
    readonly body: string | Buffer;
    readonly headers?: Readonly<Record<string, string>>;
  }) {
    this.status = answer.status ?? 200;
    this.type = answer.type;
    this.body = answer.body;
    this.headers = answer.headers ?? {};
  }
}

/** A long answer, sent row by row as a JSON array, never held whole in memory. */
export class JsonRows {
  constructor(readonly rows: AsyncIterable<readonly unknown[]>) {}
}
