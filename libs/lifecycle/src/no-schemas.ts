import type { FastifyServerOptions } from 'fastify';

const refuse = () => {
  throw new Error('no route of ours has a schema');
};

/** Options of a Fastify whose routes have no schemas: without them it loads two compilers of JSON Schema, 9 MB that are never used. */
export const noSchemas: Pick<FastifyServerOptions, 'schemaController'> = {
  schemaController: { compilersFactory: { buildValidator: refuse, buildSerializer: refuse } },
};
