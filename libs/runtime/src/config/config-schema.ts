import { z } from 'zod';
import { isSection } from './config-tree.ts';
import type { ConfigPath } from './config-tree.ts';

/** Any zod schema; what it describes is asked for, never what it outputs. */
export type Schema = z.core.$ZodType;

/** One way to write a place in the schema: `sources`, `*`, `wsUrl`. A `*` stands for any list index. */
export type SchemaPath = readonly string[];

/** Schemas nest this deep at most when names are looked for. */
const MAX_DEPTH = 12;

/** The plain schemas that a schema may be: wrappers taken off, unions opened. */
export function alternativesOf(schema: Schema): readonly Schema[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return alternativesOf(schema.unwrap());
  }
  if (schema instanceof z.ZodPipe) return alternativesOf(schema.in);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => alternativesOf(option));
  return [schema];
}

/** The schemas that may stand at a path. None: the schema has no such place. */
export function schemasAt(schema: Schema, path: ConfigPath): readonly Schema[] {
  let found = alternativesOf(schema);
  for (const part of path) {
    found = found.flatMap((candidate) => childOf(candidate, part).flatMap((child) => alternativesOf(child)));
  }
  return found;
}

function childOf(schema: Schema, part: string | number): readonly Schema[] {
  if (schema instanceof z.ZodObject) {
    const shape: Record<string, Schema> = schema.shape;
    return Object.hasOwn(shape, part) ? [shape[String(part)]] : [];
  }
  if (schema instanceof z.ZodArray) return typeof part === 'number' ? [schema.element] : [];
  if (schema instanceof z.ZodRecord) return typeof part === 'string' ? [schema.valueType] : [];
  return [];
}

/** The names that may stand in a section: an object's keys, an enumerated record's keys. */
export function keysOf(schemas: readonly Schema[]): readonly string[] {
  const keys = schemas.flatMap((schema) => {
    if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
    if (schema instanceof z.ZodRecord && schema.keyType instanceof z.ZodEnum) {
      return schema.keyType.options.map(String);
    }
    return [];
  });
  return [...new Set(keys)];
}

/**
 * Of several objects the ones that the value's fixed fields choose: `venue: binance` leaves binance's. All of them when
 * it chooses none.
 */
export function chosenBy(value: unknown, schemas: readonly Schema[]): readonly Schema[] {
  if (!isSection(value)) return schemas;
  const chosen = schemas.filter(
    (schema) =>
      schema instanceof z.ZodObject &&
      Object.entries<Schema>(schema.shape).every(
        ([name, field]) => !(field instanceof z.ZodLiteral) || field.values.has(value[name] as string),
      ),
  );
  return chosen.length > 0 ? chosen : schemas;
}

/** The fixed texts that may stand at a place: an enum's, or those by which alternatives are chosen. */
export function choicesOf(schemas: readonly Schema[]): readonly string[] {
  return schemas.flatMap((schema) => {
    if (schema instanceof z.ZodEnum) return schema.options.map(String);
    return schema instanceof z.ZodLiteral ? [...schema.values].map(String) : [];
  });
}

/** Whether a text is taken as it stands here, instead of being read as YAML. */
export function wantsText(schemas: readonly Schema[]): boolean {
  const isText = (schema: Schema): boolean =>
    schema instanceof z.ZodString ||
    schema instanceof z.ZodStringFormat ||
    schema instanceof z.ZodEnum ||
    (schema instanceof z.ZodLiteral && [...schema.values].every((value) => typeof value === 'string'));
  return schemas.length > 0 && schemas.every(isText);
}

/** Whether a number here has to be a whole one. */
export function wantsWhole(schemas: readonly Schema[]): boolean {
  return schemas.some(
    (schema) => schema instanceof z.ZodNumberFormat && schema.format?.includes('int') === true,
  );
}

/** Whether only a list can stand here, so that `A,B` means two items. */
export function wantsList(schemas: readonly Schema[]): boolean {
  return schemas.some((schema) => schema instanceof z.ZodArray);
}

/** Every place of the schema with a name of its own, sections included. */
export function pathsOf(schema: Schema, depth = 0): readonly SchemaPath[] {
  if (depth > MAX_DEPTH) return [];
  const below = (name: string, child: Schema): SchemaPath[] => [
    [name],
    ...pathsOf(child, depth + 1).map((path) => [name, ...path]),
  ];
  return alternativesOf(schema).flatMap((plain) => {
    if (plain instanceof z.ZodObject) {
      return Object.entries<Schema>(plain.shape).flatMap(([name, child]) => below(name, child));
    }
    if (plain instanceof z.ZodArray) return below('*', plain.element);
    if (plain instanceof z.ZodRecord) return keysOf([plain]).flatMap((name) => below(name, plain.valueType));
    return [];
  });
}
