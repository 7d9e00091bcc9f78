import { stringify } from 'yaml';
import type { OpenApiDocument } from './openapi-document';

/** The document as YAML, in the order that it has. */
export const toYaml = (document: OpenApiDocument): string => stringify(document, { aliasDuplicateObjects: false, lineWidth: 120 });
